"""The index of the background: job name -> function, the schedule, and the process that runs them."""

import asyncio
import logging
import random
import signal
from collections.abc import Callable
from typing import Any

import procrastinate
from flask import Flask
from procrastinate import PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from .config import Settings
from .extensions import as_store, db
from .lib import clock
from .lib.errors import RemoteError
from .stores.lookup import list_active_store_ids

log = logging.getLogger(__name__)

Handler = Callable[..., None]

MAX_ATTEMPTS = 30
STALLED_AFTER_S = 15


def handlers() -> dict[str, Handler]:
    """Every job of the house. A handler takes `store_id` and ids, and may run twice."""
    from .flows import adopt_refund, follow_withdrawal, install_store, settle_return, withdraw
    from .insights import backtest
    from .notices import deliver
    from .orders import backfill, hooks, reconcile, sync
    from .storefront import ensure
    from .stores import refresh
    from .write_back import run

    return {
        "order.sync": sync.sync_order,
        "orders.backfill": backfill.run_backfill,
        "orders.reconcile": reconcile.reconcile,
        "hooks.check": hooks.check_hooks,
        "storefront.ensure": ensure.ensure,
        "store.refresh": refresh.refresh,
        "store.resume": install_store.resume,
        "letter.send": deliver.deliver,
        "refund.send": settle_return.send,
        "refund.look": settle_return.look,
        "refund.confirm": settle_return.confirm,
        "refund.adopt": adopt_refund.adopt,
        "withdrawal.follow": follow_withdrawal.follow,
        "withdrawal.receipt": withdraw.send_receipts,
        "write_back.run": run.run,
        "policy.backtest": backtest.run_backtest,
    }


class RemoteRetry(BaseRetryStrategy):
    """Again, later, when another system said or implied that later may work; never for our own bugs."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, RemoteError) or not exception.retryable or job.attempts >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": retry_delay_s(job.attempts, exception.retry_after_s)})


def retry_delay_s(attempts: int, said_s: float | None) -> int:
    """Seconds until the next try: what the other system said, else 2, 4, 8 ... up to ten minutes, with jitter."""
    base = said_s if said_s is not None else min(600.0, 2.0 ** min(attempts + 1, 10))
    return max(1, round(base + random.uniform(0, base / 4)))  # noqa: S311  jitter, not a secret


def make_queue(flask_app: Flask) -> procrastinate.App:
    """The queue as a worker needs it: on connections of its own, every handler a task behind its store's wall."""
    settings: Settings = flask_app.config["SETTINGS"]
    queue = procrastinate.App(connector=PsycopgConnector(conninfo=settings.database_url, min_size=1, max_size=8))
    for name, handler in handlers().items():
        queue.task(name=name, retry=RemoteRetry())(_in_store(flask_app, handler))
    # The sandbox moves its clock, so what is due is looked up more often there.
    often = "* * * * * */5" if settings.sandbox else "* * * * *"
    queue.periodic(cron=often)(queue.task(name="schedule.tick")(_plain(flask_app, tick)))
    queue.periodic(cron="* * * * * */10")(queue.task(name="jobs.rescue")(_rescuer(queue)))
    return queue


def _in_store(flask_app: Flask, handler: Handler) -> Handler:
    def run(store_id: int, **ids: Any) -> None:
        with flask_app.app_context(), as_store(store_id):
            try:
                handler(store_id, **ids)
                db.session.commit()
            except BaseException:
                db.session.rollback()
                raise
            finally:
                db.session.remove()

    return run


def _plain(flask_app: Flask, function: Callable[[], None]) -> Callable[..., None]:
    def run(timestamp: int) -> None:
        with flask_app.app_context():
            try:
                function()
            finally:
                db.session.rollback()
                db.session.remove()

    return run


def _rescuer(queue: procrastinate.App) -> Callable[..., Any]:
    async def rescue(timestamp: int) -> None:
        """Give back the jobs of workers that died: their heartbeat stopped."""
        for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            log.warning("job %s (%s) is taken from a dead worker", job.id, job.task_name)
            await queue.job_manager.retry_job(job)

    return rescue


def tick() -> None:
    """Enqueue what is due for every active store, by the house's own clock."""
    from .orders.reconcile import due
    from .stores.queries import get_store

    for store_id in list_active_store_ids():
        with as_store(store_id):
            due(get_store(), clock.now())
            db.session.commit()


async def work(queue: procrastinate.App, *, wait: bool = True) -> None:
    """Run jobs: the long ones apart, or a backfill would starve the webhooks. `wait=False`: until none is left."""
    async with queue.open_async():
        await asyncio.gather(
            queue.run_worker_async(
                queues=["default", "money", "mail"],
                concurrency=6,
                wait=wait,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=5,
                fetch_job_polling_interval=1,
            ),
            queue.run_worker_async(
                queues=["long"],
                concurrency=1,
                wait=wait,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=5,
                fetch_job_polling_interval=1,
            ),
        )


async def _until_told(queue: procrastinate.App) -> None:
    task = asyncio.create_task(work(queue))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("worker stopped")


def main() -> None:
    """`python -m app.worker`: work until SIGTERM or SIGINT."""
    from . import create_app

    asyncio.run(_until_told(make_queue(create_app())))


if __name__ == "__main__":
    main()
