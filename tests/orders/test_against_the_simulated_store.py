"""The sync against a store written by another hand, over HTTP both ways, with the worker that production runs."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select, text
from werkzeug.serving import make_server

from app import create_app, database
from app.bc_client.oauth import exchange_code
from app.extensions import as_store, enter_store
from app.extensions import db as house_db
from app.lib import clock
from app.orders.backfill import progress, start_backfill
from app.orders.hooks import SCOPES, check_hooks
from app.orders.models import Order, OrderWanted
from app.orders.queries import get_order_by_bc_id
from app.orders.reconcile import reconcile
from app.orders.save import save_order
from app.orders.sync import want_order
from app.stores.client import client_for
from app.stores.lookup import next_store_id
from app.stores.models import Store
from app.stores.queries import get_store
from app.worker import make_queue, work
from sandbox import oauth as login
from sandbox import seeding
from sandbox.server import Sandbox
from tests.conftest import empty, settings_for

STORE = "demostore1"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    simulator = Sandbox().start()
    yield simulator
    simulator.stop()


class House:
    """The app behind a real address, and the simulated store that it is installed in."""

    def __init__(self, app: Flask, sandbox: Sandbox, owner_url: str) -> None:
        self.app, self.sandbox, self.owner_url = app, sandbox, owner_url
        self.store_id = 0

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.sandbox.url}/_sandbox{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def work(self) -> None:
        """Run every job that is due."""
        house_db.session.commit()
        asyncio.run(work(make_queue(self.app), wait=False))
        house_db.session.expire_all()

    def order_calls(self) -> int:
        entries = self.control("GET", "/log?kind=api")["entries"]
        return sum("/v2/orders" in entry["path"] and entry["method"] == "GET" for entry in entries)


@pytest.fixture
def house(sandbox: Sandbox, owner_url: str) -> Iterator[House]:
    """A fresh demo store with the app installed and entered."""
    server: Any = None

    def answer(environ: Any, start_response: Any) -> Any:
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    app = create_app(
        settings_for(
            owner_url,
            bc_api_url=sandbox.url,
            bc_client_id=sandbox.client_id,
            bc_client_secret=sandbox.client_secret,
            app_url=f"http://127.0.0.1:{server.server_port}",
        )
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seeding.make_store(sandbox, {"hash": STORE, "preset": "demo"})
    house = House(app, sandbox, owner_url)
    with app.app_context():
        house.store_id = _install(sandbox)
        enter_store(house.store_id)
        yield house
        house_db.session.rollback()
        house_db.session.remove()
        enter_store(None)
    requests.delete(f"{sandbox.url}/_sandbox/faults", timeout=10)
    server.shutdown()
    empty(owner_url)


def _install(sandbox: Sandbox) -> int:
    brought = {name: values[0] for name, values in parse_qs(urlsplit(login.install_url(sandbox, STORE)).query).items()}
    grant = exchange_code(
        login_url=sandbox.url,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        code=brought["code"],
        scope=brought["scope"],
        context=brought["context"],
        redirect_uri=sandbox.auth_callback,
    )
    store_id = next_store_id()
    with as_store(store_id):
        house_db.session.add(
            Store(
                id=store_id,
                store_hash=STORE,
                access_token=grant.access_token,
                hook_secret="the-hook-secret",
                installed_at=clock.now(),
            )
        )
        house_db.session.commit()
    return store_id


def eventually(holds: Callable[[], Any], *, within_s: float = 15) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never came"
        house_db.session.rollback()
        time.sleep(0.1)


def wishes(bc_order_id: int) -> tuple[int, int]:
    query = select(OrderWanted.wanted, OrderWanted.done).where(OrderWanted.bc_order_id == bc_order_id)
    row = house_db.session.execute(query).one_or_none()
    return (row.wanted, row.done) if row else (0, 0)


def compare_all() -> int:
    """Our copy against the store's list, order by order and line by line: writing it again must change nothing."""
    count, last = 0, 0
    with client_for(get_store()) as client:
        while page := client.list_orders(min_id=last + 1):
            for theirs in page:
                last = theirs.bc_order_id
                if theirs.bc_status_id == 0:
                    continue
                ours = get_order_by_bc_id(theirs.bc_order_id)
                before = (ours.version, ours.fingerprint, len(ours.lines))
                again = save_order(theirs, asked_at=clock.now())
                assert again is not None
                assert (again.version, again.fingerprint, len(again.lines)) == before
                assert [line.bc_line_id for line in again.lines] == [line.bc_line_id for line in theirs.lines]
                assert again.total_inc_tax == theirs.total_inc_tax
                count += 1
    return count


def test_the_whole_store_arrives_and_is_what_the_store_says(house: House) -> None:
    start_backfill()
    house.work()
    how = progress()
    assert how is not None
    assert (how.done, how.seen) == (True, how.expected)
    house_db.session.commit()
    reconcile(house.store_id)
    assert compare_all() == how.seen > 250


def test_a_change_in_the_store_arrives_by_webhook(house: House) -> None:
    start_backfill()
    check_hooks(house.store_id)
    house.work()
    sold = {"name": "Demo mug", "sku": "MUG", "quantity": 2, "price": "12.00"}
    number = house.control("POST", f"/stores/{STORE}/orders", {"lines": [sold]})["order"]["id"]
    eventually(lambda: wishes(number)[0] > 0)
    house.work()
    assert get_order_by_bc_id(number).items_shipped == 0
    house.control("PATCH", f"/stores/{STORE}/orders/{number}", {"ship": True})
    eventually(lambda: _after(house, number, lambda order: order.items_shipped > 0 and order.shipments))
    [line, *_] = get_order_by_bc_id(number).lines
    item = {"item_type": "PRODUCT", "item_id": line.bc_line_id, "quantity": 1, "reason": "by hand"}
    house.control("POST", f"/stores/{STORE}/orders/{number}/refund_by_hand", {"items": [item]})
    eventually(lambda: _after(house, number, lambda order: len(order.store_refunds) == 1))
    assert get_store().last_webhook_at is not None


def _after(house: House, number: int, holds: Callable[[Order], Any]) -> bool:
    house.work()
    return bool(holds(get_order_by_bc_id(number)))


def test_a_lost_webhook_is_made_good_by_the_reconcile(house: House) -> None:
    start_backfill()
    check_hooks(house.store_id)
    house.work()
    # The schedule runs beside: its own look is an hour off, so that only ours can find the change.
    get_store().next_reconcile_at = clock.now() + timedelta(hours=1)
    [order, *_] = house_db.session.scalars(select(Order).where(Order.bc_status_id == 11).limit(1))
    number = order.bc_order_id
    house_db.session.commit()
    house.control("POST", "/faults", {"fault": "hook_lose", "match": {"hook": ".*"}, "times": None})
    house.control("PATCH", f"/stores/{STORE}/orders/{number}", {"status_id": 10})
    house.work()
    assert get_order_by_bc_id(number).bc_status_id == 11
    house_db.session.commit()
    reconcile(house.store_id)
    assert get_order_by_bc_id(number).bc_status_id == 10


def test_a_worker_killed_while_a_newer_webhook_waits_loses_nothing(house: House) -> None:
    start_backfill()
    house.work()
    [order, *_] = house_db.session.scalars(select(Order).where(Order.bc_status_id == 11).limit(1))
    number, calls = order.bc_order_id, house.order_calls()
    path = {"path": rf"/v2/orders/{number}"}
    house.control("POST", "/faults", {"fault": "latency", "match": path, "times": 1, "delay_s": 20})
    want_order(number)
    house_db.session.commit()
    first = a_worker(house)
    try:
        eventually(lambda: _doing() == 1)
        time.sleep(0.5)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
        house.control("PATCH", f"/stores/{STORE}/orders/{number}", {"status_id": 10})
        want_order(number)
        house_db.session.commit()
        second = a_worker(house)
        try:
            # The worker has made the webhooks by now, so the store's own news may be counted too.
            eventually(lambda: wishes(number)[0] == wishes(number)[1] >= 2 and _doing() == 0, within_s=60)
        finally:
            second.send_signal(signal.SIGTERM)
            second.wait(20)
    finally:
        first.kill()
    house_db.session.expire_all()
    assert get_order_by_bc_id(number).bc_status_id == 10
    assert house.order_calls() - calls <= 4


def _doing() -> int:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'order.sync'")
    house_db.session.rollback()
    return int(house_db.session.scalar(query) or 0)


def a_worker(house: House) -> "subprocess.Popen[bytes]":
    """The worker as production starts it, in a process of its own."""
    settings = house.app.config["SETTINGS"].model_dump()
    environ = {name.upper(): str(value) for name, value in settings.items() if value != ""}
    environ["DATABASE_URL"] = database.as_app_role(house.owner_url)
    return subprocess.Popen([sys.executable, "-m", "app.worker"], env={**os.environ, **environ})


def test_every_webhook_we_ask_for_is_there(house: House) -> None:
    check_hooks(house.store_id)
    with client_for(get_store()) as client:
        assert sorted(hook.scope for hook in client.list_hooks()) == sorted(SCOPES)
    assert get_store().hooks_checked_at is not None
    assert clock.now() - get_store().hooks_checked_at < timedelta(minutes=1)  # type: ignore[operator]
