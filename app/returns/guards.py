"""What one axis asks of the others before it moves. Pure; the tables of `states` say the rest."""

from collections.abc import Callable

from .states import CUSTODY, DECISION, MONEY, Custody, Decision, LineState, MoneyState

_UNDECIDED = {Decision.REQUESTED, Decision.IN_REVIEW, Decision.NEEDS_DETAILS}
_AT_THE_SHOPPERS = {Custody.WITH_SHOPPER, Custody.AWAITING_PICKUP}
_NOTHING_PROMISED = {MoneyState.NONE, MoneyState.REFUSED}

Guard = Callable[[LineState], str | None]


def _authorized(line: LineState) -> str | None:
    return None if line.decision == Decision.AUTHORIZED else "not_authorized"


def _before_hand_over(line: LineState) -> str | None:
    return None if line.custody in _AT_THE_SHOPPERS else "handed_over"


def _nothing_promised(line: LineState) -> str | None:
    return None if line.money in _NOTHING_PROMISED else "money_promised"


def _not_given_up(line: LineState) -> str | None:
    return "not_returned" if line.custody == Custody.NOT_RETURNED else None


_GUARDS: dict[str, tuple[Guard, ...]] = {
    "cancel": (_before_hand_over, _nothing_promised),
    "expire": (_before_hand_over, _nothing_promised),
    "give_up": (_authorized, _nothing_promised),
    "promise": (_authorized, _not_given_up),
    "adopt": (_authorized,),
    **{event: (_authorized,) for event in CUSTODY.moves if event != "give_up"},
}


def reasons_against(event: str, line: LineState) -> list[str]:
    """Why `event` must not happen to `line` although its own axis would let it: codes, none if it may."""
    return [reason for guard in _GUARDS.get(event, ()) if (reason := guard(line)) is not None]


def allowed(line: LineState) -> list[str]:
    """Every event possible now, on all three axes: what buttons follow."""
    events = DECISION.allowed(line.decision) + CUSTODY.allowed(line.custody) + MONEY.allowed(line.money)
    return [event for event in events if not reasons_against(event, line)]


def is_live(line: LineState) -> bool:
    """Whether its units count against what can still be returned: they are on their way, or have had their end."""
    if line.decision not in _UNDECIDED | {Decision.AUTHORIZED}:
        return False
    return line.custody != Custody.NOT_RETURNED or line.money not in _NOTHING_PROMISED
