"""Who hears of a change, and how often."""

from typing import Any

import pytest
from sqlalchemy import select

from app.flows.announce import announce, announcing
from app.notices.models import Letter
from app.policies.decide import Outcome
from app.returns import service
from app.write_back.models import WriteBack
from tests.factories import a_line, a_return, an_order
from tests.flows.helpers import CLERK, everything, letters


def test_a_settled_refund_is_one_letter_with_its_money(db: Any, store: Any) -> None:
    rma = a_return(an_order([a_line(quantity=2), a_line()]))
    for line in rma.lines:
        service.move_money(line, "promise", actor=CLERK)
        service.move_money(line, "send", actor=CLERK)
    with announcing(rma, facts={"money": {"amount": "30.00", "currency": "USD"}}):
        for line in rma.lines:
            service.move_money(line, "settle", actor=CLERK)
    db.session.commit()
    (letter,) = db.session.scalars(select(Letter))
    assert letter.notice == "refunded"
    assert letter.facts["money"] == {"amount": "30.00", "currency": "USD"}
    assert [line["quantity"] for line in letter.facts["lines"]] == [2, 1]


def test_a_change_of_money_without_a_letter_is_still_told_to_the_store(db: Any, store: Any) -> None:
    rma = a_return()
    with announcing(rma):
        service.move_money(rma.lines[0], "promise", actor=CLERK)
    db.session.commit()
    assert letters(db) == []
    assert db.session.scalars(select(WriteBack.wanted_version)).one() == rma.version


def test_the_same_change_announced_twice_writes_once(db: Any, store: Any) -> None:
    rma = a_return(outcome=Outcome.REVIEW)
    with announcing(rma):
        service.decide_line(rma.lines[0], "authorize", quantity=1, actor=CLERK)
    announce(rma, events=rma.events[-1:])
    db.session.commit()
    assert letters(db) == ["authorized"]


def test_a_block_that_fails_announces_nothing(db: Any, store: Any) -> None:
    rma = a_return()
    before = everything(db)
    with pytest.raises(ZeroDivisionError), announcing(rma):
        service.receive_line(rma.lines[0], quantity=1, actor=CLERK)
        raise ZeroDivisionError
    db.session.rollback()
    assert everything(db) == before


def test_an_order_without_a_proper_address_shows_its_refused_letter(db: Any, store: Any) -> None:
    rma = a_return(an_order(shopper_email=""))
    with announcing(rma):
        service.receive_line(rma.lines[0], quantity=1, actor=CLERK)
    db.session.commit()
    (letter,) = db.session.scalars(select(Letter))
    assert (letter.notice, letter.state) == ("received", "refused")
