"""The return window: from which day to which, in the store's own days. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from .effects import Season, WindowEffect
from .facts import LineFacts, OrderFacts


class Basis(StrEnum):
    """The moment a window starts from."""

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
    """Already counted in `last_day`; 0 when the moment the policy counts from is known."""
    fallbacks: tuple[str, ...]
    """What had to be done without: no_delivery_date, no_shipment, not_all_shipped, shipments_unavailable,
    unknown_timezone."""
    days: int = 0
    """As the policy says, without grace and season."""
    is_extended: bool = False
    """The last day is that of a season."""

    @property
    def is_sure(self) -> bool:
        """Whether the store told all it knows: otherwise nobody is refused by this window."""
        return "shipments_unavailable" not in self.fallbacks

    def to_json(self) -> dict[str, object]:
        return {
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "basis": str(self.basis),
            "days": self.days,
            "grace_days": self.grace_days,
            "is_extended": self.is_extended,
            "fallbacks": list(self.fallbacks),
        }


def window_of(order: OrderFacts, line: LineFacts, effect: WindowEffect, seasons: tuple[Season, ...] = ()) -> Window:
    """The window of one line, counted from what `effect` says or from the best known moment before it.

    BigCommerce has no delivery date: where another moment stands in, the effect's grace days come on top. A season the
    order falls into moves the last day out, never in.
    """
    basis, moment, fallbacks = _START[effect.counted_from](order, line)
    _, known_zone = zone_of(order.timezone)
    grace = effect.grace_days if fallbacks else 0
    first = day_of(moment, order.timezone)
    window = Window(
        first_day=first,
        last_day=_plus(first, effect.days + grace),
        basis=basis,
        grace_days=grace,
        fallbacks=fallbacks if known_zone else (*fallbacks, "unknown_timezone"),
        days=effect.days,
    )
    until = season_end(day_of(order.ordered_at, order.timezone), seasons) if seasons else None
    if until is not None and until > window.last_day:
        return replace(window, last_day=until, is_extended=True)
    return window


def season_end(ordered_on: date, seasons: tuple[Season, ...]) -> date | None:
    """The latest day until which an order of `ordered_on` may come back by any of `seasons`."""
    ends = [season.until for season in seasons if season.ordered_from <= ordered_on <= season.ordered_to]
    return max(ends, default=None)


def ends_at(last_day: date, timezone: str) -> datetime:
    """The moment a shopper's last day is over: the store's next day has begun. Exact where clocks change."""
    zone, _ = zone_of(timezone)
    try:
        return datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _from_delivery(order: OrderFacts, line: LineFacts) -> tuple[Basis, datetime, tuple[str, ...]]:
    if order.delivered_at is not None:
        return Basis.DELIVERED, order.delivered_at, ()
    basis, moment, missing = _from_shipment(order, line)
    return basis, moment, ("no_delivery_date", *missing)


def _from_shipment(order: OrderFacts, line: LineFacts) -> tuple[Basis, datetime, tuple[str, ...]]:
    if line.last_shipped_at is not None:
        return Basis.LAST_SHIPMENT, line.last_shipped_at, ()
    missing = "no_shipment" if order.shipments_known else "shipments_unavailable"
    if order.shipped_at is not None:
        return Basis.SHIPPED, order.shipped_at, (missing,)
    return Basis.ORDERED, order.ordered_at, (missing, "not_all_shipped")


def _from_order(order: OrderFacts, line: LineFacts) -> tuple[Basis, datetime, tuple[str, ...]]:
    return Basis.ORDERED, order.ordered_at, ()


_START = {"delivery": _from_delivery, "shipment": _from_shipment, "order": _from_order}


@lru_cache(maxsize=256)
def zone_of(name: str) -> tuple[ZoneInfo, bool]:
    """The time zone, and whether there is one of that name (otherwise UTC stands in)."""
    try:
        return ZoneInfo(name), True
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC"), False


def day_of(moment: datetime, timezone: str) -> date:
    """The day it was in the store."""
    try:
        return moment.astimezone(zone_of(timezone)[0]).date()
    except OverflowError:
        return moment.date()


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
