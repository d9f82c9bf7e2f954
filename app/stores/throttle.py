"""How often something may be tried, counted in the database: every process counts alike, no rollback forgives."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ..extensions import current_store_id
from ..lib import clock
from ..lib.ids import digest
from .aside import aside
from .models import Throttle


def allow(key: str, limit: int, per_s: int) -> bool:
    """Count one try of `key` in the entered store and tell whether it is within `limit` tries in `per_s` seconds.

    A sliding window: the window before counts with the share of it that is still within reach. Refused tries count
    too. `key` may hold an address: only its digest is kept.
    """
    store_id = current_store_id()
    assert store_id is not None, "enter a store first"
    now = clock.now().timestamp()
    start = now - now % per_s
    hashed = digest(f"{per_s}:{key}")
    with aside(store_id) as connection:
        counted = (
            insert(Throttle)
            .values(store_id=store_id, key=hashed, window_start=_moment(start), count=1)
            .on_conflict_do_update(
                index_elements=["store_id", "key", "window_start"], set_={"count": Throttle.count + 1}
            )
            .returning(Throttle.count)
        )
        here = connection.execute(counted).scalar_one()
        before = connection.execute(
            select(Throttle.count).where(Throttle.key == hashed, Throttle.window_start == _moment(start - per_s))
        ).scalar()
    return bool(here + (before or 0) * (1 - (now - start) / per_s) <= limit)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
