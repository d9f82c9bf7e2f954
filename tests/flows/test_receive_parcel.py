"""Goods arrive, whole or in part."""

from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import as_store
from app.flows.cancel_return import can_cancel
from app.flows.receive_parcel import receive
from app.lib.errors import Conflict, NotFound, UserError
from app.notices.models import Letter
from app.policies.decide import Outcome
from app.write_back.models import WriteBack
from tests.factories import a_line, a_return, a_store, an_order
from tests.flows.helpers import CLERK, everything, letters, lines


def test_one_of_three_arrives_and_two_later(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3, name="Cup")]))
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    assert lines(rma) == [(1, "authorized", "received"), (2, "authorized", "with_shopper")]
    assert (rma.word, rma.detail) == ("Return Authorized", "2 authorized, 1 received")
    receive(rma.id, {rma.lines[1].id: 2}, CLERK)
    assert (rma.word, rma.detail) == ("Received", "3 received")
    told = [letter.facts["lines"][0]["quantity"] for letter in db.session.scalars(select(Letter).order_by(Letter.id))]
    assert (letters(db), told) == (["received", "received"], [1, 2])
    assert db.session.scalars(select(WriteBack.wanted_version)).one() == rma.version
    assert not can_cancel(rma)


@pytest.mark.parametrize(
    ("_case", "outcome", "quantity", "code"),
    [
        ("not decided", Outcome.REVIEW, 1, "not_authorized"),
        ("rejected", Outcome.REFUSE, 1, "not_authorized"),
        ("more than the line", Outcome.AUTHORIZE, 4, "bad_quantity"),
        ("nothing", Outcome.AUTHORIZE, 0, "nothing_chosen"),
        ("less than nothing", Outcome.AUTHORIZE, -2, "bad_quantity"),
    ],
)
def test_what_cannot_be_received_is_refused_and_nothing_is_written(
    db: Any, store: Any, _case: str, outcome: Outcome, quantity: int, code: str
) -> None:
    rma = a_return(an_order([a_line(quantity=3)]), outcome=outcome)
    before = everything(db)
    with pytest.raises(UserError) as refused:
        receive(rma.id, {rma.lines[0].id: quantity}, CLERK)
    assert refused.value.code == code
    assert everything(db) == before


def test_received_twice_is_received_once(db: Any, store: Any) -> None:
    rma = a_return()
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    before = everything(db)
    with pytest.raises(Conflict):
        receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    assert everything(db) == before


def test_a_stranger_receives_nothing(db: Any, store: Any) -> None:
    rma = a_return()
    return_id, line_id = rma.id, rma.lines[0].id
    before = everything(db)
    with as_store(a_store(store_hash="xyz").id), pytest.raises(NotFound):
        receive(return_id, {line_id: 1}, CLERK)
    assert everything(db) == before
