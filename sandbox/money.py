"""Amounts as the V2 API writes them ("54.0000") and as the V3 API does (numbers), exact in between."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal(0)
_MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def dec(value: Any) -> Decimal:
    """The exact amount of a wire value; an empty one is zero."""
    return Decimal(str(value)) if value not in (None, "") else ZERO


def text(value: Any) -> str:
    """An amount as V2 writes it: four decimals."""
    return f"{dec(value):.4f}"


def rounded(value: Decimal, currency: str) -> Decimal:
    """Half up to the currency's minor unit."""
    return value.quantize(Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2)), rounding=ROUND_HALF_UP)


def number(value: Decimal) -> float | int:
    """An amount as V3 writes it: a JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)
