"""What Flask and SQLAlchemy are extended with: the database with the house column types and the wall between stores."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, cast

import psycopg
from cryptography.fernet import Fernet, MultiFernet
from flask import current_app
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import BigInteger, Dialect, ForeignKey, Identity, MetaData, Numeric, Text, event
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from .config import Settings


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept and given back in UTC. Naive datetimes are refused with ValueError."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class Keyring:
    """The encryption keys of this process: the first encrypts, every one decrypts (rotation)."""

    def __init__(self) -> None:
        self._fernet: MultiFernet | None = None

    def load(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, value: str) -> str:
        assert self._fernet is not None, "load the keys first"
        return self._fernet.encrypt(value.encode()).decode()

    def decrypt(self, value: str) -> str:
        assert self._fernet is not None, "load the keys first"
        return self._fernet.decrypt(value.encode()).decode()


keyring = Keyring()


class EncryptedText(TypeDecorator[str]):
    """Text that lies encrypted in the table (MultiFernet)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return keyring.encrypt(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return keyring.decrypt(value) if value is not None else None


Amount = Annotated[Decimal, mapped_column(Numeric(19, 4))]
"""An exact amount; its currency stands in a column beside it."""
Secret = Annotated[str, mapped_column(EncryptedText())]
Json = Annotated[Any, mapped_column(JSONB(none_as_null=True))]


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            str: Text(),
            int: BigInteger(),
            datetime: UtcDateTime(),
        },
    )


class Row:
    """A table with a number of its own."""

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)


class StoreRow(Row):
    """A row of one store: behind the wall."""

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), index=True)


db = SQLAlchemy(model_class=Base)
babel = Babel()
csrf = CSRFProtect()


def house_settings() -> Settings:
    """The settings of the application this runs in."""
    return cast(Settings, current_app.config["SETTINGS"])


_store_id: ContextVar[int | None] = ContextVar("store_id", default=None)
_SET_STORE = "SELECT set_config('app.store_id', %s, true)"


def current_store_id() -> int | None:
    """The store whose rows this thread sees, or None: no row of any store."""
    return _store_id.get()


@event.listens_for(Session, "after_begin")
def _raise_the_wall(session: Session, transaction: SessionTransaction, connection: Any) -> None:
    # Kept for one transaction only: where no store is entered, nothing has to be told.
    if (store_id := _store_id.get()) is not None:
        _tell(connection, store_id)


def _tell(connection: Any, store_id: int | None) -> None:
    # Straight to the driver: this runs before everything else of every transaction.
    connection.connection.driver_connection.execute(_SET_STORE, (str(store_id or ""),))


def enter_store(store_id: int | None) -> None:
    """From here on this thread sees the rows of `store_id` only (None: of no store).

    Every later transaction is told anew; one already open is told now.
    """
    if store_id == _store_id.get():
        return
    _store_id.set(store_id)
    if db.session.registry.has() and db.session().in_transaction():
        _tell(db.session.connection(), store_id)


def at_once(sql: str, facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run one statement of the driver's own (`%(name)s`) behind the wall, in its own transaction, and give its row.

    One trip to the database instead of five: for the doors that thousands knock at. What the session holds open sees it
    as anybody's commit.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        # Without a transaction around it, a pipeline is one: the setting and the statement stand or fall together.
        with driver.pipeline():
            driver.execute(_SET_STORE, (str(_store_id.get() or ""),))
            cursor = driver.execute(sql, facts)
        row = cursor.fetchone()
    assert row is not None, "the statement gives a row"
    return tuple(row)


@contextmanager
def as_store(store_id: int | None) -> Iterator[None]:
    """Inside the block this thread sees the rows of `store_id` only; afterwards those it saw before."""
    before = _store_id.get()
    enter_store(store_id)
    try:
        yield
    finally:
        enter_store(before)
