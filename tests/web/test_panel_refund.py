"""Refunds in the panel: the store's quote, the promise, and every state in words."""

import copy
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db as extension
from app.lib import clock
from app.resolutions.models import Refund, RefundQuote
from app.returns.models import Return
from app.returns.queries import get_return
from app.returns.states import MoneyState
from app.stores.models import Store
from tests.bc_client.recordings import recorded
from tests.factories import a_line, a_return, an_order
from tests.web.panel_visitor import Visitor, words

QUOTES = r"/v3/orders/\d+/payment_actions/refund_quotes"


@pytest.fixture
def clerk(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def rma(clerk: Visitor) -> Return:
    """Two received cups of 33.00 each."""
    rma = a_return(an_order([a_line(quantity=2, price="33.00", name="Cup")], shipping_inc_tax=5))
    line = rma.lines[0]
    clerk.get(f"/panel/returns/{rma.id}")
    clerk.post(f"/panel/returns/{rma.id}/receive", form_of(rma))
    extension.session.refresh(line)
    return rma


def form_of(rma: Return, quantity: int = 2) -> dict[str, Any]:
    line = rma.lines[0]
    return {"line": line.id, f"version-{line.id}": line.version, f"quantity-{line.id}": quantity}


def a_quote(total: float = 66.0) -> Any:
    quote = copy.deepcopy(recorded("v3/refund_quote.json"))
    quote["data"]["total_refund_amount"] = total
    quote["data"]["refund_methods"][0][0]["amount"] = total
    return quote


def how_many(db: Any) -> tuple[int, int]:
    db.session.rollback()
    return tuple(db.session.scalar(select(func.count()).select_from(table)) for table in (RefundQuote, Refund))  # type: ignore[return-value]


def test_the_stores_amount_is_shown_confirmed_and_promised_once(clerk: Visitor, db: Any, bc: Any, rma: Return) -> None:
    bc.answers("POST", QUOTES, a_quote())
    asked = clerk.post(f"/panel/returns/{rma.id}/quote", form_of(rma))
    assert asked.status_code == 303
    page = clerk.get(asked.location)
    assert "2 × Cup" in words(page)
    assert "Total refund 66.00 USD" in words(page)
    assert "to Test Payment Gateway 66.00 USD" in words(page)
    assert "of which tax 6.00 USD" in words(page)
    quote_id = page.text.partition('name="quote_id" value="')[2].partition('"')[0]
    for _ in range(2):
        answer = clerk.post(f"/panel/returns/{rma.id}/refund", {"quote_id": quote_id})
        assert answer.status_code == 303
    assert how_many(db) == (1, 1)
    after = words(clerk.get(f"/panel/returns/{rma.id}", quote=quote_id))
    assert "66.00 USD is on its way" in after
    assert "Total refund" not in after
    assert len(bc.sent("POST")) == 1


def test_a_promise_is_taken_back_before_it_is_sent(clerk: Visitor, db: Any, bc: Any, rma: Return) -> None:
    bc.answers("POST", QUOTES, a_quote())
    asked = clerk.post(f"/panel/returns/{rma.id}/quote", form_of(rma))
    quote_id = asked.location.partition("quote=")[2].partition("#")[0]
    clerk.post(f"/panel/returns/{rma.id}/refund", {"quote_id": quote_id})
    refund_id = db.session.scalar(select(Refund.id))
    answer = clerk.post(f"/panel/returns/{rma.id}/refunds/{refund_id}/take-back")
    assert answer.status_code == 303
    page = words(clerk.get(f"/panel/returns/{rma.id}"))
    assert "66.00 USD was taken back" in page
    assert "What should be refunded?" in page


def test_an_amount_that_differs_is_confirmed_only_by_who_compared(
    clerk: Visitor, db: Any, bc: Any, rma: Return
) -> None:
    bc.answers("POST", QUOTES, a_quote(60.0))
    asked = clerk.post(f"/panel/returns/{rma.id}/quote", form_of(rma))
    page = clerk.get(asked.location)
    assert "We reckon 66.00 USD; the store says 60.00 USD." in words(page)
    quote_id = asked.location.partition("quote=")[2].partition("#")[0]
    refused = clerk.post(f"/panel/returns/{rma.id}/refund", {"quote_id": quote_id})
    assert refused.status_code == 400
    assert how_many(db) == (1, 0)
    form = {"quote_id": quote_id, "despite_difference": "1"}
    assert clerk.post(f"/panel/returns/{rma.id}/refund", form).status_code == 303
    assert how_many(db) == (1, 1)


def test_a_store_that_does_not_answer_costs_a_sentence_and_no_input(
    clerk: Visitor, db: Any, bc: Any, rma: Return
) -> None:
    bc.answers("POST", QUOTES, status=503, body="")
    answer = clerk.post(f"/panel/returns/{rma.id}/quote", {**form_of(rma, 1), "shipping": "1"})
    assert answer.status_code == 503
    assert "The store does not answer right now" in words(answer)
    assert '<option value="1" selected>1 of 2</option>' in answer.text
    assert 'name="shipping" value="1" checked' in answer.text
    assert how_many(db) == (0, 0)


def test_a_quote_of_another_return_is_not_found(clerk: Visitor, db: Any, bc: Any, rma: Return) -> None:
    bc.answers("POST", QUOTES, a_quote())
    asked = clerk.post(f"/panel/returns/{rma.id}/quote", form_of(rma))
    quote_id = asked.location.partition("quote=")[2].partition("#")[0]
    other = a_return()
    assert clerk.get(f"/panel/returns/{other.id}", quote=quote_id).status_code == 404
    assert clerk.post(f"/panel/returns/{other.id}/refund", {"quote_id": quote_id}).status_code == 404
    assert how_many(db) == (1, 0)


def a_refund(rma: Return, **changes: Any) -> Refund:
    refund = Refund(
        **{
            "store_id": rma.store_id,
            "return_id": rma.id,
            "order_id": rma.order_id,
            "source": "merchant",
            "total": 66,
            "currency": "USD",
            "promised_at": clock.now(),
            "promised_by": "clerk@abc123.example",
            **changes,
        }
    )
    extension.session.add(refund)
    extension.session.commit()
    return refund


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"state": MoneyState.PROMISED}, "66.00 USD is on its way"),
        ({"state": MoneyState.SENDING}, "66.00 USD is on its way"),
        ({"state": MoneyState.SETTLED, "bc_refund_id": 17}, "its payment is not confirmed yet. Refund 17 at the store"),
        ({"state": MoneyState.SETTLED, "bc_refund_id": 17, "confirmed_at": True}, "The store has paid it out."),
        ({"state": MoneyState.SETTLED, "source": "external", "bc_refund_id": 3}, "66.00 USD refunded outside Backhaul"),
        ({"state": MoneyState.REFUSED, "error": "Card expired"}, "It says: Card expired. No money has moved."),
        ({"state": MoneyState.REFUSED, "error": "It expired."}, "It says: It expired. No money has moved."),
        ({"state": MoneyState.UNKNOWN}, "Please do not refund it by hand before this is settled."),
        ({"state": MoneyState.UNKNOWN, "needs_person": True}, "66.00 USD needs you"),
    ],
)
def test_every_state_of_a_refund_has_its_words(clerk: Visitor, db: Any, facts: dict[str, Any], said: str) -> None:
    rma = a_return()
    if facts.get("confirmed_at"):
        facts = {**facts, "confirmed_at": clock.now()}
    a_refund(rma, **facts)
    assert said in words(clerk.get(f"/panel/returns/{rma.id}"))


def test_a_refund_nobody_can_tell_needs_an_answer_with_a_reason(clerk: Visitor, db: Any) -> None:
    rma = a_return()
    refund = a_refund(rma, state=MoneyState.UNKNOWN, needs_person=True)
    clerk.get(f"/panel/returns/{rma.id}")
    path = f"/panel/returns/{rma.id}/refunds/{refund.id}/decide"
    refused = clerk.post(path, {"went_out": "yes", "why": " "})
    assert refused.status_code == 400
    assert 'value="yes" required checked' in refused.text
    assert clerk.post(path, {"went_out": "maybe", "why": "Seen."}).status_code == 400
    db.session.rollback()
    assert db.session.get(Refund, refund.id).state == MoneyState.UNKNOWN
    assert get_return(rma.id).lines[0].money == MoneyState.NONE


def test_refunds_that_need_a_person_are_on_the_first_page(clerk: Visitor, db: Any) -> None:
    rma = a_return()
    assert "needs you" not in words(clerk.get("/panel/"))
    a_refund(rma, state=MoneyState.UNKNOWN, needs_person=True)
    page = clerk.get("/panel/")
    assert "1 refund needs you" in words(page)
    assert f"/panel/returns/{rma.id}#refund" in page.text
    assert "66.00 USD needs you" in words(clerk.get("/panel/health"))
