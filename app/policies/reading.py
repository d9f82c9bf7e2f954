"""From facts to the value a condition compares. Pure; None: not known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .facts import LineFacts, OrderFacts
from .window import day_of

EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""The member states (ISO 3166-1)."""


@dataclass(slots=True)
class Case:
    """One line as it is decided."""

    order: OrderFacts
    line: LineFacts
    today: date
    asked: Decimal = Decimal(0)
    """What was paid for everything in the request that no rule refuses."""


Reader = Callable[[Case], Any]


def plain_text(text: str) -> str:
    """Text as it is compared."""
    return text.strip().casefold()


def reader_of(fact: str, field: str) -> Reader | None:
    """How to read `fact` (with `field`, where it needs one); None: there is no such fact (any more)."""
    if fact == "line.option":
        return _named(field, lambda case: case.line.options)
    if fact == "product.custom_field":
        return _named(field, lambda case: case.line.custom_fields)
    return _READERS.get(fact)


def _named(field: str, pairs_of: Callable[[Case], tuple[tuple[str, str], ...] | None]) -> Reader:
    wanted = plain_text(field)

    def read(case: Case) -> str | None:
        pairs = pairs_of(case)
        if pairs is None:
            return None
        return next((plain_text(value) for name, value in pairs if plain_text(name) == wanted), "")

    return read


def _text(value: str | None) -> str | None:
    return None if value is None else value.strip().casefold()


def _unit_paid(case: Case) -> Decimal:
    return case.line.value / case.line.quantity if case.line.quantity > 1 else case.line.value


def _coupons(case: Case) -> frozenset[str] | None:
    coupons = case.order.coupons
    return None if coupons is None else frozenset(map(plain_text, coupons))


def _reason(case: Case) -> str | None:
    reason = case.line.reason
    return None if reason is None else reason.partition(".")[0]


def _sub_reason(case: Case) -> str | None:
    reason = case.line.reason
    return None if reason is None else reason.partition(".")[2]


def _in_eu(case: Case) -> bool | None:
    country = case.order.country
    return None if country is None else country in EU


_READERS: dict[str, Reader] = {
    "line.paid": lambda case: case.line.value,
    "line.unit_paid": _unit_paid,
    "line.discount_percent": lambda case: case.line.discount_percent,
    "line.quantity": lambda case: case.line.quantity,
    "line.kind": lambda case: case.line.kind,
    "line.reason": _reason,
    "line.sub_reason": _sub_reason,
    "line.resolution": lambda case: case.line.resolution,
    "line.bundle": lambda case: case.line.bundle,
    "product.id": lambda case: case.line.bc_product_id,
    "product.category": lambda case: case.line.bc_category_ids,
    "product.brand": lambda case: _text(case.line.brand),
    "product.sku": lambda case: _text(case.line.sku),
    "order.date": lambda case: day_of(case.order.ordered_at, case.order.timezone),
    "order.total": lambda case: case.order.total,
    "order.currency": lambda case: case.order.currency,
    "order.status": lambda case: case.order.status_id,
    "order.channel": lambda case: case.order.channel_id,
    "order.payment_method": lambda case: _text(case.order.payment_method),
    "order.coupon": _coupons,
    "shopper.is_guest": lambda case: case.order.is_guest,
    "shopper.group": lambda case: case.order.group_id,
    "shopper.returns_count": lambda case: case.order.returns_count,
    "shopper.return_rate": lambda case: case.order.return_rate,
    "shopper.list": lambda case: case.order.lists,
    "destination.country": lambda case: case.order.country,
    "destination.region": lambda case: _text(case.order.region),
    "destination.in_eu": _in_eu,
    "request.date": lambda case: case.today,
    "request.paid": lambda case: case.asked,
}
READABLE = frozenset(_READERS) | {"line.option", "product.custom_field"}
