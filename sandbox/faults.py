"""Faults that somebody asked for through the control API: what goes wrong, where, how often."""

from __future__ import annotations

import re
import threading
from typing import Any

from sandbox.clock import Clock

API_FAULTS = frozenset(
    {
        "latency",
        "timeout",
        "error",
        "error_after",
        "drop",
        "drop_after",
        "rate_limited",
        "overloaded",
        "unauthorized",
        "forbidden",
        "invalid_json",
    }
)
HOOK_FAULTS = frozenset({"hook_duplicate", "hook_delay", "hook_reorder", "hook_lose"})
REFUND_FAULTS = frozenset(
    {
        "refund_decline",
        "refund_decline_later",
        "refund_late_execution",
        "refund_late_listing",
        "refund_no_reason_echo",
    }
)
SMTP_FAULTS = frozenset({"smtp_refuse", "smtp_silent"})
NAMES = API_FAULTS | HOOK_FAULTS | REFUND_FAULTS | SMTP_FAULTS


class Faults:
    """The list of active faults. Taking one counts it; a fault with `times` disappears when it is used up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._active: list[dict[str, Any]] = []
        self._last = 0

    def add(self, fault: dict[str, Any]) -> int:
        """Arm a fault: {fault, match{method, path, store, hook, to}, times, after, status, delay_s}.

        Raises ValueError for a name nobody knows or a pattern that is none.
        """
        if fault.get("fault") not in NAMES:
            raise ValueError(f"unknown fault {fault.get('fault')!r}; known: {', '.join(sorted(NAMES))}")
        match = dict(fault.get("match") or {})
        for key in ("path", "hook", "to"):
            re.compile(match.get(key) or "")
        with self._lock:
            self._last += 1
            armed = {"times": None, "after": 0, **fault, "match": match, "id": self._last, "used": 0}
            self._active.append(armed)
            return self._last

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(fault) for fault in self._active]

    def clear(self, fault_id: int | None = None) -> None:
        with self._lock:
            self._active = [f for f in self._active if fault_id is not None and f["id"] != fault_id]

    def take(self, *names: str, **facts: str) -> dict[str, Any] | None:
        """The first active fault with one of `names` that matches `facts` (method, path, store, hook, to), or None.

        `after` calls that match are let pass first.
        """
        with self._lock:
            for fault in self._active:
                if fault["fault"] not in names or not _matches(fault["match"], facts):
                    continue
                if fault["after"] > 0:
                    fault["after"] -= 1
                    continue
                fault["used"] += 1
                if fault["times"] is not None and fault["used"] >= fault["times"]:
                    self._active.remove(fault)
                return dict(fault)
        return None

    def take_smtp(self, to: str) -> dict[str, Any] | None:
        """The fault for a mail to this address: smtp_refuse (`status` 550 or 451) or smtp_silent (`delay_s`)."""
        return self.take("smtp_refuse", "smtp_silent", to=to)


def _matches(match: dict[str, Any], facts: dict[str, str]) -> bool:
    for key, wanted in match.items():
        value = facts.get(key)
        if value is None:
            return False
        if key in ("path", "hook", "to"):
            if not re.search(wanted, value):
                return False
        elif str(wanted).casefold() != value.casefold():
            return False
    return True
