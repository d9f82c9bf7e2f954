"""Opening returns and moving their lines."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.extensions import db as extension
from app.lib.errors import Conflict, UserError
from app.policies.decide import Outcome
from app.returns import service
from app.returns.actor import Actor
from app.returns.guards import allowed, is_live
from app.returns.models import Return, ReturnEvent, ReturnLine
from app.returns.queries import lock_return
from app.returns.returnable import returnable
from app.returns.service import WantedLine
from tests.factories import a_decision, a_line, a_return, an_order

CLERK = Actor("staff", 7, "clerk@abc123.example")


def rows(db: Any) -> tuple[int, int, int]:
    """How many returns, lines and events the store has."""
    db.session.rollback()
    counts = [db.session.scalar(select(func.count()).select_from(row)) for row in (Return, ReturnLine, ReturnEvent)]
    return counts[0], counts[1], counts[2]


def kinds(rma: Return) -> list[tuple[str, str, int | None]]:
    return [(event.kind, event.actor_kind, event.quantity) for event in rma.events]


def lines(rma: Return) -> list[tuple[int, str, str, str]]:
    return [(line.quantity, line.decision, line.custody, line.money) for line in rma.lines]


def test_an_opened_return_has_a_number_a_header_and_its_history(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=3, name="Blue cup"), a_line(name="Tray")])
    rma = a_return(order)
    assert rma.number.startswith("RMA-")
    assert (rma.word, rma.detail, rma.version) == ("Return Authorized", "4 authorized", 1)
    assert kinds(rma) == [("open", "shopper", None), ("authorize", "policy", 3), ("authorize", "policy", 1)]
    assert lines(rma) == [(3, "authorized", "with_shopper", "none"), (1, "authorized", "with_shopper", "none")]
    assert rma.lines[0].explanation["policy_version"] == 1
    assert rma.events[1].why == "Because the policy says so."
    assert rma.number.split("-")[1].lower() in rma.search_text
    assert "blue cup" in rma.search_text
    assert returnable(order) == {line.id: 0 for line in order.lines}


def test_a_refused_line_is_kept_as_rejected_and_takes_no_units(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=2)])
    rma = a_return(order, outcome=Outcome.REFUSE)
    assert (rma.word, lines(rma)) == ("Request Rejected", [(2, "rejected", "with_shopper", "none")])
    assert returnable(order) == {order.lines[0].id: 2}


@pytest.mark.parametrize(
    ("_case", "quantities", "code"),
    [
        ("nothing", [], "nothing_chosen"),
        ("none of it", [0], "bad_quantity"),
        ("fewer than none", [-1], "bad_quantity"),
        ("more than shipped", [3], "over_returnable"),
        ("more than shipped, asked in two", [1, 2], "over_returnable"),
    ],
)
def test_a_request_that_cannot_be_is_refused_and_nothing_is_written(
    db: Any, store: Any, _case: str, quantities: list[int], code: str
) -> None:
    order = an_order([a_line(quantity=5, quantity_shipped=2)])
    wanted = [WantedLine(order.lines[0].id, quantity, "damaged") for quantity in quantities]
    with pytest.raises(UserError) as refused:
        open_with(order, wanted)
    assert refused.value.code == code
    assert rows(db) == (0, 0, 0)


def open_with(order: Any, wanted: list[WantedLine], form_key: str = "form-key-of-this-test") -> Return:
    return service.open_return(
        order, wanted, origin="shopper", form_key=form_key, decisions=[a_decision(w.order_line_id) for w in wanted],
        policy_version=1, instructions="", actor=CLERK,
    )  # fmt: skip


def test_a_line_of_another_order_is_refused(db: Any, store: Any) -> None:
    order, other = an_order(), an_order()
    with pytest.raises(UserError) as refused:
        open_with(order, [WantedLine(other.lines[0].id, 1, "damaged")])
    assert refused.value.code == "unknown_line"
    assert rows(db) == (0, 0, 0)


def test_a_bundles_part_comes_back_with_its_parent_only(db: Any, store: Any) -> None:
    part = a_line(bc_line_id=12, price="0", bc_parent_line_id=11, is_bundled=True)
    order = an_order([a_line(bc_line_id=11, name="Gift set"), part])
    parent, part = order.lines
    assert returnable(order) == {parent.id: 1, part.id: 0}
    with pytest.raises(UserError) as refused:
        open_with(order, [WantedLine(part.id, 1, "damaged")])
    assert refused.value.code == "not_alone"
    assert rows(db) == (0, 0, 0)


def test_the_same_form_sent_twice_files_once(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=2)])
    wanted = [WantedLine(order.lines[0].id, 1, "damaged")]
    first = open_with(order, wanted)
    db.session.commit()
    assert open_with(order, wanted).id == first.id
    assert rows(db) == (1, 1, 2)


def test_the_form_of_one_order_does_not_show_another_its_return(db: Any, store: Any) -> None:
    order, other = an_order(), an_order()
    open_with(order, [WantedLine(order.lines[0].id, 1, "damaged")])
    db.session.commit()
    with pytest.raises(Conflict) as refused:
        open_with(other, [WantedLine(other.lines[0].id, 1, "damaged")])
    assert refused.value.code == "form_used"
    assert rows(db) == (1, 1, 2)


def test_a_number_that_is_taken_is_drawn_again(db: Any, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(["RMA-AAAAAA", "RMA-AAAAAA", "RMA-AAAAAA", "RMA-BBBBBB"])
    monkeypatch.setattr("app.lib.ids.rma_number", lambda: next(numbers))
    assert [a_return().number, a_return().number] == ["RMA-AAAAAA", "RMA-BBBBBB"]


def test_deciding_a_part_splits_the_line_and_the_rest_stays_as_it_was(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]), outcome=Outcome.REVIEW)
    line = service.decide_line(rma.lines[0], "authorize", quantity=2, actor=CLERK)
    assert lines(rma) == [(2, "authorized", "with_shopper", "none"), (1, "in_review", "with_shopper", "none")]
    assert (line.id, rma.lines[1].split_from) == (rma.lines[0].id, rma.lines[0].id)
    assert (rma.word, rma.detail) == ("Pending", "1 pending, 2 authorized")
    assert kinds(rma)[2:] == [("split", "staff", 2), ("authorize", "staff", 2)]
    service.decide_line(rma.lines[1], "reject", quantity=1, actor=CLERK, why="Worn")
    assert (rma.word, rma.detail) == ("Return Authorized", "2 authorized, 1 rejected")


@pytest.mark.parametrize("why", [None, "", "  \x00"])
def test_an_override_or_a_rejection_needs_its_reason(db: Any, store: Any, why: str | None) -> None:
    order = an_order([a_line(quantity=2)])
    rejected = a_return(order, outcome=Outcome.REFUSE)
    waiting = a_return(order, outcome=Outcome.REVIEW)
    before = rows(db)
    for rma, event in ((rejected, "authorize"), (waiting, "reject")):
        with pytest.raises(UserError) as refused:
            service.decide_line(rma.lines[0], event, quantity=1, actor=CLERK, why=why)
        assert refused.value.code == "needs_why"
        assert rows(db) == before


def test_an_override_is_an_event_of_its_own_kind(db: Any, store: Any) -> None:
    rma = a_return(outcome=Outcome.REFUSE)
    service.decide_line(rma.lines[0], "authorize", quantity=1, actor=CLERK, why="A regular")
    event = rma.events[-1]
    assert (event.kind, event.before, event.after, event.why, event.data, event.actor_name) == (
        "authorize", "rejected", "authorized", "A regular", {"override": True}, "clerk@abc123.example",
    )  # fmt: skip
    assert rma.word == "Return Authorized"


def test_an_override_cannot_give_units_that_another_return_has_meanwhile(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=2)])
    rejected = a_return(order, outcome=Outcome.REFUSE)
    a_return(order, wanted=[WantedLine(order.lines[0].id, 1, "damaged")], outcome=Outcome.REVIEW)
    before = rows(db)
    with pytest.raises(UserError) as refused:
        service.decide_line(rejected.lines[0], "authorize", quantity=2, actor=CLERK, why="A regular")
    assert (refused.value.code, refused.value.facts["left"]) == ("over_returnable", 1)
    assert rows(db) == before
    service.decide_line(rejected.lines[0], "authorize", quantity=1, actor=CLERK, why="A regular")
    assert rejected.detail == "1 authorized, 1 rejected"


def test_what_was_refunded_by_hand_meanwhile_cannot_be_authorized(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]), outcome=Outcome.REVIEW)
    rma.order.lines[0].quantity_refunded = 1
    db.session.commit()
    with pytest.raises(UserError) as refused:
        service.decide_line(rma.lines[0], "authorize", quantity=3, actor=CLERK)
    assert (refused.value.code, refused.value.facts["left"]) == ("over_returnable", 2)
    db.session.rollback()
    service.decide_line(rma.lines[0], "authorize", quantity=2, actor=CLERK)
    service.decide_line(rma.lines[1], "reject", quantity=1, actor=CLERK, why="Refunded already")
    assert rma.detail == "2 authorized, 1 rejected"


@pytest.mark.parametrize(
    ("_case", "refunded", "settled", "left"),
    [
        ("nothing refunded", 0, 0, 5),
        ("ours, the store counts it too", 2, 2, 3),
        ("ours, the store has not counted it yet", 0, 2, 3),
        ("ours and one by hand", 3, 2, 2),
        ("by hand only", 2, 0, 3),
        ("more by hand than there is", 5, 0, 0),
    ],
)
def test_units_refunded_at_the_store_outside_us_cannot_come_back(
    db: Any, store: Any, _case: str, refunded: int, settled: int, left: int
) -> None:
    order = an_order([a_line(quantity=5)])
    if settled:
        rma = a_return(order, wanted=[WantedLine(order.lines[0].id, settled, "damaged")])
        for event in ("promise", "send", "settle"):
            service.move_money(rma.lines[0], event, actor=CLERK)
    order.lines[0].quantity_refunded = refunded
    db.session.commit()
    assert returnable(order) == {order.lines[0].id: left}


def test_receiving_a_part_leaves_the_rest_on_its_way(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]))
    service.receive_line(rma.lines[0], quantity=1, actor=CLERK)
    assert lines(rma) == [(1, "authorized", "received", "none"), (2, "authorized", "with_shopper", "none")]
    assert (rma.word, rma.detail) == ("Return Authorized", "2 authorized, 1 received")
    service.receive_line(rma.lines[1], quantity=2, actor=CLERK)
    assert (rma.word, rma.detail) == ("Received", "3 received")


@pytest.mark.parametrize("outcome", [Outcome.REVIEW, Outcome.REFUSE])
def test_what_is_not_authorized_cannot_be_received(db: Any, store: Any, outcome: Outcome) -> None:
    rma = a_return(outcome=outcome)
    before = rows(db)
    with pytest.raises(Conflict) as refused:
        service.receive_line(rma.lines[0], quantity=1, actor=CLERK)
    assert refused.value.code == "not_authorized"
    assert rows(db) == before


def test_cancelling_frees_the_units(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=2)])
    rma = a_return(order)
    service.cancel_line(rma.lines[0], actor=CLERK)
    assert (rma.word, returnable(order)) == ("Cancelled", {order.lines[0].id: 2})


def test_what_was_handed_over_cannot_be_cancelled(db: Any, store: Any) -> None:
    rma = a_return()
    service.receive_line(rma.lines[0], quantity=1, actor=CLERK)
    db.session.commit()
    before = rows(db)
    with pytest.raises(Conflict):
        service.cancel_line(rma.lines[0], actor=CLERK)
    assert rows(db) == before


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_a_line_gives_no_more_units_than_it_has(db: Any, store: Any, quantity: int) -> None:
    rma = a_return(an_order([a_line(quantity=2)]))
    before = rows(db)
    with pytest.raises(UserError) as refused:
        service.receive_line(rma.lines[0], quantity=quantity, actor=CLERK)
    assert refused.value.code == "bad_quantity"
    assert rows(db) == before


def test_a_line_that_changed_under_us_is_not_overwritten(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=2)]), outcome=Outcome.REVIEW)
    line = rma.lines[0]
    db.session.execute(
        update(ReturnLine).values(version=ReturnLine.version + 1).execution_options(synchronize_session=False)
    )
    for quantity in (1, 2):
        with pytest.raises(Conflict) as refused:
            service.decide_line(line, "ask", quantity=quantity, actor=CLERK)
        assert refused.value.code == "stale_line"


def test_pieces_split_off_after_a_promise_are_settled_with_it(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=4)]))
    first = rma.lines[0]
    service.receive_line(first, quantity=3, actor=CLERK)
    service.move_money(first, "promise", actor=CLERK, quantity=2)
    (promised, on_its_way, unpromised) = rma.lines
    service.move_money(promised, "send", actor=CLERK, quantity=2)
    service.split(promised, 1, actor=CLERK)
    moved = service.move_money(promised, "settle", actor=CLERK, quantity=2, data={"refund_id": 5})
    assert [line.quantity for line in moved] == [1, 1]
    assert lines(rma) == [
        (1, "authorized", "received", "settled"),
        (1, "authorized", "with_shopper", "none"),
        (1, "authorized", "received", "none"),
        (1, "authorized", "received", "settled"),
    ]
    assert (on_its_way.money, unpromised.money) == ("none", "none")
    assert rma.events[-1].data == {"refund_id": 5}
    with pytest.raises(ValueError, match="never held"):
        service.move_money(promised, "decline", actor=CLERK, quantity=9)


def test_a_note_is_kept_and_changes_nothing_else(db: Any, store: Any) -> None:
    rma = a_return()
    version = rma.version
    service.note(rma, "  Called the shopper 📞 <b>\u202e  ", actor=CLERK)
    db.session.commit()
    assert (rma.events[-1].kind, rma.events[-1].why) == ("note", "Called the shopper 📞 <b>\u202e")
    assert rma.version == version
    for text, code in (("  ", "empty_note"), ("x" * 2001, "text_too_long")):
        with pytest.raises(UserError) as refused:
            service.note(rma, text, actor=CLERK)
        assert refused.value.code == code


def test_every_move_grows_the_version(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=2)]))
    versions = [rma.version]
    for quantity in (1, 1):
        line = next(line for line in rma.lines if line.custody == "with_shopper")
        service.receive_line(line, quantity=quantity, actor=CLERK)
        versions.append(rma.version)
    assert versions == [1, 2, 3]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_any_sequence_of_decisions_keeps_the_units(db: Any, store: Any, data: st.DataObject) -> None:
    """Whatever is done in whatever order: no unit appears or vanishes, none is live twice, the header follows."""
    order = an_order([a_line(quantity=data.draw(st.integers(1, 6)))])
    outcome = data.draw(st.sampled_from(list(Outcome)))
    wanted = [WantedLine(order.lines[0].id, data.draw(st.integers(1, order.lines[0].quantity)), "damaged")]
    rma = a_return(order, wanted=wanted, outcome=outcome)
    for _ in range(data.draw(st.integers(1, 10))):
        line = data.draw(st.sampled_from(list(rma.lines)))
        event = data.draw(st.sampled_from(allowed(line.state) or ["nothing"]))
        quantity = data.draw(st.integers(1, line.quantity))
        rma = act(rma.id, line.id, event, quantity)
        assert sum(one.quantity for one in rma.lines) == wanted[0].quantity
        assert all(one.quantity > 0 for one in rma.lines)
        live = sum(one.quantity for one in rma.lines if is_live(one.state))
        assert live + returnable(order)[order.lines[0].id] == order.lines[0].quantity
        told = Counter(word for part in rma.detail.split(", ") for word in [part.split(" ")[1]] * int(part.split()[0]))
        assert sum(told.values()) == wanted[0].quantity


def act(return_id: int, line_id: int, event: str, quantity: int) -> Return:
    rma = lock_return(return_id)
    line = next(line for line in rma.lines if line.id == line_id)
    if event in service.DECISION.moves:
        service.decide_line(line, event, quantity=quantity, actor=CLERK, why="because")
    elif event == "receive":
        service.receive_line(line, quantity=quantity, actor=CLERK)
    elif event in service.MONEY.moves:
        service.move_money(line, event, quantity=quantity, actor=CLERK)
    extension.session.commit()
    return rma
