"""Money is exact, and what is spread sums to what was there."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.money import Money, exact, minor_units, spread, total


@pytest.mark.parametrize(
    ("_case", "amount", "currency", "expected"),
    [
        ("two decimals, half up", "1.005", "USD", "1.01"),
        ("away from zero below it", "-1.005", "USD", "-1.01"),
        ("none in yen", "99.5", "JPY", "100"),
        ("three in dinar", "1.0005", "KWD", "1.001"),
        ("two where the standard says nothing", "1", "XXX", "1.00"),
    ],
)
def test_amounts_are_rounded_half_up_to_the_minor_unit(_case: str, amount: str, currency: str, expected: str) -> None:
    assert exact(amount, currency) == Decimal(expected)
    assert str(Money(Decimal(amount), currency)) == f"{expected} {currency}"


def test_money_never_starts_as_a_float() -> None:
    with pytest.raises(TypeError):
        Money(1.1, "USD")  # type: ignore[arg-type]


def test_currencies_do_not_mix() -> None:
    dollar, euro = Money(Decimal(1), "USD"), Money(Decimal(1), "EUR")
    for mixed in (lambda: dollar + euro, lambda: dollar - euro, lambda: dollar < euro):
        with pytest.raises(ValueError, match="do not mix"):
            mixed()
    assert dollar != euro


def test_arithmetic_is_exact() -> None:
    dime = Money(Decimal("0.10"), "USD")
    assert total([dime] * 3, "USD") == Money(Decimal("0.30"), "USD")
    assert (-dime + dime, abs(-dime), bool(dime - dime)) == (Money.zero("USD"), dime, False)
    assert total([], "JPY") == Money.zero("JPY")


@pytest.mark.parametrize(
    ("_case", "amount", "currency", "parts", "expected"),
    [
        ("it divides", "9.00", "USD", 3, ["3.00", "3.00", "3.00"]),
        ("dearer units first", "10.00", "USD", 3, ["3.34", "3.33", "3.33"]),
        ("yen", "100", "JPY", 3, ["34", "33", "33"]),
        ("a debt", "-0.05", "USD", 2, ["-0.03", "-0.02"]),
        ("less than a cent each", "0.01", "USD", 2, ["0.01", "0.00"]),
    ],
)
def test_spread_gives_the_rest_to_the_first(
    _case: str, amount: str, currency: str, parts: int, expected: list[str]
) -> None:
    assert [part.amount for part in spread(Money(Decimal(amount), currency), parts)] == [Decimal(e) for e in expected]


def test_spread_over_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        spread(Money.zero("USD"), 0)


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(["USD", "JPY", "KWD"]), st.integers(1, 200))
def test_what_is_spread_sums_to_the_whole_and_differs_by_one_minor_unit(
    amount: Decimal, currency: str, parts: int
) -> None:
    whole = Money(amount, currency)
    pieces = spread(whole, parts)
    assert len(pieces) == parts
    assert total(pieces, currency) == whole
    amounts = [piece.amount for piece in pieces]
    assert max(amounts) - min(amounts) <= Decimal(1).scaleb(-minor_units(currency))
