"""The three axes as tables, and what they promise together."""

from itertools import product

import pytest

from app.lib.errors import Conflict
from app.returns.guards import allowed, is_live, reasons_against
from app.returns.states import CUSTODY, DECISION, MONEY, Custody, Decision, LineState, MoneyState, Word, header, word

START = LineState(Decision.REQUESTED, Custody.WITH_SHOPPER, MoneyState.NONE, 1)
ENDS = {Word.REFUNDED, Word.REPAIRED, Word.REJECTED, Word.CANCELLED}


def moves(state: LineState) -> list[LineState]:
    reached = []
    for event in allowed(state):
        for machine in (DECISION, CUSTODY, MONEY):
            if event in machine.moves and getattr(state, machine.axis) in machine.moves[event][0]:
                reached.append(state._replace(**{machine.axis: machine.moves[event][1]}))
    return reached


def reachable(start: LineState) -> set[LineState]:
    seen, waiting = {start}, [start]
    while waiting:
        for state in moves(waiting.pop()):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return seen


def word_of(state: LineState) -> Word:
    return word(state.decision, state.custody, state.money)


def test_from_every_reachable_state_an_end_is_reachable() -> None:
    everything = reachable(START)
    assert len(everything) > 30
    stuck = [state for state in everything if not any(word_of(later) in ENDS for later in reachable(state))]
    assert stuck == []


def test_no_event_belongs_to_two_axes() -> None:
    names = [*DECISION.moves, *CUSTODY.moves, *MONEY.moves]
    assert len(names) == len(set(names))


def test_goods_and_money_move_only_on_what_is_authorized() -> None:
    for state in reachable(START):
        if state.decision != Decision.AUTHORIZED:
            assert (state.custody, state.money) == (Custody.WITH_SHOPPER, MoneyState.NONE) or (
                state.decision in {Decision.CANCELLED, Decision.EXPIRED}
            )
            assert not set(allowed(state)) & ({*CUSTODY.moves, *MONEY.moves} - {"cancel_pickup"})


def test_nothing_that_is_promised_or_paid_can_be_called_off() -> None:
    for state in reachable(START):
        if state.decision in {Decision.CANCELLED, Decision.EXPIRED}:
            assert state.money in {MoneyState.NONE, MoneyState.REFUSED}
            assert not is_live(state)


@pytest.mark.parametrize(
    ("decision", "custody", "money", "repaired", "expected"),
    [
        (Decision.REQUESTED, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.PENDING),
        (Decision.IN_REVIEW, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.PENDING),
        (Decision.NEEDS_DETAILS, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.PENDING),
        (Decision.REJECTED, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.REJECTED),
        (Decision.CANCELLED, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.CANCELLED),
        (Decision.EXPIRED, Custody.WITH_SHOPPER, MoneyState.NONE, False, Word.CANCELLED),
        (Decision.AUTHORIZED, Custody.NOT_RETURNED, MoneyState.NONE, False, Word.CANCELLED),
        *[
            (Decision.AUTHORIZED, custody, money, False, Word.AUTHORIZED)
            for custody, money in product(
                (Custody.WITH_SHOPPER, Custody.AWAITING_PICKUP, Custody.IN_TRANSIT, Custody.LOST),
                (state for state in MoneyState if state != MoneyState.SETTLED),
            )
        ],
        *[
            (Decision.AUTHORIZED, custody, money, False, Word.RECEIVED)
            for custody, money in product(
                (Custody.RECEIVED, Custody.INSPECTED), (state for state in MoneyState if state != MoneyState.SETTLED)
            )
        ],
        *[(Decision.AUTHORIZED, custody, MoneyState.SETTLED, False, Word.REFUNDED) for custody in Custody],
        (Decision.AUTHORIZED, Custody.SENT_BACK, MoneyState.NONE, True, Word.REPAIRED),
    ],
)
def test_every_line_has_the_stores_own_word(
    decision: Decision, custody: Custody, money: MoneyState, repaired: bool, expected: Word
) -> None:
    assert word(decision, custody, money, repaired=repaired) == expected


def a(quantity: int, decision: Decision, custody=Custody.WITH_SHOPPER, money=MoneyState.NONE) -> LineState:
    return LineState(decision, custody, money, quantity)


@pytest.mark.parametrize(
    ("_case", "lines", "expected"),
    [
        ("one line waits", [a(2, Decision.REQUESTED)], ("Pending", "2 pending")),
        ("any pending keeps it pending", [a(1, Decision.AUTHORIZED), a(1, Decision.IN_REVIEW)],
         ("Pending", "1 pending, 1 authorized")),
        ("then authorized", [a(2, Decision.AUTHORIZED), a(1, Decision.AUTHORIZED, Custody.RECEIVED)],
         ("Return Authorized", "2 authorized, 1 received")),
        ("then received", [a(1, Decision.AUTHORIZED, Custody.RECEIVED), a(1, Decision.REJECTED)],
         ("Received", "1 received, 1 rejected")),
        ("all ended: refunded wins",
         [a(1, Decision.REJECTED), a(2, Decision.AUTHORIZED, Custody.RECEIVED, MoneyState.SETTLED)],
         ("Item Refunded", "2 refunded, 1 rejected")),
        ("rejected before cancelled", [a(1, Decision.CANCELLED), a(1, Decision.REJECTED)],
         ("Request Rejected", "1 rejected, 1 cancelled")),
        ("all cancelled", [a(3, Decision.CANCELLED)], ("Cancelled", "3 cancelled")),
    ],
)  # fmt: skip
def test_the_header_is_a_fold_over_the_lines(_case: str, lines: list[LineState], expected: tuple[str, str]) -> None:
    assert header(lines) == expected


@pytest.mark.parametrize(
    ("_case", "event", "state", "reasons"),
    [
        ("on its way", "cancel", a(1, Decision.AUTHORIZED, Custody.IN_TRANSIT), ["handed_over"]),
        ("promised", "cancel", a(1, Decision.AUTHORIZED, money=MoneyState.PROMISED), ["money_promised"]),
        ("both", "cancel", a(1, Decision.AUTHORIZED, Custody.RECEIVED, MoneyState.SETTLED),
         ["handed_over", "money_promised"]),
        ("free to go", "cancel", a(1, Decision.AUTHORIZED), []),
        ("not decided yet", "receive", a(1, Decision.REQUESTED), ["not_authorized"]),
        ("money for what was rejected", "promise", a(1, Decision.REJECTED), ["not_authorized"]),
        ("money for what never came", "promise", a(1, Decision.AUTHORIZED, Custody.NOT_RETURNED), ["not_returned"]),
    ],
)  # fmt: skip
def test_a_guard_says_why_not(_case: str, event: str, state: LineState, reasons: list[str]) -> None:
    assert reasons_against(event, state) == reasons
    assert (event in allowed(state)) == (not reasons)


def test_a_move_the_table_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(Conflict) as refused:
        DECISION.target("authorize", Decision.CANCELLED)
    assert refused.value.code == "not_allowed_now"
    assert refused.value.facts == {"axis": "decision", "event": "authorize", "state": "cancelled"}
