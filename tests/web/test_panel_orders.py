"""Orders in the panel, and a return created for a shopper."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.orders.models import OrderWanted
from app.returns.models import Return
from app.stores.models import Store
from tests.factories import a_line, a_return, an_order
from tests.web.panel_visitor import Visitor, words


@pytest.fixture
def clerk(app: Flask, store: Store, bc: Any) -> Visitor:
    return Visitor(app, store)


def how_many(db: Any) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(Return)))


def test_orders_are_found_by_number_name_and_mail(clerk: Visitor) -> None:
    assert "No orders yet" in words(clerk.get("/panel/orders"))
    wanted = an_order(bc_order_id=4711, shopper_name="Demo Finder", shopper_email="finder@shop.example")
    an_order(shopper_name="Demo Other")
    for q in ("4711", "finder", "finder@shop.example"):
        page = words(clerk.get("/panel/orders", q=q))
        assert f"#{wanted.bc_order_id}" in page, q
        assert "Demo Other" not in page
    assert "No order found" in words(clerk.get("/panel/orders", q="nobody"))


def test_the_order_list_extension_leads_to_the_orders_returns(clerk: Visitor) -> None:
    order = an_order([a_line(quantity=2)])
    rma = a_return(order)
    answer = clerk.get(f"/panel/orders/{order.bc_order_id}/returns")
    assert answer.status_code == 303
    assert answer.location == f"/panel/orders/{order.bc_order_id}"
    assert rma.number in words(clerk.get(answer.location))


def test_an_order_that_is_not_here_yet_is_asked_for(clerk: Visitor, db: Any) -> None:
    answer = clerk.get("/panel/orders/4712/returns")
    assert answer.status_code == 404
    assert "is not here yet" in words(answer)
    db.session.rollback()
    assert db.session.scalars(select(OrderWanted.bc_order_id)).all() == [4712]


def test_a_number_that_no_order_can_have_is_not_asked_for(clerk: Visitor, db: Any) -> None:
    assert clerk.get(f"/panel/orders/{2**63}/returns").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(OrderWanted)) == 0


def test_staff_files_a_return_for_a_shopper_once(clerk: Visitor, db: Any) -> None:
    order = an_order([a_line(quantity=3, name="Cup"), a_line(name="Tray")])
    cup = order.lines[0].id
    path = f"/panel/orders/{order.bc_order_id}/returns/new"
    page = clerk.get(path).text
    key = page.partition('name="form_key" value="')[2].partition('"')[0]
    form = {"form_key": key, f"quantity-{cup}": "2", f"reason-{cup}": "damaged", f"comment-{cup}": "By phone"}
    first, second = clerk.post(path, form), clerk.post(path, form)
    assert (first.status_code, second.location) == (303, first.location)
    assert how_many(db) == 1
    [rma] = db.session.scalars(select(Return)).all()
    assert (rma.origin, [(line.quantity, line.reason, line.comment) for line in rma.lines]) == (
        "merchant",
        [(2, "damaged", "By phone")],
    )
    assert rma.events[0].actor_name == clerk.user.email
    assert "Created by your staff" in words(clerk.get(first.location))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": ""}, "Choose a reason for Cup."),
        ({"quantity": "9"}, "Of Cup, 3 can still be returned."),
        ({"quantity": "0"}, "Choose at least one item"),
        ({"reason": "nonsense"}, "Choose one of the reasons."),
        ({"quantity": "two"}, "The form was not complete."),
    ],
)
def test_a_refused_request_keeps_what_was_typed(clerk: Visitor, db: Any, change: dict[str, str], sentence: str) -> None:
    order = an_order([a_line(quantity=3, name="Cup")])
    cup = order.lines[0].id
    path = f"/panel/orders/{order.bc_order_id}/returns/new"
    clerk.get(path)
    typed = {"quantity": "2", "reason": "damaged", "comment": "By phone", **change}
    form = {"form_key": "a-form-key", **{f"{name}-{cup}": value for name, value in typed.items()}}
    answer = clerk.post(path, form)
    assert answer.status_code == 400
    assert sentence in words(answer)
    assert "By phone</textarea>" in answer.text
    assert 'name="form_key" value="a-form-key"' in answer.text
    if typed["reason"] == "damaged":
        assert '<option value="damaged" selected>' in answer.text
    assert how_many(db) == 0
