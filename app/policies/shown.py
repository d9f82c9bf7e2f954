"""Values of facts as an explanation shows them. Pure."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from ..lib.money import exact
from .fact_names import Kind

MOST = 12
"""How many values of a long list are shown."""


def shown(value: Any, kind: Kind, currency: str) -> str:
    """One value, or several, in a few words: "150.00 EUR", "5, 8", "unknown", "none"."""
    if value is None:
        return "unknown"
    if isinstance(value, Collection) and not isinstance(value, str):
        texts = [shown(one, kind, currency) for one in sorted(value)[:MOST]]
        more = len(value) - MOST
        return (", ".join(texts) or "none") + (f" and {more} more" if more > 0 else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return _number(value, kind, currency)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) or "none"


def _number(value: Decimal, kind: Kind, currency: str) -> str:
    if kind is Kind.MONEY:
        # Rounded only where that hides nothing: a hair above the limit must not look equal to it.
        rounded = exact(value, currency)
        return f"{rounded if rounded == value else value.normalize():f} {currency}"
    text = f"{value.normalize():f}"
    return f"{text} %" if kind is Kind.PERCENT else text
