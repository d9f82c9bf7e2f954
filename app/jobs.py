"""The queue: a job commits with its cause. Jobs carry ids only, and every handler may run twice."""

from datetime import UTC, datetime, timedelta

import procrastinate
from procrastinate.types import JSONValue
from sqlalchemy import text

from .extensions import db

QUEUES = ("default", "money", "mail", "long")
"""`long` has its own workers, or a backfill would starve the webhooks."""

app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue(
    name: str,
    *,
    queue: str = "default",
    lock: str | None = None,
    at: datetime | None = None,
    **ids: JSONValue,
) -> int:
    """Put job `name` into the queue within the session's transaction: a rollback leaves no job.

    `ids`: the handler's arguments. `lock`: jobs of one lock run one after the other. `at`: not before that moment
    (the system's own clock). Gives the job's id. Never takes a `queueing_lock`: a retried job would collide with a
    newer waiting one.
    """
    connection = db.session.connection().connection.driver_connection
    task = app.configure_task(name, allow_unknown=True, connection=connection, queue=queue, lock=lock, schedule_at=at)
    return task.defer(**ids)


def in_seconds(delay_s: float) -> datetime:
    """The moment `delay_s` from now by the system's clock, which the queue goes by (the sandbox's may be elsewhere)."""
    return datetime.now(UTC) + timedelta(seconds=delay_s)


def cancel_waiting(store_id: int) -> None:
    """Take every job of a store that has not begun out of the queue, within the session's transaction."""
    db.session.execute(
        text(
            "SELECT procrastinate_cancel_job_v1(id, false, true) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND (args->>'store_id')::bigint = :store_id"
        ),
        {"store_id": store_id},
    )
