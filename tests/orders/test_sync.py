from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select, text

from app.bc_client import BCUnavailable
from app.extensions import as_store
from app.lib import clock
from app.orders.models import Order, OrderWanted, Shipment, StoreRefund
from app.orders.queries import find_order_by_bc_id, get_order_by_bc_id
from app.orders.sync import sync_order, want_order
from app.orders.wanted import STUCK_AFTER, claim, finish, revive_stuck
from app.stores.models import Store
from tests import factories
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble
from tests.orders.wire import LATER, at_once, order_wire

ORDER = "/v2/orders/101"


def wish(db: Any) -> OrderWanted:
    db.session.expire_all()
    found = db.session.scalar(select(OrderWanted))
    assert found is not None
    return found


def test_an_order_wanted_often_is_one_job(db: Any, store: Store, jobs: Any) -> None:
    for _ in range(3):
        want_order(101)
    db.session.commit()
    assert jobs() == [("order.sync", {"store_id": store.id, "bc_order_id": 101})]
    assert (wish(db).wanted, wish(db).done) == (3, 0)


def test_a_rollback_leaves_neither_wish_nor_job(db: Any, store: Store, jobs: Any) -> None:
    want_order(101)
    db.session.rollback()
    assert jobs() == []
    assert claim(101) is None


def test_the_job_brings_the_order_in_one_call_and_is_then_done(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", ORDER, order_wire())
    want_order(101)
    sync_order(store.id, 101)
    sync_order(store.id, 101)
    assert len(bc.sent()) == 1
    assert get_order_by_bc_id(101).bc_status == "Shipped"
    assert (wish(db).wanted, wish(db).done, wish(db).error) == (1, 1, None)


def test_what_comes_while_the_job_works_gets_the_next_job(db: Any, store: Store, jobs: Any) -> None:
    want_order(101)
    claimed = claim(101)
    want_order(101)
    db.session.commit()
    assert claimed is not None
    assert len(jobs()) == 1
    finish(101, claimed)
    db.session.commit()
    assert len(jobs()) == 2
    again = claim(101)
    assert again is not None
    finish(101, again)
    db.session.commit()
    assert len(jobs()) == 2


def test_a_failed_fetch_leaves_the_wish_and_says_why(db: Any, store: Store, bc: BigCommerceDouble, jobs: Any) -> None:
    bc.answers("GET", ORDER, body=requests.ReadTimeout())
    want_order(101)
    with pytest.raises(BCUnavailable) as failed:
        sync_order(store.id, 101)
    assert failed.value.retryable
    assert (wish(db).wanted, wish(db).done, wish(db).error) == (1, 0, "BCUnavailable")
    assert find_order_by_bc_id(101) is None
    # A webhook that comes while the retry waits adds no second job, and the retry serves both.
    want_order(101)
    db.session.commit()
    assert len(jobs()) == 1
    bc.forget()
    bc.answers("GET", ORDER, order_wire())
    sync_order(store.id, 101)
    assert (wish(db).wanted, wish(db).done, wish(db).error) == (2, 2, None)


def test_a_wish_whose_job_failed_for_good_is_revived(db: Any, store: Store, jobs: Any) -> None:
    want_order(101)
    db.session.commit()
    db.session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    db.session.commit()
    assert revive_stuck() == 0
    clock.use(lambda: datetime.now(UTC) + STUCK_AFTER + timedelta(seconds=5))
    assert revive_stuck() == 1
    assert revive_stuck() == 0
    db.session.commit()
    assert jobs() == [("order.sync", {"store_id": store.id, "bc_order_id": 101})]


def test_an_order_the_store_has_no_more_is_marked(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", ORDER, order_wire())
    want_order(101)
    sync_order(store.id, 101)
    bc.forget()
    bc.answers("GET", ORDER, recorded("v2/not_found.json"), status=404)
    want_order(101)
    sync_order(store.id, 101)
    assert get_order_by_bc_id(101).is_deleted
    assert wish(db).done == 2


def test_shipments_are_fetched_when_the_wish_says_so(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", ORDER, order_wire())
    bc.answers("GET", ORDER + "/shipments", recorded("v2/shipments.json"))
    want_order(101)
    want_order(101, shipments=True)
    sync_order(store.id, 101)
    assert len(bc.sent()) == 2
    order = get_order_by_bc_id(101)
    assert len(order.shipments) == len(recorded("v2/shipments.json"))
    assert order.shipments_known_at is not None
    assert not wish(db).shipments_wanted
    assert db.session.scalars(select(Shipment.store_id)).unique().all() == [store.id]


def test_refunds_made_by_hand_are_kept_and_handed_up(db: Any, store: Store, bc: BigCommerceDouble, jobs: Any) -> None:
    bc.answers("GET", ORDER, order_wire())
    bc.answers("GET", "/v3/orders/101/payment_actions/refunds", recorded("v3/refunds.json"))
    want_order(101, refunds=True)
    sync_order(store.id, 101)
    order = get_order_by_bc_id(101)
    assert [refund.bc_refund_id for refund in order.store_refunds] == [
        one["id"] for one in recorded("v3/refunds.json")["data"]
    ]
    assert order.version == 2
    assert ("refund.adopt", {"store_id": store.id, "order_id": order.id}) in jobs()
    before = len(jobs())
    want_order(101, refunds=True)
    sync_order(store.id, 101)
    assert (get_order_by_bc_id(101).version, len(jobs())) == (2, before + 1)
    assert len(db.session.scalars(select(StoreRefund)).all()) == len(order.store_refunds)


def test_three_workers_at_once_on_one_order_leave_one_copy(
    app: Flask, db: Any, store: Store, bc: BigCommerceDouble
) -> None:
    bc.answers("GET", ORDER, order_wire(lines=[{}, {}, {}]))
    want_order(101)
    db.session.commit()
    store_id = store.id
    assert at_once(app, store_id, *[lambda: sync_order(store_id, 101)] * 3) == []
    order = get_order_by_bc_id(101)
    assert (order.version, len(order.lines)) == (1, 3)
    assert (wish(db).wanted, wish(db).done) == (1, 1)


def test_wishes_from_many_threads_leave_exactly_one_job(app: Flask, db: Any, store: Store, jobs: Any) -> None:
    store_id = store.id
    assert at_once(app, store_id, *[lambda: want_order(101)] * 8) == []
    assert len(jobs()) == 1
    assert wish(db).wanted == 8


def test_news_older_than_the_copy_changes_nothing(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", ORDER, order_wire(modified_at=LATER, status="Completed"))
    want_order(101)
    sync_order(store.id, 101)
    bc.forget()
    bc.answers("GET", ORDER, order_wire(status="Shipped"))
    want_order(101)
    sync_order(store.id, 101)
    assert get_order_by_bc_id(101).bc_status == "Completed"


def test_a_stranger_sees_neither_wish_nor_order(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    want_order(101)
    db.session.commit()
    other = factories.a_store(store_hash="xyz")
    with as_store(other.id):
        sync_order(other.id, 101)
        assert db.session.scalars(select(Order)).all() == []
    assert bc.sent() == []
