"""The background: what is tried again, what survives a kill, many workers on one queue, a store that is left alone."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from procrastinate import JobContext
from procrastinate.jobs import Job
from sqlalchemy import text

from app import worker
from app.bc_client import BCMissingScope, BCRateLimited, BCUnavailable
from app.extensions import current_store_id
from app.jobs import cancel_waiting, enqueue
from app.lib.errors import NotFound, RemoteError
from app.stores.client import StoreGone, StorePaused
from app.stores.models import Store, StoreStatus
from app.worker import MAX_ATTEMPTS, RemoteRetry, make_queue, retry_delay_s, work
from tests import factories
from tests.houses import Watched, watched

# What is tried again


def a_job(attempts: int) -> Job:
    return Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="a.job", attempts=attempts)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (RemoteError("down", retryable=True), True),
        (RemoteError("no", retryable=False), False),
        (BCUnavailable("silence", outcome_unknown=True), True),
        (BCRateLimited("429", reset_s=20), True),
        (BCMissingScope("403", scope="store_v2_orders"), False),
        (StorePaused(20), True),
        (StoreGone(StoreStatus.UNINSTALLED), False),
        (NotFound(), False),
        (ZeroDivisionError(), False),
        (KeyboardInterrupt(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_only_what_another_system_may_do_later_is_tried_again(error: BaseException, again: bool) -> None:
    decision = RemoteRetry().get_retry_decision(exception=error, job=a_job(0))
    assert (decision is not None) == again


def test_after_enough_attempts_it_ends() -> None:
    error = RemoteError("down", retryable=True)
    assert RemoteRetry().get_retry_decision(exception=error, job=a_job(MAX_ATTEMPTS - 1)) is not None
    assert RemoteRetry().get_retry_decision(exception=error, job=a_job(MAX_ATTEMPTS)) is None


@pytest.mark.parametrize(
    ("attempts", "said_s", "at_least", "at_most"),
    [
        (0, None, 2, 3),
        (1, None, 4, 5),
        (4, None, 32, 40),
        (9, None, 600, 750),
        (29, None, 600, 750),
        (0, 20.0, 20, 25),
        (9, 20.0, 20, 25),
        (0, 0.0, 1, 1),
    ],
)
def test_the_wait_doubles_up_to_ten_minutes_unless_the_other_side_says_how_long(
    attempts: int, said_s: float | None, at_least: int, at_most: int
) -> None:
    delays = {retry_delay_s(attempts, said_s) for _ in range(200)}
    assert min(delays) >= at_least
    assert max(delays) <= at_most


# A worker in this process, with handlers of the test


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, int]]]:
    """Run what is due with these handlers; gives (status, attempts) of every job that is left."""

    def work_off(db: Any, **handlers: worker.Handler) -> list[tuple[str, int]]:
        named = {name.replace("_", ".", 1): handler for name, handler in handlers.items()}
        monkeypatch.setattr(worker, "handlers", lambda: named)
        db.session.commit()
        asyncio.run(work(make_queue(app), wait=False))
        # The schedule enqueues jobs of its own meanwhile.
        rows = db.session.execute(
            text("SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name LIKE 'a.%' ORDER BY id")
        ).all()
        db.session.rollback()
        return [(status, attempts) for status, attempts in rows]

    return work_off


def test_a_handlers_bug_fails_once_and_keeps_nothing(
    db: Any, store: Store, run: Callable[..., list[tuple[str, int]]]
) -> None:
    called: list[int] = []

    def broken(store_id: int, order_id: int) -> None:
        called.append(order_id)
        db.session.execute(text("UPDATE stores SET name = 'half done'"))
        raise ZeroDivisionError

    enqueue("a.bug", store_id=store.id, order_id=7)
    assert run(db, a_bug=broken) == [("failed", 1)]
    assert called == [7]
    assert db.session.scalar(text("SELECT name FROM stores")) == "Store abc123"


def test_what_may_work_later_waits_and_keeps_nothing(
    db: Any, store: Store, run: Callable[..., list[tuple[str, int]]]
) -> None:
    def down(store_id: int) -> None:
        db.session.execute(text("UPDATE stores SET name = 'half done'"))
        raise RemoteError("down", retryable=True, retry_after_s=300)

    enqueue("a.call", store_id=store.id)
    assert run(db, a_call=down) == [("todo", 1)]
    in_s = db.session.scalar(
        text("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE task_name = 'a.call'")
    )
    assert 240 < in_s < 400
    assert db.session.scalar(text("SELECT name FROM stores")) == "Store abc123"


def test_a_handler_works_inside_its_store_and_its_work_is_kept(
    db: Any, store: Store, run: Callable[..., list[tuple[str, int]]]
) -> None:
    other = factories.a_store(store_hash="xyz")
    seen: dict[int, tuple[int | None, list[int]]] = {}

    def look(store_id: int) -> None:
        seen[store_id] = (current_store_id(), list(db.session.scalars(text("SELECT id FROM stores"))))
        db.session.execute(text("UPDATE stores SET name = 'seen'"))

    for number in (store.id, other.id):
        enqueue("a.look", store_id=number)
    assert run(db, a_look=look) == []
    assert seen == {number: (number, [number]) for number in (store.id, other.id)}
    assert db.session.scalar(text("SELECT name FROM stores")) == "seen"


def test_jobs_of_one_lock_follow_one_another(db: Any, store: Store, run: Callable[..., list[tuple[str, int]]]) -> None:
    inside, most = 0, 0

    def alone(store_id: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        inside -= 1

    for _ in range(5):
        enqueue("a.turn", store_id=store.id, lock="one")
    # A worker that is not to wait goes home while the rest is locked.
    for _ in range(5):
        left = run(db, a_turn=alone)
    assert left == []
    assert most == 1


def test_what_waits_of_a_store_that_leaves_is_cancelled_and_nobody_elses(db: Any, store: Store) -> None:
    other = factories.a_store(store_hash="xyz")
    enqueue("order.sync", store_id=store.id, bc_order_id=1)
    enqueue("order.sync", store_id=other.id, bc_order_id=1)
    cancel_waiting(store.id)
    db.session.commit()
    left = db.session.execute(text("SELECT (args->>'store_id')::bigint FROM procrastinate_jobs")).scalars().all()
    assert left == [other.id]


def test_a_rollback_leaves_no_job(db: Any, store: Store, jobs: Callable[[], list[Any]]) -> None:
    enqueue("order.sync", store_id=store.id, bc_order_id=1)
    db.session.rollback()
    assert jobs() == []


def test_every_handler_of_the_house_is_a_task_that_is_retried_by_rule(app: Flask) -> None:
    queue = make_queue(app)
    for name in worker.handlers():
        task = queue.tasks[name]
        assert isinstance(task.retry_strategy, RemoteRetry), name
        assert task.queueing_lock is None
        assert JobContext is not None
    assert {periodic.task.name for periodic in queue.periodic_registry.periodic_tasks.values()} == {
        "schedule.tick",
        "jobs.rescue",
    }


# Workers as production starts them, against the simulated store


@pytest.fixture(scope="module")
def stage() -> Iterator[Watched]:
    with watched("worker", worker=False) as running:
        yield running


@pytest.fixture
def house(stage: Watched) -> Iterator[Watched]:
    """The house without any worker; a test starts its own, and none is left over."""
    yield stage
    stage.heal()
    for name in [name for name in stage.house.processes if name.startswith("worker")]:
        stage.house.kill(name)
    # What a killed worker held is nobody's any more: the next test has its own store.
    stage.rows("DELETE FROM procrastinate_jobs WHERE true RETURNING 1")


ORDER_PAGES = {"method": "GET", "path": r"^/v2/orders$"}


def test_a_backfill_killed_half_way_is_taken_over_and_nothing_is_lost_or_twice(house: Watched) -> None:
    house.open_store("killed1", count=1100).install()
    store_id = house.store_id("killed1")
    house.fault("latency", match=ORDER_PAGES, delay_s=1.0)
    house.house.start_worker("worker1")
    house.until(lambda: house.one("SELECT seen FROM sync_runs WHERE store_id = %s", store_id) >= 250, pause_s=0.05)
    house.house.kill("worker1")
    seen, state = house.rows("SELECT seen, state FROM sync_runs WHERE store_id = %s", store_id)[0]
    assert state == "running"
    assert 250 <= seen < 1100

    # While nobody works, the store changes one order that has arrived and one that has not.
    numbers = [n for (n,) in house.rows("SELECT bc_order_id FROM orders WHERE store_id = %s ORDER BY 1", store_id)]
    newest = max(int(row["order"]["id"]) for row in house.control("GET", "/stores/killed1/orders")["orders"])
    for number in (numbers[0], newest):
        house.control("PATCH", f"/stores/killed1/orders/{number}", {"status_id": 10})

    since = house.log_end()
    house.house.start_worker("worker2")
    house.until(lambda: house.one("SELECT state FROM sync_runs WHERE store_id = %s", store_id) == "done")
    house.until(lambda: house.is_idle("killed1"))
    assert house.differences("killed1") == []
    expected, seen = house.rows("SELECT expected, seen FROM sync_runs WHERE store_id = %s", store_id)[0]
    assert seen == expected == house.one("SELECT count(*) FROM orders WHERE store_id = %s", store_id)
    # It went on where it was: the pages before are not asked for again.
    pages = [call for call in house.calls("killed1", since=since) if call["path"] == "/v2/orders"]
    backfilled = [call for call in pages if "min_id=" in call["query"]]
    assert all("min_id=1&" not in f"{call['query']}&" for call in backfilled)
    assert len(backfilled) <= 5
    assert house.rows("SELECT 1 FROM procrastinate_jobs WHERE status = 'failed'") == []


def test_a_worker_killed_while_a_newer_webhook_waits_loses_nothing(house: Watched) -> None:
    house.house.start_worker("worker1")
    house.installed("killed2")
    store_id = house.store_id("killed2")
    [number] = [n for (n,) in house.rows("SELECT bc_order_id FROM orders WHERE store_id = %s", store_id)]
    house.fault("latency", match={"method": "GET", "path": rf"^/v2/orders/{number}$"}, times=1, delay_s=60)
    house.control("PATCH", f"/stores/killed2/orders/{number}", {"status_id": 3})
    doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'order.sync'"
    house.until(lambda: house.one(doing) == 1)
    # It hangs in the store's answer. The newer word comes, and the machine loses power.
    house.control("PATCH", f"/stores/killed2/orders/{number}", {"status_id": 10})
    house.until(lambda: house.one("SELECT wanted - done FROM order_wanted WHERE store_id = %s", store_id) >= 2)
    house.house.kill("worker1")
    assert house.one(doing) == 1

    since = house.log_end()
    house.house.start_worker("worker2")
    house.until(lambda: house.is_idle("killed2"))
    assert house.one("SELECT bc_status_id FROM orders WHERE store_id = %s", store_id) == 10
    assert house.differences("killed2") == []
    assert len(house.calls("killed2", path=f"/v2/orders/{number}", since=since)) <= 3
    assert house.one(doing) == 0


def test_three_workers_at_once_bring_two_hundred_changes_and_none_twice(house: Watched) -> None:
    for name in ("worker1", "worker2", "worker3"):
        house.house.start_worker(name)
    house.installed("three", count=200)
    store_id = house.store_id("three")
    numbers = [n for (n,) in house.rows("SELECT bc_order_id FROM orders WHERE store_id = %s ORDER BY 1", store_id)]
    assert len(numbers) > 150
    since = house.log_end()
    for status in (3, 10):
        for number in numbers:
            house.control("PATCH", f"/stores/three/orders/{number}", {"status_id": status})
    hooks = "/log?kind=hooks&store=three"
    house.until(lambda: len(house.control("GET", hooks)["entries"]) >= 2 * len(numbers))
    house.until(lambda: house.control("GET", "/stores/three")["hooks_waiting"] == 0)
    house.until(lambda: house.is_idle("three"))
    assert house.differences("three") == []
    assert house.one("SELECT count(*) FROM order_wanted WHERE store_id = %s AND wanted > done", store_id) == 0
    assert (
        house.rows("SELECT 1 FROM procrastinate_jobs WHERE status IN ('failed', 'doing') AND args ? 'store_id'") == []
    )
    # Bursts coalesce: never a fetch for every delivery of them.
    fetches = [call for call in house.calls("three", since=since) if call["path"].startswith("/v2/orders/")]
    delivered = len(house.control("GET", hooks)["entries"])
    assert len(numbers) <= len(fetches) <= delivered


def test_a_throttled_store_is_left_alone_by_every_worker_until_its_window_ends(house: Watched) -> None:
    for name in ("worker1", "worker2"):
        house.house.start_worker(name)
    house.installed("throttled", count=40)
    house.installed("unhurried")
    store_id = house.store_id("throttled")
    numbers = [n for (n,) in house.rows("SELECT bc_order_id FROM orders WHERE store_id = %s", store_id)]
    since = house.log_end()
    house.fault("rate_limited", match={"store": "throttled"}, times=1, reset_ms=12_000)
    for number in numbers:
        house.control("PATCH", f"/stores/throttled/orders/{number}", {"status_id": 3})
    [refused] = house.until(lambda: [call for call in house.calls("throttled", since=since) if call["status"] == 429])
    paused_until = house.until(
        lambda: house.one("SELECT extract(epoch FROM paused_until) FROM stores WHERE id = %s", store_id)
    )
    assert 10 < float(paused_until) - refused["at"] < 15

    # Another store is served meanwhile.
    [other] = [n for (n,) in house.rows(
        "SELECT bc_order_id FROM orders WHERE store_id = %s", house.store_id("unhurried"))]  # fmt: skip
    house.control("PATCH", f"/stores/unhurried/orders/{other}", {"status_id": 3})
    house.until(lambda: house.is_idle("unhurried"))

    house.until(lambda: house.is_idle("throttled"))
    assert house.differences("throttled") == []
    assert house.differences("unhurried") == []
    calls = house.calls("throttled", since=since)
    # What was on its way already may still arrive; after that nobody asks.
    quiet = [call for call in calls if refused["at"] + 4 < call["at"] < float(paused_until) - 0.5]
    assert quiet == []
    assert [call["status"] for call in calls].count(429) <= 6
    assert house.rows("SELECT 1 FROM procrastinate_jobs WHERE status = 'failed'") == []


def test_a_dead_token_stops_the_stores_jobs_and_a_new_install_resumes_them(house: Watched) -> None:
    house.house.start_worker("worker1")
    merchant = house.installed("dead1", count=20)
    store_id = house.store_id("dead1")
    number = house.one("SELECT min(bc_order_id) FROM orders WHERE store_id = %s", store_id)
    refused = house.fault("unauthorized", match={"store": "dead1"})
    house.control("PATCH", f"/stores/dead1/orders/{number}", {"status_id": 3})
    status = "SELECT status FROM stores WHERE id = %s"
    house.until(lambda: house.one(status, store_id) == "needs_authorization")
    time.sleep(2)
    since = house.log_end()
    house.control("PATCH", f"/stores/dead1/orders/{number}", {"status_id": 12})
    time.sleep(4)
    assert house.calls("dead1", since=since) == []
    asked = merchant.load()
    assert "accept again" in asked.text
    assert house.one("SELECT bc_status_id FROM orders WHERE store_id = %s AND bc_order_id = %s", store_id, number) != 12

    house.control("DELETE", f"/faults/{refused}")
    assert merchant.install().status == 200
    assert house.one(status, store_id) == "active"
    changed = "SELECT bc_status_id FROM orders WHERE store_id = %s AND bc_order_id = %s"
    house.until(lambda: house.one(changed, store_id, number) == 12)
    house.until(lambda: house.is_idle("dead1"))
    assert house.differences("dead1") == []
