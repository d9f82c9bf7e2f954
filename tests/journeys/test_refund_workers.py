"""Workers that die in the middle of a refund, and workers that meet: one intent, one POST."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.bc_client.client import BigCommerce
from app.extensions import as_store, db
from app.flows import settle_return
from app.lib.errors import RemoteError
from app.resolutions.models import Refund
from tests.money_stage import Stage, a_promise, executed, letters_of, paid_once, simulator, stage, state_of

__all__ = ["simulator", "stage"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("fault", ["latency", "drop_after", None], ids=["held", "dropped", "answered"])
def test_a_worker_killed_in_the_middle_of_a_refund_leaves_nothing_paid_twice(
    stage: Stage, app: Flask, fault: str | None
) -> None:
    order, _, refund = a_promise(stage)
    if fault == "latency":
        stage.fault("latency", delay_s=2.0)
    else:
        stage.habits(refund_work_s=1.5)
        if fault:
            stage.fault(fault)
    killed = kill_while_sending(app, stage, refund)
    assert killed == -signal.SIGKILL
    assert state_of(refund)[0] == "sending"
    # The order's lock went with the process; what the store did with the call, it did.
    time.sleep(2.2)
    until(lambda: all(post["status"] for post in stage.posts(order)), seconds=30)
    settle_return.send(stage.store_id, refund.id)
    assert state_of(refund) == ("unknown", {"unknown"})
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert paid_once(stage, order)
    assert len(stage.refunds(order)) == 1


_WORKER = """
import os, sys
from app import create_app
from app.config import Settings
from app.extensions import as_store
from app.flows import settle_return
from app.lib.errors import RemoteError
app = create_app(Settings.model_validate_json(sys.stdin.read()))
with app.app_context(), as_store(int(sys.argv[1])):
    settle_return.send(int(sys.argv[1]), int(sys.argv[2]))
"""


_REAL_WORKER = """
import asyncio, sys
from app import create_app, worker
from app.config import Settings
worker.tick = lambda: None  # the schedule is another matter
asyncio.run(worker._until_told(worker.make_queue(create_app(Settings.model_validate_json(sys.stdin.read())))))
"""


@contextmanager
def a_real_worker(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    """`app.worker` in a process of its own, looking up what is unknown after a second."""
    settings = app.config["SETTINGS"].model_copy(update={"unknown_look_minutes": "0.02"})
    worker = started([sys.executable, "-c", _REAL_WORKER], settings.model_dump_json())
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def started(arguments: list[str], said: str) -> subprocess.Popen[bytes]:
    worker = subprocess.Popen(arguments, stdin=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert worker.stdin is not None
    worker.stdin.write(said.encode())
    worker.stdin.close()
    return worker


def until(true: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        db.session.rollback()
        time.sleep(0.05)
    db.session.rollback()


def test_a_worker_killed_while_the_store_holds_the_answer_is_replaced_by_another_and_nothing_is_paid_twice(
    stage: Stage, app: Flask
) -> None:
    order, rma, refund = a_promise(stage)
    stage.habits(refund_work_s=1.5)
    with a_real_worker(app) as first:
        until(lambda: len(stage.posts(order)) == 1, seconds=40)
        first.kill()
        first.wait()
    assert state_of(refund) == ("sending", {"sending"})
    with a_real_worker(app):
        until(lambda: state_of(refund)[0] == "settled", seconds=90)
    assert executed(stage, order) == [True]
    assert letters_of(rma) == ["received", "refunded"]


def kill_while_sending(app: Flask, stage: Stage, refund: Refund) -> int:
    """Let another process send the refund and kill it while it waits for the store; gives how it ended."""
    arguments = [sys.executable, "-c", _WORKER, str(stage.store_id), str(refund.id)]
    worker = started(arguments, app.config["SETTINGS"].model_dump_json())
    until(lambda: state_of(refund)[0] == "sending", seconds=30)
    # "I am about to call" is committed; now it calls.
    time.sleep(0.3)
    worker.kill()
    return worker.wait()


def test_three_workers_at_once_send_one_intent_once(stage: Stage, app: Flask) -> None:
    order, rma, refund = a_promise(stage)
    stage.habits(refund_work_s=0.3)
    refund_id = refund.id
    together(app, stage, [lambda: settle_return.send(stage.store_id, refund_id)] * 3)
    assert executed(stage, order) == [True]
    assert state_of(refund) == ("settled", {"settled"})
    stage.work()
    assert letters_of(rma).count("refunded") == 1


def a_worker_that_takes_the_first_for_dead(
    stage: Stage, refund_id: int, monkeypatch: pytest.MonkeyPatch, *, patience_s: float
) -> list[Callable[[], object]]:
    """Two deeds: the first waits in the middle of its POST, at most `patience_s`, until the second has posted too.

    The second finds it sending, looks three times, and sends again: what is right only when the first is dead.
    """
    calling, posted, real = threading.Event(), threading.Event(), BigCommerce.create_refund

    def create_refund(self: BigCommerce, request: Any) -> Any:
        if calling.is_set():
            posted.set()
        else:
            calling.set()
            posted.wait(patience_s)
        return real(self, request)

    def second() -> None:
        assert calling.wait(60)
        settle_return.send(stage.store_id, refund_id)
        for look_id in (100, 101, 102):
            settle_return.look(stage.store_id, refund_id, look_id)
        with suppress(RemoteError):
            settle_return.send(stage.store_id, refund_id)

    monkeypatch.setattr(BigCommerce, "create_refund", create_refund)
    return [lambda: settle_return.send(stage.store_id, refund_id), second]


def test_without_the_lock_two_workers_would_post_twice(
    stage: Stage, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lock is for: so that the test below is known to see a second POST."""
    order, _, refund = a_promise(stage)
    monkeypatch.setattr(settle_return, "refund_lock", lambda order_id: nullcontext())
    together(app, stage, a_worker_that_takes_the_first_for_dead(stage, refund.id, monkeypatch, patience_s=60))
    assert len(stage.posts(order)) == 2


def test_with_the_lock_the_same_two_workers_post_once(
    stage: Stage, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, _, refund = a_promise(stage)
    together(app, stage, a_worker_that_takes_the_first_for_dead(stage, refund.id, monkeypatch, patience_s=2))
    assert executed(stage, order) == [True]
    assert state_of(refund) == ("settled", {"settled"})


def test_two_refunds_of_one_order_go_out_one_after_the_other(stage: Stage, app: Flask) -> None:
    order = stage.order(
        [{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1, "price": "30.00"}]
    )
    rma = stage.returned(order)
    first, second = (stage.promised(rma, {line.id: 1}) for line in rma.lines)
    one, other = first.id, second.id
    stage.habits(refund_work_s=0.3)
    deeds = [lambda: settle_return.send(stage.store_id, one), lambda: settle_return.send(stage.store_id, other)]
    together(app, stage, deeds)
    stage.work()
    assert executed(stage, order) == [True, True]
    assert (state_of(first)[0], state_of(second)[0]) == ("settled", "settled")
    assert sum(Decimal(str(one["total_amount"])) for one in stage.refunds(order)) == Decimal(40)


def test_a_promise_waits_while_another_of_the_order_is_unknown_and_goes_out_when_that_is_settled(
    stage: Stage,
) -> None:
    order = stage.order(
        [{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1, "price": "30.00"}]
    )
    rma = stage.returned(order)
    first, second = (stage.promised(rma, {line.id: 1}) for line in rma.lines)
    stage.fault("error_after")
    stage.work("refund.send")
    assert (state_of(first)[0], state_of(second)[0]) == ("unknown", "promised")
    assert stage.waiting("refund.send") == []
    stage.work()
    assert (state_of(first)[0], state_of(second)[0]) == ("settled", "settled")
    assert executed(stage, order) == [True, True]


def together(app: Flask, stage: Stage, deeds: list[Callable[[], object]]) -> None:
    """Do `deeds` at the same moment, each in a thread and a session of its own."""
    start = threading.Barrier(len(deeds))

    failed: list[BaseException] = []

    def do(deed: Callable[[], object]) -> None:
        with app.app_context(), as_store(stage.store_id):
            start.wait()
            try:
                deed()
                db.session.commit()
            except BaseException as error:
                failed.append(error)
                raise
            finally:
                db.session.remove()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.rollback()
    assert failed == []
