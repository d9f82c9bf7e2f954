"""Withdrawals: what was stated, what was answered, and what became of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..extensions import Base, Json, StoreRow
from ..orders.models import Order
from ..returns.models import Return


class Task(StrEnum):
    """What a person has to do about a withdrawal."""

    NONE = ""
    MATCH = "match"
    """No order of that number and mail is known: find out which one is meant."""
    CANCEL = "cancel"
    """The order is not shipped, or not all of it: stop it in the store."""
    CHOOSE = "choose"
    """The shopper keeps a part: open the return for the items they name."""
    LOOK = "look"
    """Nothing is left that a return could be opened for."""


class Withdrawal(StoreRow, Base):
    """One statement of withdrawal. Its text, digest, seal and moment never change."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("store_id", "form_key"),
        Index("ix_withdrawals_store_id_same_key", "store_id", "same_key"),
        Index("ix_withdrawals_store_id_digest", "store_id", "digest"),
    )

    number: Mapped[str]
    """Of the receipt, such as "WD-7KQ2MXB4"."""
    form_key: Mapped[str]
    """Of the form it was sent with: pressed twice, stated once."""
    same_key: Mapped[str]
    """Digest of order reference, mail and items: who states the same again gets the first receipt again."""
    name: Mapped[str]
    email: Mapped[str]
    order_reference: Mapped[str]
    items: Mapped[str] = mapped_column(default="")
    """Which items, in the shopper's words; empty: the whole order."""
    stated_at: Mapped[datetime]
    statement: Mapped[str]
    digest: Mapped[str]
    seal: Mapped[str]
    repeats: Mapped[int] = mapped_column(default=0)
    """How often the same was stated again."""
    repeated_at: Mapped[datetime | None]
    last_form_key: Mapped[str] = mapped_column(default="")
    receipt_at: Mapped[datetime | None]
    """When its receipt was written. None: it waits, because the address gets too many."""

    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    """None: no order of that number and mail is known."""
    return_id: Mapped[int | None] = mapped_column(ForeignKey("returns.id", ondelete="SET NULL"), index=True)
    looks: Mapped[int] = mapped_column(default=0)
    """How often we looked for the order."""
    last_day: Mapped[date | None]
    """Of the period. None: it has not begun, or the order is not known."""
    is_late: Mapped[bool] = mapped_column(default=False)
    period: Mapped[Json | None]
    """A `deadline.Period` document."""
    exceptions: Mapped[Json] = mapped_column(default=list)
    """[{name, code}]: order lines that Article 16 may except."""
    unshipped: Mapped[int] = mapped_column(default=0)
    """Units that had not been sent when we looked."""
    task: Mapped[str] = mapped_column(default=Task.NONE)
    task_done_at: Mapped[datetime | None]
    task_done_by: Mapped[str] = mapped_column(default="")
    proof_at: Mapped[datetime | None]
    """When the shopper showed that the goods are sent."""

    order: Mapped[Order | None] = relationship()
    rma: Mapped[Return | None] = relationship()

    @property
    def needs_person(self) -> bool:
        return bool(self.task) and self.task_done_at is None
