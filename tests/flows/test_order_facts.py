"""What units are worth to the policy."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.flows.order_facts import value_of
from app.orders.models import Order, OrderLine


def a_paid_line(paid: Decimal, quantity: int, currency: str = "USD") -> OrderLine:
    return OrderLine(paid_inc_tax=paid, quantity=quantity, order=Order(currency=currency))


def test_units_are_worth_what_was_paid_for_them_dearer_cents_first() -> None:
    line = a_paid_line(Decimal("10.00"), 3)
    assert [value_of(line, units) for units in (0, 1, 2, 3)] == [
        Decimal("0.00"), Decimal("3.34"), Decimal("6.67"), Decimal("10.00"),
    ]  # fmt: skip


def test_a_line_that_was_emptied_is_worth_nothing() -> None:
    assert value_of(a_paid_line(Decimal("10.00"), 0), 1) == 0


@given(st.decimals(0, 10**6, places=2), st.integers(1, 50), st.data())
def test_parts_of_a_line_never_sum_to_more_than_was_paid(paid: Decimal, quantity: int, data: st.DataObject) -> None:
    line = a_paid_line(paid, quantity)
    units = data.draw(st.integers(0, quantity))
    assert value_of(line, quantity) == paid
    assert 0 <= value_of(line, units) <= paid
