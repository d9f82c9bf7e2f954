"""The two clocks of a withdrawal: when the money is due, and whether it may still be kept back. Pure.

Directive 2011/83/EU, Articles 13 and 14 (read 2026-11): the money within 14 days of hearing of the withdrawal, but
it may be withheld until the goods are back or the shopper has shown that they are sent, whichever is first; they send
the goods within 14 days of the statement.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 14


@dataclass(frozen=True)
class Clock:
    """Both dates, as days of the store's time zone."""

    reimburse_by: date
    """14 days after the statement."""
    send_back_by: date
    """Until when the shopper hands the goods over."""
    arrived_on: date | None
    """The day the goods, or the proof that they are sent, came; None: neither yet."""
    needs_goods: bool
    """False: nothing was sent out, so there is nothing to wait for."""

    @property
    def may_withhold(self) -> bool:
        return self.needs_goods and self.arrived_on is None

    @property
    def due_on(self) -> date:
        """When the money is due as things stand: goods that come later than the 14 days make it due that day."""
        return max(self.reimburse_by, self.arrived_on) if self.arrived_on and self.needs_goods else self.reimburse_by

    def is_late(self, today: date) -> bool:
        return not self.may_withhold and today > self.due_on

    def days_left(self, today: date) -> int:
        """Until the money is due; negative: so many days late."""
        return (self.due_on - today).days


def clock_of(
    stated_at: datetime,
    timezone: str,
    *,
    goods_at: datetime | None,
    proof_at: datetime | None,
    needs_goods: bool,
) -> Clock:
    """The clock of a statement. `goods_at`: when everything was back; `proof_at`: when its sending was shown."""
    zone = _zone(timezone)
    day = stated_at.astimezone(zone).date() + timedelta(days=DAYS)
    came = min((moment for moment in (goods_at, proof_at) if moment is not None), default=None)
    return Clock(day, day, came.astimezone(zone).date() if came else None, needs_goods)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
