"""How the sync fares: what the store's health page shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ..extensions import current_store_id, db
from ..lib import clock
from ..stores.models import Store
from .backfill import Progress, progress
from .hooks import SCOPES, list_hooks
from .models import OrderWanted

SHOWN = 10


@dataclass(frozen=True)
class HookHealth:
    """One of our webhooks. `bc_hook_id`: None while it is not there."""

    scope: str
    bc_hook_id: int | None
    is_active: bool
    checked_at: datetime | None


@dataclass(frozen=True)
class SyncError:
    """An order that did not come: `code` is stable."""

    bc_order_id: int
    code: str
    since: datetime


@dataclass(frozen=True)
class SyncHealth:
    """`lag`: how long the oldest change we were told of has waited; None when nothing waits. `waiting`: orders."""

    last_webhook_at: datetime | None
    last_reconcile_at: datetime | None
    next_reconcile_at: datetime | None
    lag: timedelta | None
    paused_until: datetime | None
    rate_left: int | None
    rate_quota: int | None
    waiting: int
    errors: tuple[SyncError, ...]
    last_error: str | None
    last_error_at: datetime | None
    progress: Progress | None
    hooks_checked_at: datetime | None
    hooks: tuple[HookHealth, ...]


def sync_health(store: Store) -> SyncHealth:
    """Of the entered store, as it is now."""
    now = clock.now()
    paused = store.paused_until if store.paused_until and store.paused_until > now else None
    waiting, oldest = _waiting()
    return SyncHealth(
        last_webhook_at=store.last_webhook_at,
        last_reconcile_at=store.last_reconcile_at,
        next_reconcile_at=store.next_reconcile_at,
        lag=max(timedelta(0), now - oldest) if oldest else None,
        paused_until=paused,
        rate_left=store.rate_left,
        rate_quota=store.rate_quota,
        waiting=waiting,
        errors=_errors(),
        last_error=store.last_error,
        last_error_at=store.last_error_at,
        progress=progress(),
        hooks_checked_at=store.hooks_checked_at,
        hooks=_hooks(),
    )


def _waiting() -> tuple[int, datetime | None]:
    row = db.session.execute(
        select(func.count(), func.min(OrderWanted.wanted_since)).where(
            OrderWanted.store_id == current_store_id(), OrderWanted.wanted > OrderWanted.done
        )
    ).one()
    return row[0], row[1]


def _errors() -> tuple[SyncError, ...]:
    rows = db.session.execute(
        select(OrderWanted.bc_order_id, OrderWanted.error, OrderWanted.wanted_since)
        .where(
            OrderWanted.store_id == current_store_id(),
            OrderWanted.wanted > OrderWanted.done,
            OrderWanted.error.is_not(None),
        )
        .order_by(OrderWanted.wanted_since.desc())
        .limit(SHOWN)
    )
    return tuple(SyncError(bc_order_id, code or "", since) for bc_order_id, code, since in rows)


def _hooks() -> tuple[HookHealth, ...]:
    there = {hook.scope: hook for hook in list_hooks()}
    return tuple(
        HookHealth(scope, hook.bc_hook_id, hook.is_active, hook.checked_at)
        if (hook := there.get(scope))
        else HookHealth(scope, None, is_active=False, checked_at=None)
        for scope in SCOPES
    )
