"""What every worker obeys and the sync page shows: pauses, limits, the last error. Written aside, at once."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import OperationalError

from ..bc_client import Limits
from ..lib import clock
from .aside import aside
from .models import Store, StoreStatus

log = logging.getLogger(__name__)

LOW_SHARE = 10
"""Percent of the quota that we leave to the store's other apps."""
LOW_LEFT = 3
OVERLOADED_S = 10.0
"""How long to leave a platform alone that is overloaded and does not say until when."""


@dataclass(frozen=True)
class Readiness:
    """Whether the store may be called now."""

    status: str
    paused_until: datetime | None
    rate_left: int | None

    def pause_s(self, now: datetime) -> float:
        """Seconds until the pause ends; 0 when there is none."""
        return max(0.0, (self.paused_until - now).total_seconds()) if self.paused_until else 0.0


def readiness(store_id: int) -> Readiness:
    """What the database says at this moment, whatever the session has read before."""
    with aside(store_id) as connection:
        row = connection.execute(
            select(Store.status, Store.paused_until, Store.rate_left).where(Store.id == store_id)
        ).one_or_none()
    return Readiness(*row) if row else Readiness(StoreStatus.UNINSTALLED, None, None)


def is_low(limits: Limits) -> bool:
    """So little left that the rest should be left to others."""
    return limits.left <= LOW_LEFT or limits.left * 100 <= limits.quota * LOW_SHARE


def note_limits(store_id: int, limits: Limits) -> None:
    """Keep what is left; when that is little, pause the store until its window ends."""
    values: dict[str, Any] = {"rate_left": limits.left, "rate_quota": limits.quota}
    if is_low(limits):
        values["paused_until"] = clock.now() + timedelta(milliseconds=limits.reset_ms)
    _write(store_id, values)


def pause(store_id: int, seconds: float | None) -> None:
    """The store said 429: nobody calls it for `seconds` (None: it did not say for how long)."""
    until = clock.now() + timedelta(seconds=OVERLOADED_S if seconds is None else seconds)
    _write(store_id, {"paused_until": until, "rate_left": 0})


def note_unauthorized(store_id: int, consented_at: datetime) -> bool:
    """The token of the consent of `consented_at` is dead: jobs stand still until the merchant accepts again.

    False when there is a newer consent: then only that call was too late, and the store goes on.
    """
    values = {"status": StoreStatus.NEEDS_AUTHORIZATION, **_error("unauthorized")}
    return _write(store_id, values, Store.status == StoreStatus.ACTIVE, Store.installed_at == consented_at) or (
        readiness(store_id).status != StoreStatus.ACTIVE
    )


def note_error(store_id: int, code: str) -> None:
    """Keep the stable `code` of what went wrong last."""
    _write(store_id, _error(code))


def _error(code: str) -> dict[str, Any]:
    return {"last_error": code[:200], "last_error_at": clock.now()}


def _write(store_id: int, values: dict[str, Any], *only_where: ColumnElement[bool]) -> bool:
    statement = update(Store).where(Store.id == store_id, *only_where).values(**values)
    try:
        with aside(store_id, lock_timeout_ms=500) as connection:
            return connection.execute(statement).rowcount > 0
    except OperationalError:
        # Somebody holds the row, perhaps the very job we run in. The next answer says it again.
        log.warning("store %s: could not note %s", store_id, ", ".join(values))
        return True
