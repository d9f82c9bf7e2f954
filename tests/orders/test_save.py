from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.extensions import as_store
from app.lib import clock
from app.orders import save
from app.orders.models import Order
from app.orders.queries import find_order_by_bc_id, get_order_by_bc_id
from app.returns.service import WantedLine
from app.stores.models import Store
from tests import factories
from tests.orders.wire import LATER, MONDAY, snapshot


def saved(**changes: Any) -> Order:
    order = save.save_order(snapshot(**changes), asked_at=clock.now())
    assert order is not None
    return order


def test_an_order_arrives_with_everything_the_store_says(db: Any, store: Store) -> None:
    order = saved()
    assert (order.bc_order_id, order.version, order.bc_status, order.currency) == (101, 1, "Shipped", "USD")
    assert (order.total_inc_tax, order.shipping_inc_tax) == (Decimal("109.5000"), Decimal("5.5000"))
    assert (order.shopper_name, order.shopper_email) == ("Demo Shopper 12", "shopper12@demo.example")
    assert (order.modified_at, order.shipping_address["city"]) == (MONDAY, "Springfield")
    [line] = order.lines
    assert (line.bc_line_id, line.quantity, line.paid_inc_tax, line.sku) == (10100, 3, Decimal("99"), "SHIRT-M-BLUE")
    assert line.options == [["Size", "M"], ["Colour", "Blue"]]
    assert line.store_id == order.store_id == store.id


def test_older_news_never_overwrites_newer(db: Any, store: Store) -> None:
    saved(modified_at=LATER, status="Completed", status_id=10)
    order = saved(modified_at=MONDAY, status="Shipped", status_id=2)
    assert (order.bc_status, order.modified_at, order.version) == ("Completed", LATER, 1)


def test_other_content_of_the_same_second_is_written_if_it_was_asked_for_later(db: Any, store: Store) -> None:
    saved(status="Shipped")
    assert saved(status="Completed").bc_status == "Completed"
    save.save_order(snapshot(status="Shipped"), asked_at=clock.now() - timedelta(minutes=1))
    assert get_order_by_bc_id(101).bc_status == "Completed"


def test_the_version_grows_with_a_change_and_not_with_the_echo_of_our_notes(db: Any, store: Store) -> None:
    saved()
    assert saved(modified_at=LATER, staff_notes="Return RMA-7KQ2MX").version == 1
    assert get_order_by_bc_id(101).staff_notes == "Return RMA-7KQ2MX"
    assert saved(modified_at=LATER, lines=[{"quantity_refunded": 1}]).version == 2
    assert get_order_by_bc_id(101).lines[0].quantity_refunded == 1


def test_an_incomplete_order_is_left_out(db: Any, store: Store) -> None:
    assert save.save_order(snapshot(status_id=0), asked_at=clock.now()) is None
    assert find_order_by_bc_id(101) is None


def test_a_line_taken_out_of_the_order_goes(db: Any, store: Store) -> None:
    saved(lines=[{}, {}])
    assert [line.bc_line_id for line in saved(modified_at=LATER, lines=[{}]).lines] == [10100]


def test_a_line_with_a_return_on_it_stays_with_nothing_left(db: Any, store: Store) -> None:
    [first, second] = saved(lines=[{}, {}]).lines
    factories.a_return(second.order, wanted=[WantedLine(second.id, 1, "damaged")])
    order = saved(modified_at=LATER, lines=[{}])
    assert [(line.id, line.quantity) for line in order.lines] == [(first.id, 3), (second.id, 0)]


def test_names_the_database_cannot_keep_are_cleaned(db: Any, store: Store) -> None:
    order = saved(lines=[{"name": "Shirt\x00 \ud800 ünïcode"}])
    assert order.lines[0].name == "Shirt ? ünïcode"


def test_a_page_that_names_an_order_twice_keeps_the_newer(db: Any, store: Store) -> None:
    page = [snapshot(status="Completed", modified_at=LATER), snapshot(status="Shipped"), snapshot(102)]
    written = save.save_orders(page, asked_at=clock.now())
    assert sorted(written) == [101, 102]
    assert get_order_by_bc_id(101).bc_status == "Completed"


def test_the_same_number_in_two_stores_is_two_orders(db: Any, store: Store) -> None:
    saved(status="Completed")
    other = factories.a_store(store_hash="xyz")
    with as_store(other.id):
        assert find_order_by_bc_id(101) is None
        saved(status="Shipped")
        db.session.commit()
    assert get_order_by_bc_id(101).bc_status == "Completed"
    assert db.session.scalar(select(func.count()).select_from(Order)) == 1


def test_an_archived_order_is_marked_and_may_come_back(db: Any, store: Store) -> None:
    saved()
    save.mark_deleted(101)
    db.session.commit()
    assert (get_order_by_bc_id(101).is_deleted, get_order_by_bc_id(101).version) == (True, 2)
    order = saved()
    assert (order.is_deleted, order.version) == (False, 3)
