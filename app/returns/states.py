"""The three axes of a return's line, and the one word people see. Pure: the tables are the documentation."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from ..lib.statemachine import Machine


class Decision(StrEnum):
    """May it come back?"""

    REQUESTED = "requested"
    IN_REVIEW = "in_review"
    NEEDS_DETAILS = "needs_details"
    AUTHORIZED = "authorized"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Custody(StrEnum):
    """Where are the goods?"""

    WITH_SHOPPER = "with_shopper"
    AWAITING_PICKUP = "awaiting_pickup"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    LOST = "lost"
    NOT_RETURNED = "not_returned"
    KEPT = "kept"
    SENT_BACK = "sent_back"


class MoneyState(StrEnum):
    """What did we promise, and did it happen?"""

    NONE = "none"
    PROMISED = "promised"
    SENDING = "sending"
    SETTLED = "settled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Word(StrEnum):
    """BigCommerce's own seven words: what shopper and store see."""

    PENDING = "Pending"
    AUTHORIZED = "Return Authorized"
    RECEIVED = "Received"
    REPAIRED = "Item Repaired"
    REFUNDED = "Item Refunded"
    REJECTED = "Request Rejected"
    CANCELLED = "Cancelled"


_D, _C, _M = Decision, Custody, MoneyState

DECISION: Machine[Decision] = Machine(
    "decision",
    {
        "review": ({_D.REQUESTED, _D.NEEDS_DETAILS}, _D.IN_REVIEW),
        "ask": ({_D.REQUESTED, _D.IN_REVIEW}, _D.NEEDS_DETAILS),
        # rejected: an override, with its reason
        "authorize": ({_D.REQUESTED, _D.IN_REVIEW, _D.NEEDS_DETAILS, _D.REJECTED}, _D.AUTHORIZED),
        "reject": ({_D.REQUESTED, _D.IN_REVIEW, _D.NEEDS_DETAILS}, _D.REJECTED),
        # authorized: until hand-over
        "cancel": ({_D.REQUESTED, _D.IN_REVIEW, _D.NEEDS_DETAILS, _D.AUTHORIZED}, _D.CANCELLED),
        "expire": ({_D.NEEDS_DETAILS, _D.AUTHORIZED}, _D.EXPIRED),
    },
)

CUSTODY: Machine[Custody] = Machine(
    "custody",
    {
        "book_pickup": ({_C.WITH_SHOPPER}, _C.AWAITING_PICKUP),
        "cancel_pickup": ({_C.AWAITING_PICKUP}, _C.WITH_SHOPPER),
        "hand_over": ({_C.WITH_SHOPPER, _C.AWAITING_PICKUP}, _C.IN_TRANSIT),
        "receive": ({_C.WITH_SHOPPER, _C.AWAITING_PICKUP, _C.IN_TRANSIT, _C.LOST}, _C.RECEIVED),
        "inspect": ({_C.RECEIVED}, _C.INSPECTED),
        "lose": ({_C.IN_TRANSIT}, _C.LOST),
        "give_up": ({_C.WITH_SHOPPER, _C.AWAITING_PICKUP}, _C.NOT_RETURNED),
        "keep": ({_C.WITH_SHOPPER}, _C.KEPT),
        "send_back": ({_C.RECEIVED, _C.INSPECTED}, _C.SENT_BACK),
    },
)

MONEY: Machine[MoneyState] = Machine(
    "money",
    {
        "promise": ({_M.NONE, _M.REFUSED}, _M.PROMISED),
        "take_back": ({_M.PROMISED}, _M.NONE),
        "send": ({_M.PROMISED}, _M.SENDING),
        "settle": ({_M.SENDING, _M.UNKNOWN}, _M.SETTLED),
        "refuse": ({_M.SENDING, _M.UNKNOWN, _M.PROMISED}, _M.REFUSED),
        "lose_track": ({_M.SENDING}, _M.UNKNOWN),
        # the store said that nothing was done (rate limit): the promise stands
        "hold": ({_M.SENDING}, _M.PROMISED),
        # only after reading the store and finding nothing
        "promise_again": ({_M.UNKNOWN}, _M.PROMISED),
        # the store declined after it had said yes
        "decline": ({_M.SETTLED}, _M.REFUSED),
        # a refund made outside the app
        "adopt": ({_M.NONE, _M.PROMISED, _M.REFUSED}, _M.SETTLED),
    },
)

_UNDECIDED = {_D.REQUESTED, _D.IN_REVIEW, _D.NEEDS_DETAILS}
_HERE = {_C.RECEIVED, _C.INSPECTED}


def word(decision: Decision, custody: Custody, money: MoneyState, *, repaired: bool = False) -> Word:
    """The word for one line. `repaired`: it was repaired, or its replacement order exists."""
    if decision in _UNDECIDED:
        return Word.PENDING
    if decision == _D.REJECTED:
        return Word.REJECTED
    if decision in {_D.CANCELLED, _D.EXPIRED}:
        return Word.CANCELLED
    if repaired:
        return Word.REPAIRED
    if money == _M.SETTLED:
        return Word.REFUNDED
    if custody in _HERE:
        return Word.RECEIVED
    if custody == _C.NOT_RETURNED:
        return Word.CANCELLED
    return Word.AUTHORIZED


class LineState(NamedTuple):
    """One line as the header sees it."""

    decision: Decision
    custody: Custody
    money: MoneyState
    quantity: int
    repaired: bool = False


class Header(NamedTuple):
    """What the whole return is called, and how it got there in words ("2 refunded, 1 rejected")."""

    word: Word
    detail: str


_ORDER = (
    Word.PENDING,
    Word.AUTHORIZED,
    Word.RECEIVED,
    Word.REFUNDED,
    Word.REPAIRED,
    Word.REJECTED,
    Word.CANCELLED,
)
_SHORT = {
    Word.PENDING: "pending",
    Word.AUTHORIZED: "authorized",
    Word.RECEIVED: "received",
    Word.REFUNDED: "refunded",
    Word.REPAIRED: "repaired",
    Word.REJECTED: "rejected",
    Word.CANCELLED: "cancelled",
}


def header(lines: Iterable[LineState]) -> Header:
    """Fold the lines into the header: the first word of the order pending, authorized, received, then the ends."""
    counts: dict[Word, int] = {}
    for line in lines:
        name = word(line.decision, line.custody, line.money, repaired=line.repaired)
        counts[name] = counts.get(name, 0) + line.quantity
    present = [name for name in _ORDER if name in counts]
    first = present[0] if present else Word.CANCELLED
    return Header(first, ", ".join(f"{counts[name]} {_SHORT[name]}" for name in present))
