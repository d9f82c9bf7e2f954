"""Asking for a return on the portal, seeing how it stands, and calling it off."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.extensions import as_store
from app.flows import decide_return, receive_parcel
from app.lib import clock
from app.notices.models import Letter
from app.orders.models import Order
from app.returns import service
from app.returns.actor import Actor
from app.returns.models import Return, ReturnLine
from app.stores.queries import save_settings, settings_of
from tests.factories import a_line, a_store, an_order
from tests.web.portal_visits import (
    BASE,
    a_browser,
    ask,
    come_in,
    current_jwt,
    enter,
    file_return,
    filled,
    form_key,
    mailed_code,
    post,
    sign_in,
    token_of,
)

PATH = f"{BASE}/orders/1234"
CLERK = Actor("staff", 1, "clerk@abc123.example")


@pytest.fixture(autouse=True)
def closed_store(monkeypatch):
    """The store is not asked here: facts are what our copy says."""
    monkeypatch.setattr("app.flows.request_return.learn", lambda *given: False)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return a_browser(app)


@pytest.fixture
def order(store) -> Order:
    lines = [a_line(name="Teapot", quantity=3), a_line(name="E-book", kind="digital"), a_line(name="Mug", quantity=2)]
    return an_order(lines, bc_order_id=1234, shopper_email="shopper1@shop.example", shopper_name="Demo Shopper 1")


@pytest.fixture
def guest(client, store, order) -> FlaskClient:
    come_in(client, store.id, order)
    return client


def count(db, table=Return) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


def the_return(db) -> Return:
    return db.session.scalars(select(Return)).one()


def test_the_form_says_what_can_be_returned_and_for_the_rest_why(guest, order):
    page = guest.get(PATH).text
    teapot, book, _ = order.lines
    assert f'name="pick-{teapot.id}"' in page
    assert page.count('<option value="3">3</option>') == 1
    assert "Downloads cannot be returned." in page
    assert f'for="pick-{book.id}">Ask all the same' in page


def test_a_return_is_filed_from_form_over_review_to_its_page(guest, order, db):
    teapot = order.lines[0]
    form = filled(teapot.id, quantity=2, reason="not_as_described", comment="It leaks.")
    saved = post(guest, PATH, form, at=PATH)
    assert (saved.status_code, saved.location) == (303, f"{PATH}/review")
    review = guest.get(saved.location).text
    assert "2 × <bdi>Teapot</bdi>" in review
    assert "Not as described" in review
    assert "It leaks." in review
    assert count(db) == 0

    sent = guest.post(f"{PATH}/review", data={"csrf_token": token_of(review), "form_key": form_key(review)})
    rma = the_return(db)
    assert (sent.status_code, sent.location) == (303, f"{BASE}/returns/{rma.number}")
    (line,) = rma.lines
    assert (line.order_line_id, line.quantity, line.reason, line.resolution, line.comment) == (
        teapot.id,
        2,
        "not_as_described",
        "refund",
        "It leaks.",
    )
    assert (rma.origin, rma.word) == ("shopper", "Return Authorized")
    assert (rma.events[0].actor_kind, rma.events[0].actor_name) == ("shopper", "Demo Shopper 1")

    page = guest.get(sent.location).text
    assert "Your request has reached the store." in page
    assert rma.number in page
    assert "How to send it back" in page
    assert "Pack the items well" in page


def test_the_confirmation_names_the_return_address(guest, order, store, db):
    store = db.session.merge(store)
    save_settings(store, settings_of(store).model_copy(update={"return_address": "Dock 7\nHarbour Road"}))
    db.session.commit()
    number = file_return(guest, order, filled(order.lines[0].id))
    assert "Dock 7\nHarbour Road</address>" in guest.get(f"{BASE}/returns/{number}").text


def test_letters_to_the_shopper_and_the_staff_are_written_with_it(guest, order, db):
    file_return(guest, order, filled(order.lines[0].id))
    notices = db.session.scalars(select(Letter.notice).order_by(Letter.id)).all()
    assert sorted(notices) == ["authorized", "guest_code", "requested", "staff_new_request"]


def test_sent_twice_it_is_filed_once(guest, order, db):
    post(guest, PATH, filled(order.lines[0].id), at=PATH)
    review = guest.get(f"{PATH}/review").text
    form = {"csrf_token": token_of(review), "form_key": form_key(review)}
    first, second = guest.post(f"{PATH}/review", data=form), guest.post(f"{PATH}/review", data=form)
    assert first.location == second.location
    assert count(db) == 1


def test_a_form_changed_in_another_window_is_not_sent_as_it_was_shown(guest, order, db):
    post(guest, PATH, filled(order.lines[0].id), at=PATH)
    old = guest.get(f"{PATH}/review").text
    post(guest, PATH, filled(order.lines[2].id, quantity=2), at=PATH)
    answer = guest.post(f"{PATH}/review", data={"csrf_token": token_of(old), "form_key": form_key(old)})
    assert answer.location == f"{PATH}/review"
    page = guest.get(answer.location).text
    assert "changed in another window" in page
    assert "2 × <bdi>Mug</bdi>" in page
    assert count(db) == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pick": ""}, "Tick the items you want to return."),
        ({"reason": ""}, "Choose a reason."),
        ({"reason": "i_made_it_up"}, "Choose a reason."),
        ({"quantity": "0"}, "Say how many you want to return."),
        ({"quantity": "-1"}, "Say how many you want to return."),
        ({"quantity": "1e9"}, "Say how many you want to return."),
        ({"quantity": "4"}, "Only 3 of these can be returned now. Choose again."),
        ({"comment": "x" * 2001}, "Please write at most 2000 characters; there are 2001."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(guest, order, db, changes, sentence):
    form = filled(order.lines[0].id, **{"comment": "It leaks.", **changes})
    answer = post(guest, PATH, form, at=PATH)
    assert answer.location == f"{PATH}?check=1#problems"
    page = guest.get(answer.location).text
    assert sentence in page
    assert form[f"comment-{order.lines[0].id}"] in page
    assert guest.get(f"{PATH}/review").status_code == 302
    assert count(db) == 0


def test_a_line_of_another_order_is_refused(guest, order, db):
    stranger = an_order([a_line(name="Secret lamp")], bc_order_id=999)
    page = guest.get(post(guest, PATH, filled(stranger.lines[0].id), at=PATH).location).text
    assert "no longer part of this order" in page
    assert "Secret lamp" not in page
    assert count(db) == 0


def test_the_form_comes_back_filled_in_after_going_back(guest, order):
    line = order.lines[0]
    post(guest, PATH, filled(line.id, quantity=2, reason="damaged", comment="Broken spout"), at=PATH)
    page = guest.get(PATH).text
    assert "Broken spout" in page
    assert '<option value="2" selected>' in page
    assert '<option value="damaged" selected>' in page
    assert f'name="pick-{line.id}" value="1" checked' in page


def test_once_sent_the_form_is_empty_again(guest, order):
    file_return(guest, order, filled(order.lines[0].id, comment="Broken spout"))
    assert "Broken spout" not in guest.get(PATH).text


def test_quantities_that_went_stale_since_the_review_are_a_sentence(guest, order, db, app, store):
    post(guest, PATH, filled(order.lines[0].id, quantity=3, comment="All three"), at=PATH)
    review = guest.get(f"{PATH}/review").text
    other = a_browser(app)
    come_in(other, store.id, order)
    file_return(other, order, filled(order.lines[0].id, quantity=2))

    answer = guest.post(f"{PATH}/review", data={"csrf_token": token_of(review), "form_key": form_key(review)})
    assert answer.location == f"{PATH}?check=1"
    page = guest.get(answer.location).text
    assert "Only 1 of these can be returned now. Choose again." in page
    assert "All three" in page
    assert count(db) == 1


def test_what_is_in_a_return_already_cannot_be_asked_for_again(guest, order, db):
    file_return(guest, order, filled(order.lines[0].id, quantity=3))
    assert "This item is in a return already." in guest.get(PATH).text
    page = guest.get(post(guest, PATH, filled(order.lines[0].id), at=PATH).location).text
    assert "Teapot can no longer be returned." in page
    assert count(db) == 1


def test_a_request_against_the_rules_is_kept_as_rejected_with_its_reason(guest, order, db):
    book = order.lines[1]
    post(guest, PATH, filled(book.id), at=PATH)
    assert "Downloads cannot be returned. The request will be answered with this." in guest.get(f"{PATH}/review").text
    number = file_return(guest, order, filled(book.id))
    assert the_return(db).word == "Request Rejected"
    page = guest.get(f"{BASE}/returns/{number}").text
    assert "Downloads cannot be returned." in page
    assert "Request Rejected" in page
    assert "How to send it back" not in page
    assert "Cancel this return" not in page


NASTY = "<script>alert(1)</script> & \"quotes\" 'single' שלום 👩🏽‍🚀\u202e \x00 end"


def test_markup_other_scripts_and_emoji_in_a_comment_are_text(guest, order, db):
    number = file_return(guest, order, filled(order.lines[0].id, comment=NASTY))
    assert the_return(db).lines[0].comment == NASTY.replace("\x00", "").replace("\u202e", "\u202e")
    page = guest.get(f"{BASE}/returns/{number}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "שלום 👩🏽‍🚀" in page


def test_a_form_sent_after_the_session_ended_is_kept_until_the_shopper_is_in_again(guest, order, store, db):
    line = order.lines[0]
    token = token_of(guest.get(PATH).text)
    later = clock.now() + timedelta(hours=2, seconds=1)
    clock.use(lambda: later)
    answer = guest.post(PATH, data={"csrf_token": token, **filled(line.id, comment="Broken spout")})
    assert answer.location == f"{BASE}?order=1234"
    come_in(guest, store.id, order)
    assert "Broken spout" in guest.get(PATH).text
    assert count(db) == 0


def test_a_review_sent_after_the_session_ended_is_still_there_afterwards(guest, order, store, db):
    post(guest, PATH, filled(order.lines[0].id, comment="Broken spout"), at=PATH)
    review = guest.get(f"{PATH}/review").text
    later = clock.now() + timedelta(hours=2, seconds=1)
    clock.use(lambda: later)
    form = {"csrf_token": token_of(review), "form_key": form_key(review)}
    assert guest.post(f"{PATH}/review", data=form).location == f"{BASE}?order=1234"
    come_in(guest, store.id, order)
    assert "Broken spout" in guest.get(f"{PATH}/review").text
    assert count(db) == 0


def test_what_one_shopper_typed_does_not_show_to_the_next_on_the_same_browser(guest, order, store, db):
    post(guest, PATH, filled(order.lines[0].id, comment="Broken spout"), at=PATH)
    other = an_order([a_line()], bc_order_id=999, shopper_email="other@shop.example")
    later = clock.now() + timedelta(hours=2, seconds=1)
    clock.use(lambda: later)
    come_in(guest, store.id, other)
    assert "Broken spout" not in guest.get(f"{BASE}/orders/999").text
    assert guest.get(PATH).status_code == 404


def test_another_shoppers_return_is_not_found(guest, app, store, order):
    theirs = an_order([a_line(name="Secret lamp")], bc_order_id=999, shopper_email="other@shop.example")
    other = a_browser(app)
    come_in(other, store.id, theirs)
    number = file_return(other, theirs, filled(theirs.lines[0].id))
    missing = guest.get(f"{BASE}/returns/RMA-222222")
    found = guest.get(f"{BASE}/returns/{number}")
    assert (missing.status_code, found.status_code) == (404, 404)
    assert missing.text == found.text
    assert post(guest, f"{BASE}/returns/{number}/cancel", at=PATH).status_code == 404


def test_a_return_of_another_store_is_not_found(guest, app, order, db):
    number = file_return(guest, order, filled(order.lines[0].id))
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        an_order([a_line()], bc_order_id=1234, bc_customer_id=7)
    browser = a_browser(app)
    jwt = current_jwt(7, sub="xyz", store_hash="xyz")
    assert browser.post("/r/xyz/signed-in", data={"jwt": jwt}).status_code == 303
    assert browser.get("/r/xyz/orders/1234").status_code == 200
    assert browser.get(f"/r/xyz/returns/{number}").status_code == 404


def test_a_customer_files_for_their_order_as_themselves(client, store, db):
    mine = an_order([a_line(name="Teapot")], bc_order_id=1234, bc_customer_id=7, shopper_name="Demo Shopper 7")
    sign_in(client, 7)
    file_return(client, mine, filled(mine.lines[0].id))
    event = the_return(db).events[0]
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("shopper", 7, "Demo Shopper 7")


def test_the_mails_link_leads_to_the_return_after_the_code(guest, app, order, store):
    number = file_return(guest, order, filled(order.lines[0].id))
    fresh = a_browser(app)
    entry = fresh.get(f"{BASE}/returns/{number}?order=1234", follow_redirects=True)
    assert 'name="return"' in entry.text
    ask(fresh, 1234, order.shopper_email, **{"return": number})
    page = fresh.get(enter(fresh, mailed_code(store.id)).location, follow_redirects=True)
    assert page.request.path == f"{BASE}/returns/{number}"


def test_cancelling_before_hand_over_frees_the_items(guest, order, db):
    number = file_return(guest, order, filled(order.lines[0].id, quantity=3))
    path = f"{BASE}/returns/{number}"
    answer = post(guest, f"{path}/cancel", at=path)
    assert (answer.status_code, answer.location) == (303, path)
    page = guest.get(path).text
    assert "The return is cancelled." in page
    assert "Cancel this return" not in page
    assert the_return(db).word == "Cancelled"
    assert "This item is in a return already." not in guest.get(PATH).text
    assert "cancelled" in db.session.scalars(select(Letter.notice)).all()


def test_cancelling_a_parcel_that_has_arrived_is_a_sentence(guest, order, db, store):
    number = file_return(guest, order, filled(order.lines[0].id))
    path = f"{BASE}/returns/{number}"
    token = token_of(guest.get(path).text)
    rma = the_return(db)
    receive_parcel.receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    answer = guest.post(f"{path}/cancel", data={"csrf_token": token})
    assert answer.location == path
    page = guest.get(path).text
    assert "can no longer be cancelled" in page
    assert the_return(db).word == "Received"


def test_the_page_tells_what_happens_next_at_every_stage(guest, order, db, store):
    store = db.session.merge(store)
    save_settings(store, settings_of(store).model_copy(update={"review_above": Decimal(1)}))
    db.session.commit()
    number = file_return(guest, order, filled(order.lines[0].id, quantity=3))
    path = f"{BASE}/returns/{number}"
    page = guest.get(path).text
    assert "The store looks at your request" in page
    assert "Please do not send anything yet." in page
    assert "How to send it back" not in page

    rma = the_return(db)
    decide_return.authorize(rma.id, {rma.lines[0].id: 2}, CLERK)
    page = guest.get(path).text
    assert "What is approved already can be sent now." in page
    assert "How to send it back" in page

    rest = next(line for line in the_return(db).lines if line.decision != "authorized")
    decide_return.reject(rma.id, {rest.id: 1}, CLERK, "It was used.")
    page = guest.get(path).text
    assert "Approved in part" in page
    assert "It was used." in page
    assert "clerk@abc123.example" not in page

    sent = next(line for line in the_return(db).lines if line.decision == "authorized")
    receive_parcel.receive(rma.id, {sent.id: 2}, CLERK)
    page = guest.get(path).text
    assert "Your parcel has arrived." in page
    assert "Arrived at the store" in page


def test_notes_of_the_staff_are_not_shown(guest, order, db):
    number = file_return(guest, order, filled(order.lines[0].id))
    service.note(the_return(db), "Looks like a regular returner", actor=CLERK)
    db.session.commit()
    assert "regular returner" not in guest.get(f"{BASE}/returns/{number}").text


def test_strict_headers_stand_on_every_page(guest, order):
    for path in (BASE, PATH):
        answer = guest.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text
        assert " onclick" not in answer.text


def test_no_line_is_written_for_a_form_that_was_refused(guest, order, db):
    post(guest, PATH, filled(order.lines[0].id, quantity=9), at=PATH)
    answer = post(guest, f"{PATH}/review", {"form_key": "made-up-key"}, at=PATH)
    assert answer.location == f"{PATH}/review"
    assert (count(db), count(db, ReturnLine)) == (0, 0)
