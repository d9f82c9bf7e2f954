"""One source of now, and the sandbox may move it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.lib import clock


@pytest.fixture(autouse=True)
def _real_clock() -> Iterator[None]:
    yield
    clock.use(None)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_today_is_the_day_in_the_given_time_zone() -> None:
    clock.use(lambda: datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    assert clock.today("Europe/Warsaw") == date(2026, 3, 29)
    assert clock.today("America/New_York") == date(2026, 3, 28)


def test_the_clock_follows_the_offset_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    clock.use(clock.shifted_by_file(file))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    file.write_text("86400.5")
    assert timedelta(days=1) < clock.now() - datetime.now(UTC) < timedelta(days=1, seconds=5)
    file.write_text("")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
