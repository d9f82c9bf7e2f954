"""The return window: from which day to which, in the store's own days. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .facts import LineFacts, OrderFacts


class Basis(StrEnum):
    """The moment a window starts from: the best one that is known."""

    DELIVERED = "delivered"
    LAST_SHIPMENT = "last_shipment"
    SHIPPED = "shipped"
    ORDERED = "ordered"


@dataclass(frozen=True)
class Window:
    """Both days belong to the window; they are days of the store's time zone."""

    first_day: date
    last_day: date
    basis: Basis
    grace_days: int
    """Already counted in `last_day`; 0 when the delivery itself is known."""
    fallbacks: tuple[str, ...]
    """What had to be done without: no_delivery_date, no_shipment, not_all_shipped, shipments_unavailable,
    unknown_timezone."""

    @property
    def is_sure(self) -> bool:
        """Whether the store told all it knows: otherwise nobody is refused by this window."""
        return "shipments_unavailable" not in self.fallbacks

    def to_json(self) -> dict[str, object]:
        return {
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "basis": str(self.basis),
            "grace_days": self.grace_days,
            "fallbacks": list(self.fallbacks),
        }


def window_of(order: OrderFacts, line: LineFacts, *, window_days: int, grace_days: int) -> Window:
    """The window of one line, from the best known moment: delivered, last shipment, shipped, ordered.

    BigCommerce has no delivery date, so anything but a known delivery is given `grace_days` on top.
    """
    basis, moment, fallbacks = _start(order, line)
    zone, known_zone = _zone(order.timezone)
    grace = 0 if basis == Basis.DELIVERED else grace_days
    first = _day(moment, zone)
    return Window(
        first_day=first,
        last_day=_plus(first, window_days + grace),
        basis=basis,
        grace_days=grace,
        fallbacks=fallbacks if known_zone else (*fallbacks, "unknown_timezone"),
    )


def _start(order: OrderFacts, line: LineFacts) -> tuple[Basis, datetime, tuple[str, ...]]:
    if order.delivered_at is not None:
        return Basis.DELIVERED, order.delivered_at, ()
    missing: tuple[str, ...] = ("no_delivery_date",)
    if line.last_shipped_at is not None:
        return Basis.LAST_SHIPMENT, line.last_shipped_at, missing
    missing += ("no_shipment",) if order.shipments_known else ("shipments_unavailable",)
    if order.shipped_at is not None:
        return Basis.SHIPPED, order.shipped_at, missing
    return Basis.ORDERED, order.ordered_at, (*missing, "not_all_shipped")


def _zone(name: str) -> tuple[ZoneInfo, bool]:
    try:
        return ZoneInfo(name), True
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC"), False


def _day(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
