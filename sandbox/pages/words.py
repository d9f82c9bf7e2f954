"""How the pages spell amounts and moments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(amount: Any, currency: str = "USD") -> str:
    """Spell "54.0000" in USD as "$54.00"; a currency without a sign keeps its code."""
    value = f"{Decimal(str(amount or 0)):,.2f}"
    sign = SIGNS.get(currency)
    return f"{sign}{value}" if sign else f"{value} {currency}"


def moment(unix: Any) -> str:
    """Unix seconds as "24 Nov 2026, 16:05 UTC"; nothing for 0."""
    return f"{datetime.fromtimestamp(float(unix), UTC):%-d %b %Y, %H:%M} UTC" if unix else ""


def day(unix: Any) -> str:
    return f"{datetime.fromtimestamp(float(unix), UTC):%-d %b %Y}" if unix else ""


def teach(app: Flask) -> None:
    """Give the filters to an app's templates."""
    app.jinja_env.filters.update(money=money, moment=moment, day=day)
