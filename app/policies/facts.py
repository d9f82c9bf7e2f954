"""What a decision may look at: plain values, collected by whoever asks for it."""

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
    """What was paid for the wanted units, in the order's currency."""
    reason: str | None
    """The reason's code; None: not asked yet."""
    last_shipped_at: datetime | None
    """When the last parcel with units of this line left; None: no parcel known."""


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
