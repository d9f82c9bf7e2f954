"""A return in the shopper's words: where it stands, what happens next, and what has happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...lib.money import Money, total
from ...resolutions.models import Refund
from ...returns.models import Return, ReturnEvent, ReturnLine
from ...returns.states import Custody, Decision, MoneyState, Word, word

_UNDECIDED = {Decision.REQUESTED, Decision.IN_REVIEW, Decision.NEEDS_DETAILS}
_WITH_SHOPPER = {Custody.WITH_SHOPPER, Custody.AWAITING_PICKUP}
_HERE = {Custody.RECEIVED, Custody.INSPECTED}
_COMING = {MoneyState.PROMISED, MoneyState.SENDING, MoneyState.UNKNOWN, MoneyState.REFUSED}
_DONE = {Word.REFUNDED, Word.REPAIRED, Word.REJECTED, Word.CANCELLED}


@dataclass(frozen=True)
class Step:
    """One of the three things people ask about. `state`: done, now, ahead or stopped."""

    title: str
    text: str
    state: str


@dataclass(frozen=True)
class ShownLine:
    """One line of the return, with its word and, for what was refused, why."""

    line: ReturnLine
    word: Word
    why: str


@dataclass(frozen=True)
class Happening:
    """One entry of the history."""

    at: datetime
    text: str
    items: tuple[str, ...]
    why: str = ""


def lines(rma: Return) -> list[ShownLine]:
    why = {event.line_id: event.why for event in rma.events if event.kind == "reject"}
    return [
        ShownLine(line, found := _word(line), _why(line, why) if found == Word.REJECTED else "") for line in rma.lines
    ]


def _why(line: ReturnLine, why: dict[int | None, str]) -> str:
    return why.get(line.id) or str((line.explanation or {}).get("sentence", ""))


def _word(line: ReturnLine) -> Word:
    state = line.state
    return word(state.decision, state.custody, state.money)


def can_send(rma: Return) -> bool:
    """Whether something is authorized and still with the shopper."""
    return any(line.decision == Decision.AUTHORIZED and line.custody in _WITH_SHOPPER for line in _open(rma))


def _open(rma: Return) -> list[ReturnLine]:
    """The lines that are still going somewhere."""
    return [line for line in rma.lines if _word(line) not in _DONE]


def next_step(rma: Return) -> str:
    """What happens next, in a sentence or two."""
    waiting = _open(rma)
    if any(line.decision in _UNDECIDED for line in waiting):
        more = " What is approved already can be sent now." if can_send(rma) else " Please do not send anything yet."
        return "The store looks at your request and writes to you when it is decided." + more
    if can_send(rma):
        return "Send the items back as described below. When they have arrived, the store sends your money back."
    if any(line.custody == Custody.IN_TRANSIT for line in waiting):
        return "Your parcel is on its way. When it has arrived, the store sends your money back."
    if any(line.money in _COMING for line in waiting):
        return "Your money is being sent back. You get a mail when that is done."
    if waiting:
        return "Your parcel has arrived. The store looks at the items and then sends your money back."
    return _ending(rma)


def _ending(rma: Return) -> str:
    if rma.word == Word.REFUNDED:
        return "Everything is done. It can take your bank a few days to show the money."
    if rma.word == Word.REJECTED:
        return "The store does not take these items back. If you think this is a mistake, write to the store."
    if rma.word == Word.CANCELLED:
        return "Nothing more happens. Please do not send the items."
    return "Everything is done."


def steps(rma: Return, refunds: Sequence[Refund]) -> list[Step]:
    """Request, parcel, money."""
    return [_request_step(rma), _parcel_step(rma), _money_step(rma, refunds)]


def _request_step(rma: Return) -> Step:
    decisions = {line.decision for line in rma.lines}
    if decisions & _UNDECIDED:
        return Step("Request", "The store looks at it", "now")
    if Decision.AUTHORIZED in decisions:
        part = Decision.REJECTED in decisions
        return Step("Request", "Approved in part" if part else "Approved", "done")
    if Decision.REJECTED in decisions:
        return Step("Request", "Not accepted", "stopped")
    return Step("Request", "Cancelled", "stopped")


def _parcel_step(rma: Return) -> Step:
    going = [line for line in rma.lines if line.decision == Decision.AUTHORIZED]
    where = {line.custody for line in going}
    if not going:
        decided = not any(line.decision in _UNDECIDED for line in rma.lines)
        return Step("Parcel", "Nothing to send", "stopped") if decided else Step("Parcel", "Not yet", "ahead")
    if can_send(rma):
        return Step("Parcel", "Partly arrived" if where & _HERE else "Waits for you to send it", "now")
    if Custody.IN_TRANSIT in where:
        return Step("Parcel", "On its way to the store", "now")
    if where <= {Custody.KEPT}:
        return Step("Parcel", "You keep the items", "done")
    if where & _HERE:
        return Step("Parcel", "Arrived at the store", "done")
    return Step("Parcel", "Did not arrive" if where & {Custody.LOST, Custody.NOT_RETURNED} else "Done", "stopped")


def _money_step(rma: Return, refunds: Sequence[Refund]) -> Step:
    paid = _paid(refunds)
    coming = any(line.money in _COMING for line in rma.lines)
    if paid is not None:
        return Step("Money", f"{paid} sent back", "now" if coming else "done")
    if any(line.money == MoneyState.SETTLED for line in rma.lines):
        return Step("Money", "Sent back", "done")
    if coming:
        return Step("Money", "Being sent back", "now")
    if not _open(rma):
        return Step("Money", "Nothing to send back", "stopped")
    return Step("Money", "Sent back after the parcel has arrived", "ahead")


def _paid(refunds: Sequence[Refund]) -> Money | None:
    settled = [refund.money for refund in refunds if refund.state == MoneyState.SETTLED]
    return total(settled, settled[0].currency) if settled else None


_HAPPENED = {
    "open": "You asked for this return",
    "review": "The store looks at your request for",
    "authorize": "Approved",
    "reject": "Not accepted",
    "cancel": "Cancelled",
    "expire": "Ended, because it was not sent in time",
    "hand_over": "Handed over to the carrier",
    "receive": "Arrived at the store",
    "lose": "Lost on the way",
    "send_back": "On its way back to you",
    "keep": "You keep it",
    "settle": "Money sent back for",
    "adopt": "Money sent back for",
    "promise": "The store is sending your money back for",
}
"""What a shopper is told of. Notes, splits and the machinery of a refund are not among it."""

_OPENED = {"merchant": "The store filed this return for you", "withdrawal": "You withdrew from the contract"}


def history(rma: Return) -> list[Happening]:
    """What happened, newest first; what happened to several items at once is one entry."""
    groups: dict[tuple[str, str, datetime], list[ReturnEvent]] = {}
    for event in rma.events:
        if event.kind in _HAPPENED:
            why = event.why if event.kind == "reject" else ""
            groups.setdefault((event.kind, why, event.at.replace(microsecond=0)), []).append(event)
    told = [_happening(rma, kind, why, events) for (kind, why, _), events in groups.items()]
    return list(reversed(told))


def _happening(rma: Return, kind: str, why: str, events: Sequence[ReturnEvent]) -> Happening:
    by_id = {line.id: line for line in rma.lines}
    items = [
        f"{event.quantity or by_id[event.line_id].quantity} × {by_id[event.line_id].order_line.name}"
        for event in events
        if event.line_id in by_id
    ]
    text = _OPENED.get(rma.origin, _HAPPENED[kind]) if kind == "open" else _HAPPENED[kind]
    return Happening(events[0].at, text, tuple(items), why)
