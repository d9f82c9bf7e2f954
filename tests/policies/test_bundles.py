from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.lib.money import Money, total
from app.policies.bundles import shares


def test_parts_share_the_price_by_what_they_cost_alone() -> None:
    given_out = shares(Money(Decimal("10.00"), "EUR"), [Decimal(30), Decimal(20), Decimal(10)])
    assert [share.amount for share in given_out] == [Decimal("5.00"), Decimal("3.33"), Decimal("1.67")]


def test_without_prices_the_parts_are_alike() -> None:
    given_out = shares(Money(Decimal("10.00"), "EUR"), [Decimal(0)] * 3)
    assert [share.amount for share in given_out] == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


@given(st.integers(-1000, 10**8), st.lists(st.integers(0, 10**7).map(Decimal), min_size=1, max_size=8))
def test_shares_sum_to_what_was_paid(cents: int, weights: list[Decimal]) -> None:
    money = Money(Decimal(cents) / 100, "EUR")
    assert total(shares(money, weights), "EUR") == money
