"""Quotes in the store's habits, against figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.quotes import Habit, Quote, Refused, quote_items

D = Decimal


def an_order(**facts: Any) -> dict[str, Any]:
    """Three units for 10.00 with tax, of which 1.00 is tax; one unit for 5.00; 4.00 shipping."""
    line = {"id": 1, "quantity": 3, "total_inc_tax": "10.0000", "total_tax": "1.0000"}
    other = {"id": 2, "quantity": 1, "total_inc_tax": "5.0000", "total_tax": "0.5000"}
    return {
        "products": [line, other],
        "shipping_addresses": [{"id": 7}],
        "shipping_cost_inc_tax": "4.0000",
        "shipping_cost_tax": "0.4000",
        "total_inc_tax": "19.0000",
        "total_tax": "1.9000",
        **facts,
    }


def units(quantity: int, line: int = 1, **more: Any) -> dict[str, Any]:
    return {"item_type": "PRODUCT", "item_id": line, "quantity": quantity, **more}


def past(total: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"total_amount": total, "items": list(items)}


def quoted(items: list[dict[str, Any]], habit: str = "per_line", tax: str = "inclusive", **facts: Any) -> Quote:
    done = facts.pop("past", [])
    return quote_items(an_order(**facts), items, done, Habit(tax == "inclusive", habit, "USD"))


@pytest.mark.parametrize(
    ("habit", "tax", "quantity", "total", "of_it_tax"),
    [
        # 10.00 * 2/3 = 6.667; 1.00 * 2/3 = 0.667
        ("per_line", "inclusive", 2, "6.67", "0.67"),
        # a unit is 3.33 and 0.33
        ("per_unit", "inclusive", 2, "6.66", "0.66"),
        # 6.667, rounded at the end
        ("per_order", "inclusive", 2, "6.67", "0.67"),
        # 9.00 * 2/3 = 6.00 and 0.667
        ("per_line", "exclusive", 2, "6.67", "0.67"),
        # a unit is 3.00 and 0.33
        ("per_unit", "exclusive", 2, "6.66", "0.66"),
        ("per_order", "exclusive", 2, "6.67", "0.67"),
        ("per_line", "inclusive", 1, "3.33", "0.33"),
        ("per_line", "inclusive", 3, "10.00", "1.00"),
        ("per_unit", "inclusive", 3, "9.99", "0.99"),
    ],
)
def test_units_of_a_line_come_to_their_share(habit: str, tax: str, quantity: int, total: str, of_it_tax: str) -> None:
    quote = quoted([units(quantity)], habit, tax)
    assert (quote.total, quote.tax) == (D(total), D(of_it_tax))


def test_an_exclusive_store_can_differ_by_a_cent() -> None:
    # 1 of 3 units for 9.98 with tax, 1.00 of it tax: 3.33 as one price, but 2.99 + 0.33 = 3.32 as two.
    line = {"id": 1, "quantity": 3, "total_inc_tax": "9.9800", "total_tax": "1.0000"}
    inclusive = quoted([units(1)], products=[line])
    exclusive = quoted([units(1)], tax="exclusive", products=[line])
    assert (inclusive.total, exclusive.total) == (D("3.33"), D("3.32"))


def test_per_order_rounds_the_sum_only_once() -> None:
    # 3.3333 + 3.3333 = 6.6667, where two roundings would give 6.66
    lines = [
        {"id": 1, "quantity": 3, "total_inc_tax": "10.0000", "total_tax": "0.0000"},
        {"id": 2, "quantity": 3, "total_inc_tax": "10.0000", "total_tax": "0.0000"},
    ]
    items = [units(1), units(1, line=2)]
    assert quoted(items, "per_order", products=lines).total == D("6.67")
    assert quoted(items, "per_line", products=lines).total == D("6.66")


def test_what_was_discounted_is_not_paid_back() -> None:
    line = {"id": 1, "quantity": 2, "total_inc_tax": "20.0000", "total_tax": "2.0000"}
    line["discounted_total_inc_tax"] = "15.0000"
    quote = quoted([units(1)], products=[line])
    assert (quote.total, quote.tax) == (D("7.50"), D("0.75"))


def test_the_last_refund_takes_the_cents_that_rounding_left() -> None:
    done = [
        past("3.33", units(1)),
        past("3.33", units(1)),
        past("5.00", units(1, line=2)),
        past("4.00", {"item_type": "SHIPPING", "item_id": 7, "requested_amount": 4}),
    ]
    quote = quoted([units(1)], past=done)
    assert (quote.total, quote.rounding) == (D("3.34"), D("0.01"))


def test_a_restocking_fee_is_a_negative_adjustment() -> None:
    assert quoted([units(3, adjustments=[{"amount": -2.5, "description": "restocking"}])]).total == D("7.50")
    with pytest.raises(Refused, match="larger"):
        quoted([units(1, adjustments=[{"amount": -4}])])
    with pytest.raises(Refused, match="negative"):
        quoted([units(1, adjustments=[{"amount": 1}])])


def test_more_units_than_are_left_are_refused() -> None:
    with pytest.raises(Refused, match="Only 1 of 3"):
        quoted([units(2)], past=[past("6.67", units(2))])


def test_more_than_the_order_has_left_is_cut_and_said() -> None:
    item = {"item_type": "ORDER", "item_id": 100, "amount": 25}
    quote = quoted([item])
    assert (quote.total, quote.adjustment, quote.order_level, quote.tax) == (D("19"), D("-6"), D("25"), D("0"))


def test_shipping_is_refunded_up_to_what_it_cost() -> None:
    item = {"item_type": "SHIPPING", "item_id": 7, "amount": 2}
    quote = quoted([item])
    assert (quote.total, quote.tax) == (D("2"), D("0.20"))
    with pytest.raises(Refused, match="left to refund"):
        quoted([{**item, "amount": 3}], past=[past("2.00", {**item, "requested_amount": 2})])


def test_yen_have_no_cents() -> None:
    line = {"id": 1, "quantity": 3, "total_inc_tax": "1000.0000", "total_tax": "0.0000"}
    order = an_order(products=[line], total_inc_tax="1000.0000")
    assert quote_items(order, [units(1)], [], Habit(True, "per_line", "JPY")).total == D("333")
