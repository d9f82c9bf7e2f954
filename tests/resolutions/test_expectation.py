"""Any way of returning an order in parts gives back exactly what was paid."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.money import Money, total
from app.orders.models import Order, OrderLine
from app.resolutions.expectation import expected_for, needs_person


def a_line(paid: str, quantity: int, currency: str = "USD") -> OrderLine:
    return OrderLine(paid_inc_tax=Decimal(paid), quantity=quantity, order=Order(currency=currency))


@given(
    paid=st.decimals(min_value=0, max_value=100000, places=3),
    quantity=st.integers(1, 60),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    cuts=st.lists(st.integers(1, 10), max_size=60),
)
def test_any_sequence_of_partial_refunds_sums_to_what_was_paid(
    paid: Decimal, quantity: int, currency: str, cuts: list[int]
) -> None:
    line = a_line(str(paid), quantity, currency)
    already, parts = 0, []
    for cut in cuts:
        taken = min(cut, quantity - already)
        parts.append(expected_for(line, taken, already=already))
        already += taken
    parts.append(expected_for(line, quantity - already, already=already))
    assert total(parts, currency) == Money(paid, currency)


def test_the_odd_cent_goes_to_the_first_units() -> None:
    line = a_line("10.00", 3)
    assert [expected_for(line, 1, already=n).amount for n in range(3)] == [
        Decimal("3.34"), Decimal("3.33"), Decimal("3.33"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "difference", "lines", "person"),
    [
        ("equal", "0.00", 1, False),
        ("a cent a line", "0.02", 2, False),
        ("a cent a line, the other way", "-0.02", 2, False),
        ("more than that", "0.03", 2, True),
    ],
)
def test_only_more_than_rounding_needs_a_person(_case: str, difference: str, lines: int, person: bool) -> None:
    assert needs_person(Money(Decimal(difference), "USD"), lines) is person
