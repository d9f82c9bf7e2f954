"""The store's orders from before we came: page after page by ascending id, each kept together with the cursor."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update

from ..bc_client import BigCommerce
from ..bc_client.types.orders import OrderSnapshot
from ..extensions import current_store_id, db
from ..jobs import enqueue
from ..lib import clock
from ..lib.errors import NotFound, RemoteError
from ..stores.client import client_for, guarded
from ..stores.models import Store
from ..stores.queries import get_store
from .models import INCOMPLETE, SyncRun
from .save import save_orders

JOB = "orders.backfill"
PAGE = 250


@dataclass(frozen=True)
class Progress:
    """How far the orders have arrived. `expected`: what the store counted at the beginning; it may be off a little."""

    seen: int
    expected: int
    done: bool
    started_at: datetime
    finished_at: datetime | None
    error: str | None


def start_backfill() -> SyncRun:
    """Fetch every order of the entered store, in the background.

    Called again it goes on with the run there is; a store that was fetched once only catches up from where it was.
    """
    store = get_store()
    run = _last_run()
    if run is not None and run.state == "done":
        store.next_reconcile_at = clock.now()
        return run
    if run is None:
        run = SyncRun(store_id=store.id, state="running", started_at=clock.now())
        db.session.add(run)
        db.session.flush()
    if not _has_job(_lock(store.id)):
        enqueue(JOB, queue="long", lock=_lock(store.id), store_id=store.id, run_id=run.id)
    return run


def run_backfill(store_id: int, run_id: int) -> None:
    """Work through the run from where it stands; killed or refused, it goes on there. Raises RemoteError."""
    run = db.session.get(SyncRun, run_id)
    if run is None or run.state == "done":
        return
    store, expected = get_store(), run.expected
    last: int | None = run.last_bc_order_id
    db.session.commit()
    try:
        with guarded(store), client_for(store) as client:
            if not expected:
                _expect(client, run_id)
            while last is not None:
                last = _next_page(client, run_id, last)
    except RemoteError as error:
        db.session.rollback()
        _set(run_id, error=type(error).__name__)
        db.session.commit()
        raise
    _finish(run_id)
    db.session.commit()


def progress() -> Progress | None:
    """Of the entered store's latest run; None before the first."""
    run = _last_run()
    if run is None:
        return None
    return Progress(run.seen, run.expected, run.state == "done", run.started_at, run.finished_at, run.error)


def _expect(client: BigCommerce, run_id: int) -> None:
    count = client.count_orders()
    _set(run_id, expected=max(0, count.total - count.by_status.get(INCOMPLETE, 0)))
    db.session.commit()


def _next_page(client: BigCommerce, run_id: int, last: int) -> int | None:
    """Keep the page after order `last` together with the cursor. Gives the new cursor, None after the last page."""
    asked_at = clock.now()
    page = client.list_orders(min_id=last + 1, limit=PAGE, sort="id:asc")
    if not page:
        return None
    reached = max(one.bc_order_id for one in page)
    if reached <= last:
        raise RemoteError("the store's pages do not go on", retryable=True)
    save_orders(page, asked_at=asked_at)
    if not _advance(run_id, last, reached, page):
        # Another worker has this run too, and is ahead.
        db.session.rollback()
        return _cursor(run_id)
    db.session.commit()
    return reached if len(page) >= PAGE else None


def _advance(run_id: int, last: int, reached: int, page: list[OrderSnapshot]) -> bool:
    seen = sum(one.bc_status_id != INCOMPLETE for one in page)
    moved = db.session.execute(
        update(SyncRun)
        .where(SyncRun.id == run_id, SyncRun.last_bc_order_id == last)
        .values(last_bc_order_id=reached, seen=SyncRun.seen + seen, error=None)
        .returning(SyncRun.id)
    )
    return moved.scalar() is not None


def _cursor(run_id: int) -> int:
    found = db.session.scalar(select(SyncRun.last_bc_order_id).where(SyncRun.id == run_id))
    if found is None:
        raise NotFound()
    return found


def _finish(run_id: int) -> None:
    """The run is through. What changed while it went on is caught up with from its beginning."""
    run = db.session.get(SyncRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.state == "done":
        return
    run.state, run.finished_at, run.error = "done", clock.now(), None
    db.session.execute(
        update(Store)
        .where(Store.id == run.store_id)
        .values(reconciled_until=run.started_at, next_reconcile_at=clock.now())
    )


def _set(run_id: int, **values: object) -> None:
    db.session.execute(update(SyncRun).where(SyncRun.id == run_id).values(**values))


def _last_run() -> SyncRun | None:
    query = select(SyncRun).where(SyncRun.store_id == current_store_id()).order_by(SyncRun.id.desc()).limit(1)
    return db.session.scalar(query)


def _lock(store_id: int) -> str:
    return f"backfill:{store_id}"


def _has_job(lock: str) -> bool:
    query = text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = :lock AND status IN ('todo', 'doing'))")
    return bool(db.session.scalar(query, {"lock": lock}))
