from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.bc_client import BCUnavailable
from app.extensions import db as database
from app.lib import clock
from app.orders import backfill
from app.orders.backfill import progress, run_backfill, start_backfill
from app.orders.models import Order, OrderLine, SyncRun
from app.orders.save import save_order
from app.stores.models import Store
from tests.doubles import BigCommerceDouble
from tests.orders.wire import LATER, at_once, order_wire, serve_orders, snapshot


def the_run(db: Any) -> SyncRun:
    db.session.expire_all()
    found = db.session.scalar(select(SyncRun))
    assert found is not None
    return found


def numbers(db: Any) -> list[int]:
    return list(db.session.scalars(select(Order.bc_order_id).order_by(Order.bc_order_id)))


def begun(db: Any) -> int:
    run = start_backfill()
    db.session.commit()
    return run.id


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "PAGE", 10)
    monkeypatch.setattr("tests.orders.wire.PAGE", 10)


def test_every_order_arrives_page_by_page(db: Any, store: Store, bc: BigCommerceDouble, small_pages: None) -> None:
    serve_orders(bc, [order_wire(number, lines=[{}, {}]) for number in range(100, 125)])
    run_id = begun(db)
    run_backfill(store.id, run_id)
    assert numbers(db) == list(range(100, 125))
    assert db.session.scalar(select(func.count()).select_from(OrderLine)) == 50
    how = progress()
    assert how is not None
    assert (how.seen, how.expected, how.done, how.error) == (25, 25, True, None)
    # One count and three pages; nothing per order.
    assert len(bc.sent()) == 4
    sent = len(bc.sent())
    run_backfill(store.id, run_id)
    assert len(bc.sent()) == sent


def test_incomplete_orders_are_skipped_and_not_expected(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve_orders(bc, [order_wire(1), order_wire(2, status_id=0), order_wire(3)])
    run_backfill(store.id, begun(db))
    assert numbers(db) == [1, 3]
    assert (the_run(db).seen, the_run(db).expected) == (2, 2)


def test_a_store_without_orders_is_done_at_once(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve_orders(bc, [])
    run_backfill(store.id, begun(db))
    how = progress()
    assert how is not None
    assert (how.seen, how.done) == (0, True)


def test_killed_half_way_it_goes_on_where_it_was(
    db: Any, store: Store, bc: BigCommerceDouble, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_orders(bc, [order_wire(number) for number in range(100, 145)])
    run_id = begun(db)
    real, pages = backfill.save_orders, []

    def dies_on_the_third(page: Any, **when: Any) -> Any:
        pages.append(page)
        if len(pages) == 3:
            real(page, **when)
            raise SystemExit
        return real(page, **when)

    monkeypatch.setattr(backfill, "save_orders", dies_on_the_third)
    with pytest.raises(SystemExit):
        run_backfill(store.id, run_id)
    db.session.rollback()
    assert numbers(db) == list(range(100, 120))
    assert (the_run(db).last_bc_order_id, the_run(db).seen) == (119, 20)

    monkeypatch.setattr(backfill, "save_orders", real)
    run_backfill(store.id, run_id)
    assert numbers(db) == list(range(100, 145))
    assert (the_run(db).seen, the_run(db).state) == (45, "done")


def test_a_store_that_fails_is_tried_again_from_the_same_page(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", "/v2/orders/count", {"statuses": [{"id": 2, "count": 1}], "count": 1})
    bc.answers("GET", "/v2/orders", status=503)
    run_id = begun(db)
    with pytest.raises(BCUnavailable):
        run_backfill(store.id, run_id)
    how = progress()
    assert how is not None
    assert (how.done, how.error, how.expected) == (False, "BCUnavailable", 1)
    bc.forget()
    serve_orders(bc, [order_wire(5)])
    run_backfill(store.id, run_id)
    assert (numbers(db), the_run(db).error) == ([5], None)


def test_two_workers_with_one_run_count_every_order_once(
    app: Flask, db: Any, store: Store, bc: BigCommerceDouble, small_pages: None
) -> None:
    serve_orders(bc, [order_wire(number) for number in range(1, 41)])
    run_id, store_id = begun(db), store.id
    assert at_once(app, store_id, *[lambda: run_backfill(store_id, run_id)] * 2) == []
    assert numbers(db) == list(range(1, 41))
    assert (the_run(db).seen, the_run(db).state) == (40, "done")


def test_what_a_webhook_brought_meanwhile_is_not_overwritten(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    save_order(snapshot(7, modified_at=LATER, status="Completed"), asked_at=clock.now())
    db.session.commit()
    serve_orders(bc, [order_wire(7, status="Shipped")])
    run_backfill(store.id, begun(db))
    assert db.session.scalar(select(Order.bc_status)) == "Completed"


def test_afterwards_the_changes_since_its_beginning_are_due(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve_orders(bc, [order_wire(7)])
    run_id = begun(db)
    began = the_run(db).started_at
    run_backfill(store.id, run_id)
    db.session.expire_all()
    assert store.reconciled_until == began
    assert store.next_reconcile_at is not None
    assert store.next_reconcile_at <= datetime.now(UTC)


def test_starting_again_goes_on_with_the_run_there_is(db: Any, store: Store, bc: BigCommerceDouble, jobs: Any) -> None:
    first = begun(db)
    assert begun(db) == first
    assert jobs() == [("orders.backfill", {"store_id": store.id, "run_id": first})]
    serve_orders(bc, [order_wire(7)])
    run_backfill(store.id, first)
    clock.use(lambda: datetime.now(UTC) + timedelta(hours=2))
    assert begun(db) == first
    assert len(jobs()) == 1
    assert db.session.scalar(select(func.count()).select_from(SyncRun)) == 1


def test_no_row_stays_in_the_session_however_many_pages(
    db: Any, store: Store, bc: BigCommerceDouble, small_pages: None
) -> None:
    serve_orders(bc, [order_wire(number) for number in range(1, 201)])
    run_id = begun(db)
    run_backfill(store.id, run_id)
    assert len(numbers(db)) == 200
    assert not [row for row in database.session.identity_map.values() if isinstance(row, (Order, OrderLine))]
