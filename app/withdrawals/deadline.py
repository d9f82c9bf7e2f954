"""The period in which a consumer may withdraw: its last day, exact to the moment it ends. Pure.

Directive 2011/83/EU, Articles 9 and 10, counted by Regulation (EEC) 1182/71 (read 2026-11): the day of the event is not
counted, and a period that would end on a Saturday or Sunday ends with the next Monday. Public holidays differ from
country to country and are not known to us; whoever is late is looked at by a person, never refused here.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PERIOD_DAYS = 14
UNINFORMED_MONTHS = 12


class Basis(StrEnum):
    """What the period starts from: the best moment that is known."""

    DELIVERED = "delivered"
    LAST_SHIPMENT = "last_shipment"
    SHIPPED = "shipped"
    CONCLUDED = "concluded"
    """The order itself: nothing of it is sent in a parcel."""
    NOT_BEGUN = "not_begun"
    """Something is still to be delivered, and the last delivery starts the period."""


@dataclass(frozen=True)
class PeriodFacts:
    """What is known of an order. Moments are aware."""

    timezone: str
    """The store's (IANA name): days begin and end there."""
    ordered_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    last_shipment_at: datetime | None
    is_digital: bool
    """Nothing of it is sent in a parcel."""
    is_fully_shipped: bool


@dataclass(frozen=True)
class Period:
    """The period of one order. `last_day` None: it has not begun, so a statement is in time whenever it is made."""

    basis: Basis
    first_day: date | None
    last_day: date | None
    ends_at: datetime | None
    """The moment the last day ends, in UTC: a statement before it is in time."""
    grace_days: int
    """Counted in `last_day`, because the delivery itself is not known."""
    is_extended: bool
    """By twelve months, because the shopper was not informed of the right."""
    fallbacks: tuple[str, ...]
    """What had to be done without: no_delivery_date, no_shipment, unknown_timezone."""

    def allows(self, stated_at: datetime) -> bool:
        """Whether a statement made at that moment is in time."""
        return self.ends_at is None or stated_at < self.ends_at

    def to_json(self) -> dict[str, object]:
        """{basis, first_day, last_day, ends_at, grace_days, is_extended, fallbacks}; days and moments as ISO text."""
        return {
            "basis": str(self.basis),
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "grace_days": self.grace_days,
            "is_extended": self.is_extended,
            "fallbacks": list(self.fallbacks),
        }


def period_of(facts: PeriodFacts, *, informed: bool, grace_days: int) -> Period:
    """The withdrawal period of an order.

    `informed`: the shop tells its shoppers of the right before they buy; otherwise twelve months are added.
    `grace_days`: added while the delivery is not known, for the way from the warehouse.
    """
    zone, fallbacks = _zone(facts.timezone)
    basis, start, missing = _start(facts)
    if start is None:
        return Period(basis, None, None, None, 0, not informed, (*missing, *fallbacks))
    grace = grace_days if basis in (Basis.LAST_SHIPMENT, Basis.SHIPPED) else 0
    first = start.astimezone(zone).date()
    last = _to_working_day(first + timedelta(days=PERIOD_DAYS + grace))
    if not informed:
        last = _to_working_day(_plus_months(last, UNINFORMED_MONTHS))
    return Period(basis, first, last, _end_of(last, zone), grace, not informed, (*missing, *fallbacks))


def _start(facts: PeriodFacts) -> tuple[Basis, datetime | None, tuple[str, ...]]:
    if facts.is_digital:
        return Basis.CONCLUDED, facts.ordered_at, ()
    if not facts.is_fully_shipped:
        return Basis.NOT_BEGUN, None, ()
    if facts.delivered_at is not None:
        return Basis.DELIVERED, facts.delivered_at, ()
    if facts.last_shipment_at is not None:
        return Basis.LAST_SHIPMENT, facts.last_shipment_at, ("no_delivery_date",)
    if facts.shipped_at is not None:
        return Basis.SHIPPED, facts.shipped_at, ("no_delivery_date", "no_shipment")
    return Basis.NOT_BEGUN, None, ("no_delivery_date", "no_shipment")


def _zone(name: str) -> tuple[ZoneInfo, tuple[str, ...]]:
    try:
        return ZoneInfo(name), ()
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC"), ("unknown_timezone",)


def _to_working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= calendar.SATURDAY else day


def _plus_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Where the next day begins. Where clocks skip midnight that is the moment of the change."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
