from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from app.bc_client import wire


def test_a_decimal_goes_out_digit_for_digit() -> None:
    sent = {"amount": Decimal("33.30"), "parts": [Decimal("0.10"), 3, None, True, "ä"], "huge": Decimal("1E+3")}
    assert wire.dumps(sent) == r'{"amount":33.30,"parts":[0.10,3,null,true,"\u00e4"],"huge":1000}'


@pytest.mark.parametrize("wrong", [0.1, {"amount": 0.1}, [Decimal("NaN")], Decimal("Infinity")])
def test_a_float_or_what_is_no_number_never_goes_out(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        wire.dumps(wrong)


def test_fractions_come_in_exact() -> None:
    assert wire.loads('{"a": 0.1, "b": 10000000000000000.01, "c": 2}') == {
        "a": Decimal("0.1"),
        "b": Decimal("10000000000000000.01"),
        "c": 2,
    }


@pytest.mark.parametrize("text", ["", "<html>", "NaN", '{"a": Infinity}', '{"a": 1', "[" * 50_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wire.loads(text)


def test_a_query_joins_lists_and_leaves_nothing_out_but_none() -> None:
    when = datetime(2026, 3, 9, 13, tzinfo=timezone(timedelta(hours=1)))
    query = {"id:in": [1, 2], "include": ["a", "b.c"], "since": when, "email": "a+b@x.example", "no": None, "on": False}
    assert wire.query_string(query) == (
        "?id:in=1,2&include=a,b.c&since=2026-03-09T12:00:00%2B00:00&email=a%2Bb%40x.example&on=false"
    )
    assert wire.query_string({}) == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 05 Mar 2019 21:40:11 +0000", datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)),
        ("Tue, 05 Mar 2019 21:40:11 -0000", datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)),
        ("2019-03-05T22:40:11+01:00", datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)),
        ("2019-03-05T21:40:11Z", datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)),
        (1551822011, datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)),
    ],
)
def test_every_way_to_write_a_moment_gives_the_same_utc(text: Any, moment: datetime) -> None:
    assert wire.moment(text) == moment
    assert wire.moment(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["yesterday", "2019-99-99", "", None, 10**20])
def test_what_is_no_moment_is_unreadable(text: Any) -> None:
    with pytest.raises(wire.Unreadable):
        wire.moment(text)


@pytest.mark.parametrize(
    ("value", "amount"),
    [("54.0000", "54.0000"), (54, "54"), (Decimal("0.1"), "0.1"), ("", "0"), (None, "0"), ("-3.5", "-3.5")],
)
def test_an_amount_is_exact_and_nothing_is_zero(value: Any, amount: str) -> None:
    assert wire.amount({"amount": value}, "amount") == Decimal(amount)


@pytest.mark.parametrize("value", [0.1, True, "free", "NaN", [], {}])
def test_what_is_no_amount_is_unreadable(value: Any) -> None:
    with pytest.raises(wire.Unreadable):
        wire.amount({"amount": value}, "amount")


def test_half_a_unit_is_unreadable() -> None:
    assert wire.integer({"quantity": Decimal("2.0")}, "quantity") == 2
    with pytest.raises(wire.Unreadable):
        wire.integer({"quantity": Decimal("2.5")}, "quantity")
