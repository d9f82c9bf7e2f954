"""How money and moments are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, g

from app.lib import clock
from app.lib.money import Money
from app.web import filters


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Money(Decimal("1234.5"), "USD"), "1,234.50 USD"),
        (Money(Decimal("0"), "EUR"), "0.00 EUR"),
        (Money(Decimal("-0.5"), "EUR"), "-0.50 EUR"),
        (Money(Decimal("1234"), "JPY"), "1,234 JPY"),
        (Money(Decimal("1.005"), "KWD"), "1.005 KWD"),
        # Half a cent goes up, as in every book; the formatter alone would round it to even.
        (Money(Decimal("0.125"), "USD"), "0.13 USD"),
    ],
)
def test_money_is_written_with_its_own_decimals(app: Flask, value: Money, written: str) -> None:
    with app.test_request_context("/"):
        assert filters.money(value).replace("\xa0", " ") == written


def test_a_day_is_the_stores_day(app: Flask) -> None:
    late = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
    with app.test_request_context("/"):
        assert filters.day(late) == "May 3, 2026"
        g.store = type("AStore", (), {"timezone": "Europe/Warsaw"})()
        assert filters.day(late) == "May 4, 2026"
        assert filters.moment(late).replace("\u202f", " ") == "May 4, 2026, 12:30 AM"
        assert filters.day(late, "America/New_York") == "May 3, 2026"
        assert filters.day(date(2026, 5, 3)) == "May 3, 2026"


@pytest.mark.parametrize(
    ("before", "written"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=30), "1 day ago"),
        (timedelta(days=40), "1 month ago"),
    ],
)
def test_how_long_ago_something_was(app: Flask, before: timedelta, written: str, request: Any) -> None:
    now = clock.now()
    clock.use(lambda: now)
    with app.test_request_context("/"):
        assert filters.ago(now - before) == written
