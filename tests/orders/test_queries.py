import threading
import time
from typing import Any

import pytest
from flask import Flask

from app.extensions import as_store
from app.lib.errors import NotFound
from app.orders.queries import (
    best_known_shipped_at,
    find_order_by_bc_id,
    get_order,
    get_order_by_bc_id,
    list_orders,
    lock_order,
    orders_of_customer,
)
from app.orders.shipments import ensure_shipments
from app.stores.client import client_for
from app.stores.models import Store
from tests import factories
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble
from tests.orders.wire import at_once


def test_a_stranger_finds_nothing(db: Any, store: Store) -> None:
    order = factories.an_order(bc_order_id=101, bc_customer_id=12, shopper_name="Demo Shopper 12")
    order_id = order.id
    other = factories.a_store(store_hash="xyz")
    with as_store(other.id):
        db.session.rollback()
        for look in (lambda: get_order(order_id), lambda: get_order_by_bc_id(101), lambda: lock_order(order_id)):
            with pytest.raises(NotFound):
                look()
        assert find_order_by_bc_id(101) is None
        assert orders_of_customer(12) == []
        assert list_orders(q="Demo").total == 0


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_is_none_finds_nothing(db: Any, store: Store, number: int) -> None:
    with pytest.raises(NotFound):
        get_order(number)
    assert find_order_by_bc_id(number) is None


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", [103, 102, 101]),
        ("101", [101]),
        ("#101", [101]),
        ("10", [103, 102, 101]),
        ("ada", [102]),
        ("example ada", [102]),
        ("ada.example@shop.example", [102]),
        ("@shop.example", [103, 102, 101]),
        ("ADA EXAMPLE", [102]),
        ("o'nobody", [103]),
        ("nobody here", []),
        ("'); DROP TABLE orders; --", []),
        ("& | ! :* \\ ''", []),
        ("100%_", []),
    ],
)
def test_orders_are_found_by_number_name_and_mail(db: Any, store: Store, q: str, found: list[int]) -> None:
    names = {101: "Demo Shopper", 102: "Ada Example", 103: "Pat O'Nobody"}
    for place, (number, name) in enumerate(names.items()):
        mail = f"{name.split()[0].lower()}.{'example' if number == 102 else 'x'}@shop.example"
        factories.an_order(bc_order_id=number, shopper_name=name, shopper_email=mail, shipped_days_ago=30 - place)
    page = list_orders(q=q)
    assert [order.bc_order_id for order in page.items] == found
    assert page.total == len(found)


def test_pages_are_counted_from_one_and_archived_orders_are_left_out(db: Any, store: Store) -> None:
    for place in range(5):
        factories.an_order(bc_order_id=100 + place, shipped_days_ago=30 - place)
    factories.an_order(bc_order_id=200, is_deleted=True)
    page = list_orders(page=2, per_page=2)
    assert ([order.bc_order_id for order in page.items], page.total, page.last) == ([102, 101], 5, 3)
    assert list_orders(page=9, per_page=2).items == []


def test_a_guest_has_no_list_of_orders(db: Any, store: Store) -> None:
    factories.an_order(bc_customer_id=0)
    assert orders_of_customer(0) == []


def test_who_locks_an_order_has_it_alone_and_sees_it_as_it_is(app: Flask, db: Any, store: Store) -> None:
    order = factories.an_order([factories.a_line(quantity=2)])
    order_id, seen, together = order.id, [], threading.Event()

    def take_one() -> None:
        locked = lock_order(order_id)
        assert not together.is_set()
        together.set()
        seen.append(locked.lines[0].quantity)
        time.sleep(0.05)
        locked.lines[0].quantity += 1
        db.session.flush()
        together.clear()
        db.session.commit()

    db.session.rollback()
    assert at_once(app, store.id, *[take_one] * 4) == []
    assert seen == [2, 3, 4, 5]


def test_the_last_parcel_says_when_it_left(db: Any, store: Store) -> None:
    order = factories.an_order(shipped_days_ago=9)
    assert best_known_shipped_at(order) == order.shipped_at
    factories.a_shipment(order, days_ago=8)
    last = factories.a_shipment(order, days_ago=3)
    assert best_known_shipped_at(order) == last.shipped_at


def test_parcels_are_fetched_once_and_again_when_more_was_shipped(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    order = factories.an_order(bc_order_id=101, items_shipped=3, shipments_known_at=None)
    shipments = recorded("v2/shipments.json")
    units = sum(item["quantity"] for one in shipments for item in one["items"])
    order.items_shipped = units
    db.session.commit()
    bc.answers("GET", "/v2/orders/101/shipments", shipments)
    with client_for(store) as client:
        assert len(ensure_shipments(client, order)) == len(shipments)
        ensure_shipments(client, order)
        assert len(bc.sent()) == 1
        order.items_shipped = units + 1
        ensure_shipments(client, order)
        assert len(bc.sent()) == 2


def test_a_parcel_the_store_deleted_goes(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    order = factories.an_order(bc_order_id=101, shipments_known_at=None)
    factories.a_shipment(order)
    bc.answers("GET", "/v2/orders/101/shipments", status=204)
    with client_for(store) as client:
        assert ensure_shipments(client, order) == []
    assert order.shipments_known_at is not None
