"""The simulator's time: the real one plus an offset kept in a small file that other processes may read."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Real time plus an offset in seconds. Without a file the offset lives in this process only."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = Path(path) if path else None
        self._offset_s = 0.0
        self._stamp: tuple[int, int] | None = None

    @property
    def offset_s(self) -> float:
        if self._path is None:
            return self._offset_s
        try:
            info = self._path.stat()
        except FileNotFoundError:
            self._offset_s, self._stamp = 0.0, None
            return 0.0
        stamp = (info.st_mtime_ns, info.st_ino)
        if stamp != self._stamp:
            self._offset_s = float(self._path.read_text() or 0)
            self._stamp = stamp
        return self._offset_s

    def set_offset(self, offset_s: float) -> float:
        """Write the offset in one step, so that a reader never sees half of it."""
        if self._path is None:
            self._offset_s = offset_s
            return offset_s
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        draft.write_text(repr(offset_s))
        os.replace(draft, self._path)
        return offset_s

    def advance(self, seconds: float) -> float:
        return self.set_offset(self.offset_s + seconds)

    def now(self) -> float:
        """Unix seconds in the simulator's time."""
        return time.time() + self.offset_s

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)
