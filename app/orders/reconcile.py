"""What no webhook told us: every hour the orders changed and the refunds made since the last time, with an overlap."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from ..bc_client import BigCommerce
from ..bc_client.types.refunds import RefundReceipt
from ..extensions import current_store_id, db
from ..jobs import enqueue
from ..lib import clock
from ..stores.client import client_for, guarded
from ..stores.models import Store
from ..stores.queries import get_store
from .backfill import PAGE
from .models import Order
from .queries import ids_by_bc_id
from .save import save_orders
from .store_refunds import adopt_news, save_refunds
from .wanted import forget_deliveries, revive_stuck, want_order

OVERLAP = timedelta(minutes=10)
"""More than two clocks differ, and than the store takes to list a change."""
EVERY = timedelta(hours=1)
HOOKS_EVERY = timedelta(days=1)
REFRESH_EVERY = timedelta(hours=6)


def due(store: Store, now: datetime) -> list[str]:
    """Enqueue what is due for `store`, each once for its time; gives the names. The first time follows the backfill."""
    names = []
    if store.reconciled_until is not None and _is_due(store.next_reconcile_at, now, EVERY):
        store.next_reconcile_at = now + EVERY
        # What gave up in the meantime (a refund, the store's books) is taken up again by the hour as well.
        names += ["orders.reconcile", "store.resume"]
    if _is_due(store.next_hooks_check_at, now, HOOKS_EVERY):
        store.next_hooks_check_at = now + HOOKS_EVERY
        names.append("hooks.check")
    if _is_due(store.next_refresh_at, now, REFRESH_EVERY):
        store.next_refresh_at = now + REFRESH_EVERY
        names.append("store.refresh")
    for name in names:
        enqueue(name, lock=f"{name}:{store.id}", store_id=store.id)
    revive_stuck()
    return names


def _is_due(at: datetime | None, now: datetime, every: timedelta) -> bool:
    # Further ahead than it was ever set: the clock was put back.
    return at is None or at <= now or at > now + every


def reconcile(store_id: int) -> None:
    """Bring in the orders changed and refunds made since last time; goes on where it stopped. Raises RemoteError."""
    store = get_store()
    began_at, until = clock.now(), store.reconciled_until or store.installed_at
    db.session.commit()
    with guarded(store), client_for(store) as client:
        _catch_up_refunds(client, until - OVERLAP)
        _catch_up_orders(client, until - OVERLAP)
    _set_cursor(began_at, last_reconcile_at=clock.now())
    forget_deliveries()
    db.session.commit()


def _catch_up_orders(client: BigCommerce, since: datetime) -> None:
    """Page by date of change. The next page begins at the last date seen: by number it would drift."""
    number = 1
    while True:
        asked_at = clock.now()
        page = client.list_orders(min_date_modified=since, sort="date_modified:asc", page=number, limit=PAGE)
        save_orders(page, asked_at=asked_at)
        if len(page) < PAGE:
            db.session.commit()
            return
        reached = page[-1].modified_at
        number = 1 if reached > since else number + 1
        since = max(since, reached)
        _set_cursor(since)
        db.session.commit()


def _set_cursor(until: datetime, **more: datetime) -> None:
    db.session.execute(update(Store).where(Store.id == current_store_id()).values(reconciled_until=until, **more))


def _catch_up_refunds(client: BigCommerce, since: datetime) -> None:
    number = 1
    while True:
        page = client.list_all_refunds(created_min=since, page=number, limit=PAGE)
        _take_in(page)
        db.session.commit()
        if len(page) < PAGE:
            return
        number += 1


def _take_in(receipts: Sequence[RefundReceipt]) -> None:
    by_order: dict[int, list[RefundReceipt]] = defaultdict(list)
    for one in receipts:
        by_order[one.bc_order_id].append(one)
    ours = ids_by_bc_id(by_order)
    for bc_order_id in sorted(by_order):
        order = db.session.get(Order, ours[bc_order_id]) if bc_order_id in ours else None
        if order is None:
            want_order(bc_order_id, refunds=True)
        elif news := save_refunds(order, by_order[bc_order_id]):
            adopt_news(order, news)
            want_order(bc_order_id)
