"""What a return is called on its page, for every mix of states a shopper may meet."""

from decimal import Decimal

import pytest

from app.resolutions.models import Refund
from app.returns.models import Return, ReturnLine
from app.returns.states import Custody as C
from app.returns.states import Decision as D
from app.returns.states import MoneyState as M
from app.returns.states import header
from app.web.portal import words


def a_return(*states: tuple[D, C, M]) -> Return:
    rma = Return(
        lines=[ReturnLine(id=n, quantity=1, decision=d, custody=c, money=m) for n, (d, c, m) in enumerate(states)]
    )
    rma.word, rma.detail = header(line.state for line in rma.lines)
    return rma


def a_refund(state: M, total: str = "12.00") -> Refund:
    return Refund(state=state, total=Decimal(total), currency="USD")


PENDING = (D.IN_REVIEW, C.WITH_SHOPPER, M.NONE)
APPROVED = (D.AUTHORIZED, C.WITH_SHOPPER, M.NONE)
COMING = (D.AUTHORIZED, C.IN_TRANSIT, M.NONE)
HERE = (D.AUTHORIZED, C.RECEIVED, M.NONE)
SENDING = (D.AUTHORIZED, C.RECEIVED, M.SENDING)
UNKNOWN = (D.AUTHORIZED, C.RECEIVED, M.UNKNOWN)
PAID = (D.AUTHORIZED, C.RECEIVED, M.SETTLED)
KEPT = (D.AUTHORIZED, C.KEPT, M.SETTLED)
REJECTED = (D.REJECTED, C.WITH_SHOPPER, M.NONE)
CANCELLED = (D.CANCELLED, C.WITH_SHOPPER, M.NONE)
LOST = (D.AUTHORIZED, C.NOT_RETURNED, M.NONE)


@pytest.mark.parametrize(
    ("states", "request_text", "parcel_text", "money_text"),
    [
        ([PENDING], "The store looks at it", "Not yet", "Sent back after the parcel has arrived"),
        ([APPROVED], "Approved", "Waits for you to send it", "Sent back after the parcel has arrived"),
        ([COMING, REJECTED], "Approved in part", "On its way to the store", "Sent back after the parcel has arrived"),
        ([APPROVED, HERE], "Approved", "Partly arrived", "Sent back after the parcel has arrived"),
        ([COMING], "Approved", "On its way to the store", "Sent back after the parcel has arrived"),
        ([HERE], "Approved", "Arrived at the store", "Sent back after the parcel has arrived"),
        ([SENDING], "Approved", "Arrived at the store", "Being sent back"),
        ([UNKNOWN], "Approved", "Arrived at the store", "Being sent back"),
        ([PAID], "Approved", "Arrived at the store", "Sent back"),
        ([KEPT], "Approved", "You keep the items", "Sent back"),
        ([REJECTED], "Not accepted", "Nothing to send", "Nothing to send back"),
        ([CANCELLED], "Cancelled", "Nothing to send", "Nothing to send back"),
        ([LOST], "Approved", "Did not arrive", "Nothing to send back"),
    ],
)
def test_the_three_steps_say_where_request_parcel_and_money_are(states, request_text, parcel_text, money_text):
    steps = words.steps(a_return(*states), [])
    assert [(step.title, step.text) for step in steps] == [
        ("Request", request_text),
        ("Parcel", parcel_text),
        ("Money", money_text),
    ]


def test_money_is_named_once_it_was_sent_back_and_refused_intents_do_not_count():
    refunds = [a_refund(M.SETTLED, "12.00"), a_refund(M.REFUSED, "99.00"), a_refund(M.SETTLED, "0.50")]
    assert words.steps(a_return(PAID), refunds)[2].text == "12.50 USD sent back"


def test_what_the_store_does_not_answer_is_no_bad_news_for_the_shopper():
    assert words.next_step(a_return(UNKNOWN)) == "Your money is being sent back. You get a mail when that is done."


@pytest.mark.parametrize(
    ("states", "beginning"),
    [
        ([PENDING], "The store looks at your request"),
        ([PENDING, APPROVED], "The store looks at your request"),
        ([APPROVED, PAID], "Send the items back"),
        ([COMING], "Your parcel is on its way."),
        ([HERE, REJECTED], "Your parcel has arrived."),
        ([PAID, REJECTED], "Everything is done."),
        ([REJECTED], "The store does not take these items back."),
        ([CANCELLED], "Nothing more happens."),
    ],
)
def test_what_happens_next_follows_from_what_is_still_open(states, beginning):
    assert words.next_step(a_return(*states)).startswith(beginning)


def test_every_mix_of_states_has_words():
    for decision in D:
        for custody in C:
            for money in M:
                rma = a_return((decision, custody, money))
                assert words.next_step(rma)
                assert all(step.text for step in words.steps(rma, []))
