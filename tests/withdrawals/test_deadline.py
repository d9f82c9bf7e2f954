"""The period, its last day, and the moment that day ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.withdrawals.deadline import Basis, Period, PeriodFacts, period_of


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def facts(**changes: object) -> PeriodFacts:
    values: dict[str, object] = {
        "timezone": "Europe/Berlin",
        "ordered_at": utc(2026, 7, 1, 10),
        "shipped_at": utc(2026, 7, 2, 10),
        "delivered_at": utc(2026, 7, 6, 10),
        "last_shipment_at": utc(2026, 7, 3, 10),
        "is_digital": False,
        "is_fully_shipped": True,
    }
    return PeriodFacts(**{**values, **changes})  # type: ignore[arg-type]


def period(informed: bool = True, grace_days: int = 3, **changes: object) -> Period:
    return period_of(facts(**changes), informed=informed, grace_days=grace_days)


BASIS_CASES = [
    # what is known, what the period starts from, its last day, what was missing
    ({}, Basis.DELIVERED, date(2026, 7, 20), ()),
    ({"delivered_at": None}, Basis.LAST_SHIPMENT, date(2026, 7, 20), ("no_delivery_date",)),
    (
        {"delivered_at": None, "last_shipment_at": None}, Basis.SHIPPED, date(2026, 7, 20),
        ("no_delivery_date", "no_shipment"),
    ),
    ({"is_digital": True, "delivered_at": None}, Basis.CONCLUDED, date(2026, 7, 15), ()),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "basis", "last_day", "fallbacks"), BASIS_CASES)
def test_the_period_starts_from_the_best_known_moment(changes, basis, last_day, fallbacks):
    found = period(**changes)
    assert (found.basis, found.last_day, found.fallbacks) == (basis, last_day, fallbacks)


def test_the_day_of_the_delivery_is_not_counted_and_fourteen_follow():
    found = period(delivered_at=utc(2026, 7, 1, 8))
    assert (found.first_day, found.last_day) == (date(2026, 7, 1), date(2026, 7, 15))
    assert found.grace_days == 0


def test_the_way_from_the_warehouse_is_given_on_top_while_the_delivery_is_not_known():
    found = period(delivered_at=None, last_shipment_at=utc(2026, 7, 1, 8), grace_days=5)
    assert (found.last_day, found.grace_days) == (date(2026, 7, 20), 5)


@pytest.mark.parametrize(
    ("delivered", "last_day"),
    [
        (utc(2026, 7, 4, 10), date(2026, 7, 20)),  # would end on Saturday the 18th
        (utc(2026, 7, 5, 10), date(2026, 7, 20)),  # on Sunday the 19th
        (utc(2026, 7, 6, 10), date(2026, 7, 20)),  # on Monday itself
        (utc(2026, 7, 3, 10), date(2026, 7, 17)),  # on Friday
    ],
)
def test_a_period_that_would_end_at_the_weekend_ends_on_monday(delivered, last_day):
    assert period(delivered_at=delivered).last_day == last_day


def test_it_has_not_begun_while_something_is_still_to_be_sent():
    found = period(is_fully_shipped=False)
    assert (found.basis, found.last_day, found.ends_at) == (Basis.NOT_BEGUN, None, None)
    assert found.allows(utc(2036, 1, 1))


def test_twelve_months_more_for_who_was_not_informed():
    found = period(informed=False, delivered_at=utc(2026, 7, 1, 8))
    assert (found.last_day, found.is_extended) == (date(2027, 7, 15), True)


def test_twelve_months_from_a_leap_day_end_with_february():
    found = period(informed=False, delivered_at=utc(2028, 2, 15, 8))
    assert period(delivered_at=utc(2028, 2, 15, 8)).last_day == date(2028, 2, 29)
    assert found.last_day == date(2029, 2, 28)


END_CASES = [
    # zone, delivered, last day, the moment it ends
    ("Europe/Berlin", utc(2026, 10, 9, 8), date(2026, 10, 23), utc(2026, 10, 23, 22)),  # still summer time
    ("Europe/Berlin", utc(2026, 10, 12, 8), date(2026, 10, 26), utc(2026, 10, 26, 23)),  # winter time since the 25th
    ("Europe/Berlin", utc(2026, 3, 16, 8), date(2026, 3, 30), utc(2026, 3, 30, 22)),  # summer time since the 29th
    ("America/New_York", utc(2026, 7, 1, 3), date(2026, 7, 14), utc(2026, 7, 15, 4)),  # June 30 in New York
    ("Africa/Cairo", utc(2026, 4, 9, 8), date(2026, 4, 23), utc(2026, 4, 23, 22)),  # no midnight on the 24th
    ("Pacific/Auckland", utc(2026, 9, 11, 20), date(2026, 9, 28), utc(2026, 9, 28, 11)),
]


@pytest.mark.parametrize(("zone", "delivered", "last_day", "ends_at"), END_CASES)
def test_the_last_day_ends_exactly_with_the_stores_own_midnight(zone, delivered, last_day, ends_at):
    found = period(timezone=zone, delivered_at=delivered)
    assert (found.last_day, found.ends_at) == (last_day, ends_at)
    assert found.allows(ends_at - timedelta(microseconds=1))
    assert not found.allows(ends_at)


def test_a_zone_nobody_knows_is_read_as_utc_and_said():
    found = period(timezone="Mars/Olympus", delivered_at=utc(2026, 7, 1, 23))
    assert (found.ends_at, found.fallbacks) == (utc(2026, 7, 16), ("unknown_timezone",))


moments = st.datetimes(datetime(2015, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "America/Santiago", "Pacific/Apia", "Asia/Beirut"])


@given(delivered=moments, zone=zones, informed=st.booleans(), grace=st.integers(0, 60))
def test_whatever_is_known_the_shopper_has_at_least_fourteen_whole_days(delivered, zone, informed, grace):
    found = period(informed=informed, grace_days=grace, delivered_at=delivered, timezone=zone)
    assert found.last_day is not None
    assert found.ends_at is not None
    assert found.first_day is not None
    assert found.last_day - found.first_day >= timedelta(days=14)
    assert found.last_day.weekday() < 5
    assert found.allows(delivered + timedelta(days=13, hours=22))
    assert not informed or found.last_day - found.first_day <= timedelta(days=16)
