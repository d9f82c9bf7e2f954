"""What others hear of a change: letters to shopper and staff, and the store's own books. Jobs of the same commit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..extensions import db
from ..notices.write import write
from ..returns.models import Return, ReturnEvent
from ..stores.queries import get_store, settings_of
from ..write_back.want import want

NOTICE_OF = {
    "open": "requested",
    "authorize": "authorized",
    "reject": "rejected",
    "receive": "received",
    "settle": "refunded",
    "adopt": "refunded",
    "cancel": "cancelled",
    "expire": "cancelled",
}
"""Event -> the letter that tells the shopper."""


@contextmanager
def announcing(rma: Return, *, facts: dict[str, Any] | None = None) -> Iterator[None]:
    """Announce whatever is recorded on `rma` inside the block, once, at its end."""
    known = len(rma.events)
    yield
    announce(rma, events=rma.events[known:], facts=facts)


def announce(rma: Return, *, events: Sequence[ReturnEvent], facts: dict[str, Any] | None = None) -> None:
    """Write the letters of `events`, one per notice, and tell the write-back; nothing for notes alone.

    `facts`: what a letter has to say beyond its lines, e.g. {"money": {amount, currency}}.
    """
    if not any(event.axis or event.kind == "open" for event in events):
        return
    db.session.flush()
    for notice in dict.fromkeys(NOTICE_OF[event.kind] for event in events if event.kind in NOTICE_OF):
        told = [event for event in events if NOTICE_OF.get(event.kind) == notice]
        write(
            notice,
            cause=f"return:{rma.id}:{notice}:v{rma.version}",
            to_email=rma.order.shopper_email,
            return_id=rma.id,
            facts={**(facts or {}), "lines": _lines(rma, told)},
        )
    if any(event.kind == "open" for event in events):
        _tell_staff(rma)
    want(rma)


def _tell_staff(rma: Return) -> None:
    store = get_store()
    mail = settings_of(store).staff_mail or store.owner_email
    if mail:
        cause = f"return:{rma.id}:staff_new_request"
        write("staff_new_request", cause=cause, to_email=mail, return_id=rma.id, facts={"lines": _lines(rma, [])})


def _lines(rma: Return, events: Sequence[ReturnEvent]) -> list[dict[str, Any]]:
    """[{name, quantity, reason, why}] of the lines that `events` touched; of all when they touched the whole.

    The reason given for a rejection is for the shopper; any other is among staff.
    """
    touched = {event.line_id: event for event in events if event.line_id is not None}
    return [
        {
            "name": line.order_line.name,
            "quantity": (event.quantity if event is not None else None) or line.quantity,
            "reason": line.reason,
            "why": event.why if event is not None and event.kind == "reject" else "",
        }
        for line in rma.lines
        for event in [touched.get(line.id)]
        if event is not None or not touched
    ]
