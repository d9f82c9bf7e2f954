"""A stage for money: the simulated store in a thread, our copy of its orders, and a worker driven by the test."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db as database
from app.extensions import enter_store
from app.flows import adopt_refund, settle_return
from app.flows.receive_parcel import receive
from app.lib import clock
from app.lib.errors import RemoteError
from app.orders.models import Order
from app.orders.save import save_order
from app.orders.sync import sync_order
from app.orders.wanted import want_order
from app.resolutions.models import Refund
from app.resolutions.queries import get_refund
from app.returns.actor import Actor
from app.returns.models import Return
from app.returns.queries import get_return
from app.returns.service import WantedLine
from app.stores.client import client_for
from app.stores.queries import get_store
from app.write_back.run import run
from sandbox import seeding, state_orders, state_refunds
from sandbox.order_builder import new_order
from sandbox.server import SCOPES, Sandbox
from sandbox.state import ANYWHERE
from tests import factories

CLERK = Actor("staff", 1, "Clerk One")
STORE_HASH = "abc123"
HANDLERS: dict[str, Callable[..., None]] = {
    "order.sync": sync_order,
    "refund.send": settle_return.send,
    "refund.look": settle_return.look,
    "refund.confirm": settle_return.confirm,
    "refund.adopt": adopt_refund.adopt,
    "write_back.run": run,
}
"""What the worker of this stage does; letters stay in the queue."""
REFUNDS = r"/payment_actions/refunds$"
QUOTES = r"/payment_actions/refund_quotes$"


@dataclass
class Stage:
    """The simulated store `abc123` and our store of the same hash."""

    sandbox: Sandbox
    store_id: int

    # the store's side

    def order(self, lines: list[dict[str, Any]] | None = None, **spec: Any) -> Order:
        """An order placed and shipped at the store, and our copy of it."""
        state = self.sandbox.state
        wanted = {"lines": lines or [{"product_id": 1, "quantity": 2, "price": "10.00"}], **spec}
        made = state_orders.add_order(state, STORE_HASH, new_order(state, STORE_HASH, wanted))
        state_orders.ship_order(state, STORE_HASH, made["id"])
        return self.sync(made["id"])

    def sync(self, bc_order_id: int) -> Order:
        """Our copy of the order, brought up to date."""
        with client_for(get_store()) as client:
            order = save_order(client.get_order(bc_order_id), asked_at=clock.now())
        assert order is not None
        database.session.commit()
        return order

    def hear_refunds(self, order: Order, *, adopt: bool = True) -> None:
        """A webhook told us of a refund of the order: our copy is brought up to date, and what is foreign adopted."""
        want_order(order.bc_order_id, refunds=True)
        database.session.commit()
        self.work("order.sync", *(("refund.adopt", "refund.look", "write_back.run") if adopt else ()))

    def fault(
        self, name: str, *, method: str = "POST", path: str = REFUNDS, times: int | None = 1, **more: Any
    ) -> None:
        """Arm a fault of the store."""
        match = {"method": method, "path": path, "store": STORE_HASH}
        self.sandbox.state.faults.add({"fault": name, "match": match, "times": times, **more})

    def habits(self, **wanted: Any) -> None:
        doc = self.sandbox.state.store(STORE_HASH)
        doc["habits"].update(wanted)
        self.sandbox.state.save_store(doc)

    def by_hand(self, order: Order, units: dict[int, int]) -> dict[str, Any]:
        """The clerk refunds {order line number: units} in the control panel."""
        items = [{"item_id": number, "quantity": quantity} for number, quantity in units.items()]
        return state_refunds.refund_by_hand(self.sandbox.state, STORE_HASH, order.bc_order_id, items)

    def later(self, seconds: float) -> None:
        """So much later at the store, everything done there that was due by then."""
        self.sandbox.clock.advance(seconds)
        self.settle_down()

    def settle_down(self) -> None:
        """Wait until the store has nothing due."""
        state, deadline = self.sandbox.state, time.monotonic() + 20
        while state.due_tasks(state.clock.now()):
            assert time.monotonic() < deadline, "the simulated store does not settle down"
            state.wake.set()
            time.sleep(0.02)

    def posts(self, order: Order) -> list[dict[str, Any]]:
        """Every refund POST the store got for the order, executed or not, in order."""
        found = self.sandbox.state.entries("refund_posts")
        return [entry for entry in found if entry["order_id"] == order.bc_order_id]

    def refunds(self, order: Order) -> list[dict[str, Any]]:
        """What the store has on its books for the order."""
        return state_refunds.refunds_of(self.sandbox.state, STORE_HASH, order.bc_order_id)

    def calls(self) -> list[str]:
        """Every API call so far: "METHOD path"."""
        return [f"{entry['method']} {entry['path']}" for entry in self.sandbox.state.entries("api")]

    # our side

    def returned(self, order: Order, quantities: dict[int, int] | None = None) -> Return:
        """A return of the order (line id -> units, all by default), authorized and received."""
        wanted = [
            WantedLine(line.id, (quantities or {}).get(line.id, line.quantity if quantities is None else 0), "damaged")
            for line in order.lines
        ]
        rma = factories.a_return(order, wanted=[want for want in wanted if want.quantity])
        return receive(rma.id, {line.id: line.quantity for line in rma.lines}, CLERK)

    def promised(self, rma: Return, quantities: dict[int, int] | None = None, *, shipping: bool = False) -> Refund:
        """A refund of the return's lines, quoted by the store and promised."""
        units = quantities or {line.id: line.quantity for line in rma.lines}
        quote = settle_return.quote(rma.id, units, shipping=shipping, actor=CLERK)
        return settle_return.promise(rma.id, quote.id, CLERK)

    def work(self, *names: str, tries: int = 6) -> list[str]:
        """Run what waits in the queue, whenever it is due, until nothing does; gives what ran.

        Only jobs called `names`, where given. A job that may be retried is, at most `tries` times.
        """
        ran: list[str] = []
        left = dict.fromkeys(HANDLERS, tries)
        while (job := self._next(names)) is not None:
            left[job[1]] -= 1
            self._run(*job, again=left[job[1]] > 0)
            ran.append(job[1])
        return ran

    def work_once(self, name: str) -> None:
        """Run the next job called `name`; one that may be retried stays in the queue."""
        job = self._next((name,))
        assert job is not None, f"no {name} waits"
        self._run(*job, again=True)

    def _run(self, number: int, name: str, arguments: dict[str, Any], *, again: bool) -> None:
        try:
            HANDLERS[name](**arguments)
            database.session.commit()
        except RemoteError as error:
            database.session.rollback()
            if error.retryable and again:
                self._set(number, "todo")
        finally:
            database.session.rollback()

    def _next(self, names: tuple[str, ...]) -> tuple[int, str, dict[str, Any]] | None:
        wanted = names or tuple(HANDLERS)
        row = database.session.execute(
            text(
                "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'"
                " AND task_name = ANY(:names) AND (args->>'store_id')::bigint = :store_id ORDER BY id LIMIT 1"
            ),
            {"names": list(wanted), "store_id": self.store_id},
        ).one_or_none()
        if row is None:
            database.session.rollback()
            return None
        self._set(row.id, "succeeded")
        return row.id, row.task_name, dict(row.args)

    def _set(self, number: int, status: str) -> None:
        database.session.execute(
            text("UPDATE procrastinate_jobs SET status = CAST(:status AS procrastinate_job_status) WHERE id = :id"),
            {"status": status, "id": number},
        )
        database.session.commit()

    def drop_jobs(self) -> None:
        """The queue is lost."""
        database.session.execute(text("DELETE FROM procrastinate_jobs"))
        database.session.commit()

    def waiting(self, *names: str) -> list[str]:
        """Names of the jobs that wait, oldest first."""
        rows = database.session.scalars(
            text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        ).all()
        database.session.rollback()
        return [name for name in rows if not names or name in names]


def state_of(refund: Refund) -> tuple[str, set[str]]:
    """(the intent's state, the money axis of the lines it pays for), as the database has them."""
    fresh = get_refund(refund.id)
    database.session.expire_all()
    return fresh.state, {item.return_line.money for item in fresh.items if item.return_line is not None}


def letters_of(rma: Return) -> list[str]:
    """Which letters were written about the return, oldest first."""
    query = text("SELECT notice FROM letters WHERE return_id = :id ORDER BY id")
    return list(database.session.scalars(query, {"id": rma.id}))


def words_of(rma: Return) -> tuple[str, str]:
    fresh = get_return(rma.id)
    database.session.refresh(fresh)
    return fresh.word, fresh.detail


def a_promise(stage: Stage, **quantities: int) -> tuple[Order, Return, Refund]:
    order = stage.order([{"product_id": 1, "quantity": quantities.get("quantity", 2), "price": "10.00"}])
    rma = stage.returned(order)
    return order, rma, stage.promised(rma)


def executed(stage: Stage, order: Order) -> list[bool]:
    """For each POST of the order, in turn, whether the store executed it."""
    return [post["executed"] for post in stage.posts(order)]


def paid_once(stage: Stage, order: Order) -> bool:
    """One executed POST at most, and none after it."""
    done = executed(stage, order)
    return sum(done) <= 1 and (True not in done or done.index(True) == len(done) - 1)


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    simulator = _started()
    seeding.make_store(simulator, {"hash": STORE_HASH, "preset": "empty"})
    yield simulator
    simulator.stop()


def _started() -> Sandbox:
    """Free ports are found and then taken: where another test run was faster, once more."""
    for _ in range(3):
        try:
            return Sandbox().start()
        except (OSError, TimeoutError):
            time.sleep(0.5)
    return Sandbox().start()


@pytest.fixture(scope="session")
def simulator() -> Iterator[Sandbox]:
    """One simulated BigCommerce for the whole run; every test makes orders of its own in it."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def stage(app: Flask, store: Any, simulator: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Our application in front of the simulated store, without faults and in its plain habits."""
    state = simulator.state
    grant = {"store": STORE_HASH, "client_id": simulator.client_id, "scopes": SCOPES, "user": {"id": 1}}
    state.put(ANYWHERE, "token", f"token-of-{STORE_HASH}", grant)
    settings = app.config["SETTINGS"].model_copy(update={"bc_api_url": simulator.url})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    monkeypatch.setattr("app.bc_client.refunds.REFUND_PATIENCE", (1.0, 1.5))
    ready = Stage(simulator, store.id)
    ready.habits(tax="order", rounding="per_line", refund_async_s=0.0, refund_work_s=0.0, rate_quota=None)
    yield ready
    state.faults.clear()
    simulator.clock.set_offset(0)
    enter_store(None)
