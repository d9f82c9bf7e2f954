"""What a seed hands to the store: plain dicts in the wire shape, nothing that knows Flask or a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Wire = dict[str, Any]

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Round to two places, half up, as shops do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def v2_money(amount: Decimal) -> str:
    """V2 spells money with four places: "54.0000"."""
    return f"{amount:.4f}"


@dataclass
class SeedData:
    """One store's worth of data.

    `orders` can be iterated again and again, but builds its dicts as it goes: a large file never lies in memory whole.
    Each order is the V2 order with these lists inside: `products`, `shipping_addresses`, `shipments`, `coupons`
    (V2 shapes), `refunds`, `transactions` (V3 shapes, money as strings). Fields with the defaults of `sandbox.defaults`
    may be missing. Dates are unix seconds (UTC), 0 for none.
    Keys that begin with an underscore are for the store's own arithmetic and never leave it.
    """

    source: str
    store_name: str
    currency: str
    timezone: str
    order_count: int
    orders: Iterable[Wire]
    products: list[Wire]
    categories: list[Wire]
    customers: list[Wire]
    customer_groups: list[Wire]
    channels: list[Wire]
    sites: list[Wire]
    currencies: list[Wire]
    locations: list[Wire]
    stock: list[Wire]
    notes: dict[str, int] = field(default_factory=dict)
