"""Going on after everything stood still: the store came back, or jobs were lost."""

from sqlalchemy import select, text

from ..extensions import current_store_id, db
from ..returns.models import Return
from .models import WriteBack
from .run import enqueue_run

_AT_WORK = text(
    "SELECT DISTINCT (args->>'return_id')::bigint FROM procrastinate_jobs"
    " WHERE status IN ('todo', 'doing') AND task_name = 'write_back.run' AND (args->>'store_id')::bigint = :store_id"
)


def resume() -> int:
    """Enqueue a job for every return the store's books are behind on, unless one waits; gives how many."""
    store_id = current_store_id()
    assert store_id is not None, "enter a store first"
    at_work = set(db.session.scalars(_AT_WORK, {"store_id": store_id}))
    behind = db.session.scalars(
        select(Return)
        .where(Return.id.in_(select(WriteBack.return_id).where(WriteBack.wanted_version > WriteBack.done_version)))
        .order_by(Return.id)
    ).all()
    idle = [rma for rma in behind if rma.id not in at_work]
    for rma in idle:
        enqueue_run(store_id, rma)
    return len(idle)
