"""How money and moments are written on every page and in every letter."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency
from flask import Flask, g
from flask_babel import get_locale

from ..lib import clock
from ..lib.money import Money


def init_app(app: Flask) -> None:
    for name, function in {"money": money, "day": day, "moment": moment, "age": age, "ago": ago, "iso": iso}.items():
        app.jinja_env.filters[name] = function


def _locale() -> str:
    return str(get_locale() or "en")


def _zone(timezone: str | None) -> ZoneInfo:
    store: Any = getattr(g, "store", None)
    return ZoneInfo(timezone or (store.timezone if store else "UTC"))


def money(value: Money | Decimal, currency: str | None = None) -> str:
    """ "12.00 USD", in the reader's way of writing numbers. A bare amount needs its `currency`."""
    whole = value if isinstance(value, Money) else Money(value, currency or "")
    return format_currency(whole.amount, whole.currency, format="#,##0.00\xa0¤¤", locale=_locale())


def day(value: date | datetime, timezone: str | None = None) -> str:
    """ "May 3, 2026": a date, or the day a moment falls on in `timezone` (the store's by default)."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(timezone)).date()
    return format_date(value, "medium", locale=_locale())


def moment(value: datetime, timezone: str | None = None) -> str:
    """ "May 3, 2026, 2:05 PM" in `timezone` (the store's by default)."""
    return format_datetime(value.astimezone(_zone(timezone)), "MMM d, y, h:mm a", locale=_locale())


def age(value: datetime) -> str:
    """ "3 days": how long since `value`."""
    return format_timedelta(clock.now() - value, threshold=1.1, locale=_locale())


def ago(value: datetime) -> str:
    """ "3 days ago", or "just now"."""
    if clock.now() - value < timedelta(minutes=1):
        return "just now"
    return format_timedelta(value - clock.now(), threshold=1.1, add_direction=True, locale=_locale())


def iso(value: datetime) -> str:
    """For `<time datetime=…>`."""
    return value.isoformat(timespec="seconds")
