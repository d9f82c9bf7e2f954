"""When the money is due, and what it may wait for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.withdrawals.reimbursement import Clock, clock_of

STATED = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
"""The third in Berlin."""


def clock(goods_at: datetime | None = None, proof_at: datetime | None = None, *, needs_goods: bool = True) -> Clock:
    return clock_of(STATED, "Europe/Berlin", goods_at=goods_at, proof_at=proof_at, needs_goods=needs_goods)


def test_the_money_is_due_fourteen_days_after_the_statement_and_waits_for_the_goods():
    found = clock()
    assert (found.reimburse_by, found.send_back_by) == (date(2026, 11, 17), date(2026, 11, 17))
    assert found.may_withhold
    assert not found.is_late(date(2027, 1, 1))


def test_nothing_is_waited_for_when_nothing_was_sent():
    found = clock(needs_goods=False)
    assert not found.may_withhold
    assert not found.is_late(date(2026, 11, 17))
    assert found.is_late(date(2026, 11, 18))


@pytest.mark.parametrize(
    ("came_after", "due_on"), [(3, date(2026, 11, 17)), (14, date(2026, 11, 17)), (30, date(2026, 12, 3))]
)
def test_goods_that_come_later_make_the_money_due_the_day_they_come(came_after, due_on):
    found = clock(STATED + timedelta(days=came_after))
    assert (found.may_withhold, found.due_on) == (False, due_on)


def test_the_proof_that_they_are_sent_is_as_good_as_the_goods():
    found = clock(STATED + timedelta(days=30), STATED + timedelta(days=2))
    assert found.arrived_on == date(2026, 11, 5)
    assert found.days_left(date(2026, 11, 18)) == -1
