"""The doors through the wall: what must be found before we know which store we are in. Each gives an id only.

They are SECURITY DEFINER functions of the database (migrations/wall.py) and work outside any store.
"""

from typing import cast

from sqlalchemy import text

from ..extensions import db


def find_store_id(store_hash: str) -> int | None:
    """The store BigCommerce calls `store_hash`, whatever its status. Nonsense finds nothing, as addresses hold it."""
    if not store_hash.isascii() or not store_hash.isalnum():
        return None
    return cast(int | None, db.session.scalar(text("SELECT find_store_id(:value)"), {"value": store_hash}))


def find_session_store_id(key_digest: str) -> int | None:
    """The store a panel session belongs to."""
    return cast(int | None, db.session.scalar(text("SELECT find_session_store_id(:value)"), {"value": key_digest}))


def list_active_store_ids() -> list[int]:
    """Every store whose background work goes on."""
    return list(db.session.scalars(text("SELECT list_active_store_ids()")))


def next_store_id() -> int:
    """A number for a store about to be made: enter it first, then insert its row (the wall asks for both to agree)."""
    return cast(int, db.session.scalar(text("SELECT nextval('stores_id_seq')")))
