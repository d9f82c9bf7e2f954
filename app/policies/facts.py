"""What a decision may look at: plain values, collected by whoever asks for it. None always means: not known.

A field that the policy does not name (`PolicyDocument.facts_named`) may stay unknown: it costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class LineFacts:
    """Some units of one order line that somebody wants to return."""

    order_line_id: int
    kind: str
    """physical, digital or giftcertificate."""
    bc_category_ids: frozenset[int] | None
    """The product's categories with their ancestors; None: the store did not tell."""
    value: Decimal
    """What was paid for the wanted units, in the order's currency; of a bundle's part, its share."""
    reason: str | None
    """The reason's code, "code.sub_code" with a closer one; None: not asked yet."""
    last_shipped_at: datetime | None
    """When the last parcel with units of this line left; None: no parcel known."""
    quantity: int = 1
    discount_percent: Decimal | None = None
    """What every discount together took off the line's price."""
    options: tuple[tuple[str, str], ...] = ()
    resolution: str | None = None
    """What the shopper wants; None: not asked yet."""
    bundle: str = "none"
    """none, whole (it has parts) or part."""
    bc_product_id: int = 0
    brand: str | None = None
    sku: str = ""
    custom_fields: tuple[tuple[str, str], ...] | None = None
    """(name, value) as the product had them; a field that is not among them is empty, not unknown."""


@dataclass(frozen=True)
class OrderFacts:
    """The order, and every line of the request."""

    timezone: str
    """The store's (IANA name): days begin and end there."""
    currency: str
    ordered_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    shipments_known: bool
    """False: the store was asked for the parcels and did not answer."""
    lines: tuple[LineFacts, ...]
    total: Decimal | None = None
    status_id: int | None = None
    channel_id: int = 1
    payment_method: str | None = None
    coupons: tuple[str, ...] | None = None
    is_guest: bool = False
    group_id: int | None = None
    """The customer's group; 0: in none."""
    returns_count: int | None = None
    """Returns filed by this shopper in the last 12 months, this one not counted."""
    return_rate: Decimal | None = None
    """Of the units bought in the last 12 months, percent returned."""
    lists: frozenset[str] = frozenset()
    """Of allow and block, those the shopper is on."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    region: str | None = None
    locale: str = "en"
    """What the shopper reads."""
