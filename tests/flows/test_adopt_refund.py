"""Refunds made outside the app: shown, counted, never repeated, and never mistaken for ours."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import as_store, db
from app.flows import adopt_refund, settle_return
from app.flows.decide_return import authorize
from app.lib.errors import NotFound, UserError
from app.orders.models import Order, StoreRefund
from app.policies.decide import Outcome
from app.resolutions.models import Refund
from app.resolutions.queries import get_refund, left_of
from sandbox import state_refunds
from tests import factories
from tests.money_stage import CLERK, STORE_HASH, Stage, letters_of, simulator, stage, state_of, words_of

__all__ = ["simulator", "stage"]


def external(order: Order) -> list[Refund]:
    return list(db.session.scalars(select(Refund).where(Refund.order_id == order.id, Refund.source == "external")))


def test_a_refund_by_hand_settles_what_was_owed_and_is_never_repeated(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    theirs = stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    stage.hear_refunds(order)

    [refund] = external(order)
    assert (refund.state, refund.bc_refund_id, refund.total) == ("settled", theirs["id"], Decimal("20.00"))
    assert (refund.return_id, [(item.quantity, item.amount) for item in refund.items]) == (
        rma.id, [(2, Decimal("20.00"))],
    )  # fmt: skip
    assert words_of(rma) == ("Item Refunded", "2 refunded")
    assert letters_of(rma) == ["received", "refunded"]
    with pytest.raises(UserError, match="already_promised"):
        settle_return.quote(rma.id, {rma.lines[0].id: 1}, shipping=False, actor=CLERK)


def test_hearing_of_it_again_changes_nothing(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    for _ in range(3):
        stage.hear_refunds(order)
        adopt_refund.adopt(stage.store_id, order.id)
    assert len(external(order)) == 1
    assert letters_of(rma) == ["received", "refunded"]
    assert left_of(order).amount == 0


def test_part_of_a_line_is_settled_and_the_rest_stays_owed(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    rma = stage.returned(order)
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    stage.hear_refunds(order)
    assert words_of(rma) == ("Received", "2 received, 1 refunded")
    refund = stage.promised(rma, {line.id: line.quantity for line in rma.lines if line.money == "none"})
    stage.work()
    assert (state_of(refund)[0], refund.total) == ("settled", Decimal("20.00"))
    assert words_of(rma) == ("Item Refunded", "3 refunded")


def test_one_refund_over_two_return_lines_is_one_letter_and_its_amount_is_shared_out(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = stage.returned(order)
    stage.by_hand(order, {order.lines[0].bc_line_id: 2, order.lines[1].bc_line_id: 1})
    stage.hear_refunds(order)
    assert words_of(rma) == ("Item Refunded", "3 refunded")
    assert letters_of(rma) == ["received", "refunded"]
    [refund] = external(order)
    assert sum(item.amount for item in refund.items) == refund.total == Decimal("50.00")


def test_a_refund_older_than_the_return_settles_nothing_of_it(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    stage.sandbox.state.run(
        "UPDATE docs SET body = json_set(body, '$.created', json_extract(body, '$.created') - 86400)"
        " WHERE kind = 'refund' AND json_extract(body, '$.order_id') = ?",
        (order.bc_order_id,),
    )
    rma = stage.returned(order, {order.lines[0].id: 2})
    # Only now do we hear of it, together with what a clerk does today.
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    stage.hear_refunds(order)
    assert len(external(order)) == 2
    assert words_of(rma) == ("Received", "1 received, 1 refunded")


def test_what_is_only_asked_for_is_not_settled(stage: Stage) -> None:
    order = stage.order()
    rma = factories.a_return(order, outcome=Outcome.REVIEW)
    stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    stage.hear_refunds(order)
    assert words_of(rma)[0] == "Pending"
    with pytest.raises(UserError, match="over_returnable"):
        authorize(rma.id, {rma.lines[0].id: 2}, CLERK)


def test_an_amount_for_no_line_is_counted_and_settles_nothing(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    item = {"item_type": "ORDER", "item_id": order.bc_order_id, "amount": 5.0}
    state_refunds.refund_by_hand(stage.sandbox.state, STORE_HASH, order.bc_order_id, [item])
    stage.hear_refunds(order)
    [refund] = external(order)
    assert (refund.total, refund.return_id, words_of(rma)[0]) == (Decimal("5.00"), None, "Received")
    assert left_of(order).amount == Decimal("15.00")


@pytest.mark.parametrize("silent", [False, True], ids=["with reasons", "without"])
def test_our_own_refund_is_never_adopted(stage: Stage, silent: bool) -> None:
    order = stage.order()
    rma = stage.returned(order)
    refund = stage.promised(rma)
    if silent:
        stage.fault("refund_no_reason_echo")
    stage.work()
    stage.hear_refunds(order)
    assert (external(order), state_of(refund)[0]) == ([], "settled")
    assert letters_of(rma) == ["received", "refunded"]
    assert left_of(order).amount == 0


def test_while_one_of_ours_is_unknown_nothing_is_adopted_and_the_news_settles_it(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    refund = stage.promised(rma, {rma.lines[0].id: 1})
    stage.fault("drop_after")
    stage.fault("refund_no_reason_echo")
    stage.work("refund.send")
    assert state_of(refund)[0] == "unknown"
    stage.hear_refunds(order)
    assert (external(order), state_of(refund)[0]) == ([], "settled")


def test_what_waited_for_ours_is_adopted_once_ours_has_landed(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = stage.returned(order)
    refund = stage.promised(rma, {rma.lines[0].id: 2})
    stage.fault("drop")
    stage.work("refund.send")
    stage.by_hand(order, {order.lines[1].bc_line_id: 1})
    stage.hear_refunds(order)
    stage.work()
    assert state_of(refund)[0] == "settled"
    assert [one.total for one in external(order)] == [Decimal("30.00")]
    assert words_of(rma) == ("Item Refunded", "3 refunded")


def test_a_refund_by_hand_while_ours_is_unknown_keeps_ours_from_being_repeated(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    rma = stage.returned(order, {order.lines[0].id: 2})
    refund = stage.promised(rma)
    stage.fault("drop")
    stage.work("refund.send")
    # The clerk believes that it failed, and does it by hand.
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    stage.work()
    assert (state_of(refund)[0], get_refund(refund.id).needs_person) == ("unknown", True)
    assert stage.posts(order) == []

    settle_return.decide_unknown(rma.id, refund.id, went_out=False, actor=CLERK, why="I did one by hand.")
    stage.work()
    assert words_of(rma) == ("Received", "1 received, 1 refunded")


def test_a_refund_by_hand_that_is_declined_later_is_owed_again(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    theirs = stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    stage.hear_refunds(order)
    assert words_of(rma)[0] == "Item Refunded"
    stage.settle_down()
    _decline(stage, theirs["id"])
    stage.hear_refunds(order)
    [refund] = external(order)
    assert (refund.state, words_of(rma)[0], left_of(order).amount) == ("refused", "Received", Decimal("20.00"))


def _decline(stage: Stage, refund_id: int) -> None:
    state = stage.sandbox.state
    doc = state.get(STORE_HASH, "refund", refund_id)
    for payment in doc["payments"]:
        payment.update(is_declined=True, declined_message="No.", transaction_id="")
    state.put(STORE_HASH, "refund", refund_id, doc)
    state_refunds._settle_order(state, STORE_HASH, doc["order_id"], back_to=doc["previous_status_id"])


@pytest.mark.parametrize("silent", [False, True], ids=["with reasons", "without"])
def test_a_person_says_it_went_out_and_the_store_tells_us_its_number_later(stage: Stage, silent: bool) -> None:
    order, rma, refund = _unknown_for_a_person(stage)
    _execute_it(stage, refund, silent=silent)
    settle_return.decide_unknown(rma.id, refund.id, went_out=True, actor=CLERK, why="It is in the list.")
    assert (state_of(refund)[0], left_of(order).amount) == ("settled", Decimal("20.00"))
    stage.hear_refunds(order)
    assert external(order) == []
    assert get_refund(refund.id).bc_refund_id == stage.refunds(order)[0]["id"]
    assert left_of(order).amount == Decimal("20.00")
    assert letters_of(rma) == ["received", "refunded"]


def test_a_person_says_it_did_not_go_out_and_it_did_after_all(stage: Stage) -> None:
    order, rma, refund = _unknown_for_a_person(stage)
    settle_return.decide_unknown(rma.id, refund.id, went_out=False, actor=CLERK, why="Nothing in the list.")
    assert state_of(refund) == ("refused", {"refused"})
    again = stage.promised(rma)
    _execute_it(stage, refund)
    stage.hear_refunds(order)

    # The newer promise is withdrawn before it is sent, and the first one is what it is: paid.
    assert (state_of(refund), state_of(again)[0]) == (("settled", {"settled"}), "none")
    stage.work()
    assert [post["executed"] for post in stage.posts(order)] == []
    assert (external(order), left_of(order).amount) == ([], Decimal("20.00"))


def test_units_that_were_paid_twice_are_shown_to_a_person(stage: Stage) -> None:
    order, rma, refund = _unknown_for_a_person(stage)
    settle_return.decide_unknown(rma.id, refund.id, went_out=False, actor=CLERK, why="Nothing in the list.")
    again = stage.promised(rma)
    stage.work()
    assert state_of(again)[0] == "settled"
    _execute_it(stage, refund)
    stage.hear_refunds(order)
    found = get_refund(refund.id)
    assert (found.state, found.needs_person, found.error) == ("settled", True, "paid_twice")
    assert left_of(order).amount == 0
    # Whatever the person answers, it is paid, and the units it was for stay settled.
    settle_return.decide_unknown(rma.id, refund.id, went_out=False, actor=CLERK, why="The shopper sent 20 back.")
    assert (get_refund(refund.id).needs_person, state_of(refund)) == (False, ("settled", {"settled"}))
    db.session.refresh(rma)
    assert (rma.events[-1].kind, rma.events[-1].why) == ("note", "The shopper sent 20 back.")


def _unknown_for_a_person(stage: Stage) -> tuple[Order, Any, Refund]:
    order = stage.order([{"product_id": 1, "quantity": 4, "price": "10.00"}])
    rma = stage.returned(order, {order.lines[0].id: 2})
    refund = stage.promised(rma)
    stage.fault("drop")
    stage.work()
    assert (state_of(refund)[0], get_refund(refund.id).needs_person) == ("unknown", True)
    return order, rma, refund


def _execute_it(stage: Stage, refund: Refund, *, silent: bool = False) -> None:
    """The store executes what we once sent."""
    item = {
        **get_refund(refund.id).quote.request["items"][0],  # type: ignore[union-attr]
        "reason": "" if silent else refund.mark,
    }
    body = {"items": [item], "payments": [{"provider_id": "testgateway", "amount": 20, "offline": False}]}
    number = get_refund(refund.id).order.bc_order_id
    state_refunds.execute(stage.sandbox.state, STORE_HASH, number, body, state_refunds.Twists())


def test_another_stores_order_is_not_found(stage: Stage) -> None:
    order = stage.order()
    stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    stage.hear_refunds(order, adopt=False)
    order_id = order.id
    with as_store(factories.a_store(store_hash="xyz").id):
        with pytest.raises(NotFound):
            adopt_refund.adopt(stage.store_id, order_id)
        db.session.rollback()
    assert db.session.scalars(select(StoreRefund).where(StoreRefund.order_id == order_id)).all() != []
    assert external(order) == []
