from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.bc_client import BCUnavailable
from app.lib import clock
from app.orders import reconcile as room
from app.orders.models import HookSeen, Order, OrderWanted, StoreRefund
from app.orders.queries import get_order_by_bc_id
from app.orders.reconcile import OVERLAP, due, reconcile
from app.orders.save import save_order
from app.stores.models import Store
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble
from tests.orders.wire import MONDAY, order_wire, serve_orders, snapshot

REFUNDS = "/v3/orders/payment_actions/refunds"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def caught_up(db: Any, store: Store) -> Store:
    """The store, reconciled up to noon, at one o'clock."""
    clock.use(lambda: NOON + timedelta(hours=1))
    store.reconciled_until = NOON
    db.session.commit()
    return store


def test_a_change_whose_hook_was_lost_is_found(db: Any, caught_up: Store, bc: BigCommerceDouble) -> None:
    save_order(snapshot(101, modified_at=MONDAY), asked_at=MONDAY)
    db.session.commit()
    serve_orders(
        bc,
        [
            order_wire(101, modified_at=NOON + timedelta(minutes=5), status="Completed"),
            order_wire(102, modified_at=NOON - timedelta(minutes=5)),
            order_wire(103, modified_at=NOON - timedelta(hours=2)),
        ],
    )
    bc.answers("GET", REFUNDS, recorded("v3/refunds_none.json"))
    reconcile(caught_up.id)
    assert get_order_by_bc_id(101).bc_status == "Completed"
    assert sorted(db.session.scalars(select(Order.bc_order_id))) == [101, 102]
    assert len(bc.sent()) == 2
    db.session.expire_all()
    assert caught_up.reconciled_until == caught_up.last_reconcile_at == NOON + timedelta(hours=1)


def test_many_changes_are_paged_by_their_date(
    db: Any, caught_up: Store, bc: BigCommerceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PAGE", 10)
    monkeypatch.setattr("tests.orders.wire.PAGE", 10)
    # Fifteen within one second: more than a page.
    changes = [NOON] * 15 + [NOON + timedelta(seconds=second) for second in range(1, 20)]
    serve_orders(bc, [order_wire(100 + place, modified_at=when) for place, when in enumerate(changes)])
    bc.answers("GET", REFUNDS, recorded("v3/refunds_none.json"))
    reconcile(caught_up.id)
    assert sorted(db.session.scalars(select(Order.bc_order_id))) == list(range(100, 134))


def test_stopped_half_way_the_cursor_stays_before_what_is_missing(
    db: Any, caught_up: Store, bc: BigCommerceDouble
) -> None:
    bc.answers("GET", REFUNDS, recorded("v3/refunds_none.json"))
    bc.answers("GET", "/v2/orders", status=502)
    with pytest.raises(BCUnavailable):
        reconcile(caught_up.id)
    db.session.rollback()
    db.session.expire_all()
    assert caught_up.reconciled_until == NOON
    assert caught_up.last_reconcile_at is None


def test_a_refund_made_by_hand_whose_hook_was_lost_is_taken_in(
    db: Any, caught_up: Store, bc: BigCommerceDouble, jobs: Any
) -> None:
    order = save_order(snapshot(101), asked_at=MONDAY)
    assert order is not None
    db.session.commit()
    theirs = recorded("v3/refunds.json")
    stray = {**theirs["data"][0], "id": 900, "order_id": 555}
    bc.answers("GET", REFUNDS, {**theirs, "data": [*theirs["data"], stray]})
    serve_orders(bc, [])
    reconcile(caught_up.id)
    assert len(db.session.scalars(select(StoreRefund)).all()) == len(theirs["data"])
    assert [name for name, _ in jobs()] == ["refund.adopt", "order.sync", "order.sync"]
    assert jobs()[0] == ("refund.adopt", {"store_id": caught_up.id, "order_id": order.id})
    wishes = db.session.execute(select(OrderWanted.bc_order_id, OrderWanted.refunds_wanted).order_by("bc_order_id"))
    assert [tuple(row) for row in wishes] == [(101, False), (555, True)]

    reconcile(caught_up.id)
    assert len([name for name, _ in jobs() if name == "refund.adopt"]) == 1


def test_the_refunds_asked_for_begin_before_the_last_time(db: Any, caught_up: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", REFUNDS, recorded("v3/refunds_none.json"))
    serve_orders(bc, [])
    reconcile(caught_up.id)
    asked = next(call["query"] for call in bc.sent() if call["path"].endswith("refunds"))
    assert (NOON - OVERLAP).isoformat()[:16].replace(":", "%3A") in asked or (NOON - OVERLAP).isoformat()[:16] in asked


def test_the_hour_comes_once(db: Any, store: Store, jobs: Any) -> None:
    clock.use(lambda: NOON)
    store.next_hooks_check_at = NOON + timedelta(hours=20)
    store.next_refresh_at = NOON + timedelta(hours=5)
    assert due(store, NOON) == []
    store.reconciled_until = NOON
    hourly = ["orders.reconcile", "store.resume"]
    assert due(store, NOON) == hourly
    assert due(store, NOON + timedelta(minutes=59)) == []
    assert due(store, NOON + timedelta(minutes=60)) == hourly
    assert due(store, NOON - timedelta(days=30)) == [*hourly, "hooks.check", "store.refresh"]
    db.session.commit()
    assert [name for name, _ in jobs()] == hourly * 3 + ["hooks.check", "store.refresh"]


def test_old_deliveries_are_forgotten(db: Any, caught_up: Store, bc: BigCommerceDouble) -> None:
    for age in (1, 3, 5):
        seen_at = clock.now() - timedelta(days=age)
        db.session.add(HookSeen(store_id=caught_up.id, delivery=f"msg_{age}", seen_at=seen_at))
    db.session.commit()
    bc.answers("GET", REFUNDS, recorded("v3/refunds_none.json"))
    serve_orders(bc, [])
    reconcile(caught_up.id)
    assert sorted(db.session.scalars(select(HookSeen.delivery))) == ["msg_1", "msg_3"]
