"""The only source of now."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _source()


def today(timezone: str) -> date:
    """The date it is now in `timezone` (IANA name)."""
    return now().astimezone(ZoneInfo(timezone)).date()


def use(source: Callable[[], datetime] | None) -> None:
    """Take now from `source`; None goes back to the system's clock. Only the sandbox and tests call this."""
    global _source
    _source = source or _system


def shifted_by_file(path: str | os.PathLike[str]) -> Callable[[], datetime]:
    """A source that adds the seconds written in the file at `path` (absent or empty: none) to the system's clock."""
    file = Path(path)

    def source() -> datetime:
        try:
            offset = float(file.read_text() or 0)
        except FileNotFoundError:
            offset = 0.0
        return _system() + timedelta(seconds=offset)

    return source
