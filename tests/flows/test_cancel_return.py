"""A return is called off while the goods are still with the shopper."""

from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import as_store
from app.flows.cancel_return import can_cancel, cancel
from app.flows.receive_parcel import receive
from app.lib.errors import Conflict, NotFound
from app.notices.models import Letter
from app.policies.decide import Outcome
from app.returns.returnable import returnable
from app.returns.service import WantedLine, move_money
from tests.factories import a_line, a_return, a_store, an_order
from tests.flows.helpers import CLERK, SHOPPER, everything, letters


@pytest.mark.parametrize("outcome", [Outcome.AUTHORIZE, Outcome.REVIEW])
def test_cancelling_frees_every_unit_for_another_return(db: Any, store: Any, outcome: Outcome) -> None:
    order = an_order([a_line(quantity=3)])
    rma = a_return(order, outcome=outcome)
    assert can_cancel(rma)
    cancel(rma.id, SHOPPER)
    assert (rma.word, rma.detail, letters(db)) == ("Cancelled", "3 cancelled", ["cancelled"])
    assert rma.events[-1].actor_kind == "shopper"
    again = a_return(order, wanted=[WantedLine(order.lines[0].id, 3, "damaged")])
    assert again.detail == "3 authorized"


def test_what_has_arrived_stays_and_the_rest_is_cancelled(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=3, name="Cup")])
    rma = a_return(order)
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    cancel(rma.id, SHOPPER)
    assert (rma.word, rma.detail) == ("Received", "1 received, 2 cancelled")
    assert returnable(order) == {order.lines[0].id: 2}
    letter = db.session.scalars(select(Letter).where(Letter.notice == "cancelled")).one()
    assert letter.facts["lines"][0]["quantity"] == 2


def test_what_is_received_promised_rejected_or_cancelled_cannot_be_cancelled(db: Any, store: Any) -> None:
    received, promised, rejected, cancelled = a_return(), a_return(), a_return(outcome=Outcome.REFUSE), a_return()
    receive(received.id, {received.lines[0].id: 1}, CLERK)
    move_money(promised.lines[0], "promise", actor=CLERK)
    db.session.commit()
    cancel(cancelled.id, SHOPPER)
    before = everything(db)
    for rma in (received, promised, rejected, cancelled):
        assert not can_cancel(rma)
        with pytest.raises(Conflict) as refused:
            cancel(rma.id, SHOPPER)
        assert refused.value.code == "not_cancellable"
        assert everything(db) == before


def test_a_stranger_cancels_nothing(db: Any, store: Any) -> None:
    rma = a_return()
    return_id = rma.id
    before = everything(db)
    with as_store(a_store(store_hash="xyz").id), pytest.raises(NotFound):
        cancel(return_id, SHOPPER)
    assert everything(db) == before
