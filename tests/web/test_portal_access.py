"""Coming in: the mailed code, the storefront's word, and what strangers find."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app.extensions import as_store
from app.flows.prove_guest import ask_code, enter_code
from app.lib import clock
from app.lib.errors import UserError
from app.notices.models import Letter
from app.orders.models import Order
from app.stores.models import PortalCode, PortalSession, Store, StoreStatus
from tests.factories import a_line, a_store, an_order
from tests.web.portal_visits import (
    BASE,
    a_browser,
    ask,
    bare,
    come_in,
    current_jwt,
    enter,
    mailed_code,
    post,
    sign_in,
    token_of,
)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return a_browser(app)


@pytest.fixture
def order(store) -> Order:
    return an_order([a_line(name="Teapot", quantity=3)], bc_order_id=1234, shopper_email="shopper1@shop.example")


def count(db, table) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_guest_comes_in_with_order_number_mail_and_code(client, store, order):
    asked = ask(client, "#1234", " Shopper1@Shop.example ")
    assert (asked.status_code, asked.location) == (303, f"{BASE}/code")
    assert "Teapot" not in client.get(f"{BASE}/code").text

    entered = enter(client, mailed_code(store.id))
    assert entered.status_code == 303
    page = client.get(entered.location, follow_redirects=True)
    assert page.request.path == f"{BASE}/orders/1234"
    assert "Teapot" in page.text


def test_the_code_goes_to_the_orders_own_address(client, store, order, db):
    ask(client, 1234, "SHOPPER1@shop.example")
    letter = db.session.scalars(select(Letter)).one()
    assert (letter.notice, letter.to_email) == ("guest_code", "shopper1@shop.example")


@pytest.mark.parametrize(
    ("number", "email"),
    [("9999", "shopper1@shop.example"), ("1234", "b@shop.example"), ("1234", ""), ("none", "shopper1@shop.example")],
)
def test_a_wrong_order_and_a_wrong_mail_get_no_mail(client, store, order, db, jobs, number, email):
    ask(client, number, email)
    assert count(db, Letter) == 0
    assert jobs() == []


def test_a_right_and_a_wrong_look_up_are_answered_alike(app: Flask, store, order):
    seen = []
    for number, email in (("1234", "shopper1@shop.example"), ("9999", "shopper1@shop.example")):
        client = a_browser(app)
        asked = ask(client, number, email)
        page = client.get(asked.location)
        wrong = enter(client, "000000" if number == "9999" else "none")
        after = client.get(wrong.location)
        seen.append(
            [
                asked.status_code,
                asked.location,
                page.status_code,
                bare(page.text).replace(number, "N"),
                wrong.status_code,
                wrong.location,
                bare(after.text).replace(number, "N"),
                sorted(asked.headers.keys()),
            ]
        )
    assert seen[0] == seen[1]


def test_a_wrong_order_and_a_wrong_mail_give_pages_equal_to_the_byte(app: Flask, store, order, db):
    pages = []
    for held in ("shopper1@shop.example", "other@shop.example"):
        order.shopper_email = held
        db.session.commit()
        client = a_browser(app)
        ask(client, "1234", "shopper1@shop.example")
        pages.append(bare(client.get(f"{BASE}/code").text))
    assert pages[0] == pages[1]


def test_five_tries_then_even_the_right_code_is_over(client, store, order, db):
    ask(client, 1234, "shopper1@shop.example")
    right = mailed_code(store.id)
    wrong = "000000" if right != "000000" else "000001"
    for left in (4, 3, 2, 1):
        answer = client.get(enter(client, wrong).location).text
        assert f"Tries left: {left}." in answer
    assert "Ask for another one" in client.get(enter(client, wrong).location).text
    assert "Ask for another one" in client.get(enter(client, right).location).text
    assert count(db, PortalSession) == 0


def test_a_code_is_good_for_fifteen_minutes(client, store, order, db):
    start = clock.now()
    clock.use(lambda: start)
    ask(client, 1234, "shopper1@shop.example")
    clock.use(lambda: start + timedelta(minutes=15))
    assert "Ask for another one" in client.get(enter(client, mailed_code(store.id)).location).text
    assert count(db, PortalSession) == 0

    clock.use(lambda: start + timedelta(minutes=14, seconds=59))
    assert enter(client, mailed_code(store.id)).location == BASE


def test_a_code_is_good_once(app, client, store, order, db):
    ask(client, 1234, "shopper1@shop.example")
    with client.session_transaction(BASE) as kept:
        look = dict(kept["look"])
    code = mailed_code(store.id)
    assert enter(client, code).status_code == 303
    again = a_browser(app)
    again.get(BASE)
    with again.session_transaction(BASE) as kept:
        kept["look"] = look
    assert "Ask for another one" in again.get(enter(again, code).location).text
    assert count(db, PortalSession) == 1


def test_the_code_of_another_look_up_opens_nothing(app, store, order, db):
    mine, other = a_browser(app), a_browser(app)
    ask(mine, 1234, "shopper1@shop.example")
    code = mailed_code(store.id)
    ask(other, 9999, "thief@shop.example")
    assert "Tries left" in other.get(enter(other, code).location).text
    assert count(db, PortalSession) == 0


def test_of_two_entering_one_code_at_once_one_comes_in(app, store, order, db):
    key = ask_code("1234", "shopper1@shop.example", visitor="v")
    code = mailed_code(store.id)
    start, store_id = threading.Barrier(4), store.id
    results = []

    def one():
        with app.app_context(), as_store(store_id):
            start.wait()
            try:
                enter_code(key, code)
                results.append("in")
            except UserError as error:
                results.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["code_over", "code_over", "code_over", "in"]
    assert count(db, PortalSession) == 1


def test_codes_of_one_order_are_throttled_across_threads_alike_for_right_and_wrong(app, store, order, db):
    answers = {"1234": [], "9999": []}

    def one(number):
        client = a_browser(app)
        answers[number].append(ask(client, number, "shopper1@shop.example").location)

    for number in answers:
        threads = [threading.Thread(target=one, args=(number,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {number: found.count(f"{BASE}/code") for number, found in answers.items()} == {"1234": 5, "9999": 5}
    assert count(db, Letter) == 5
    assert count(db, PortalCode) == 10


def test_one_address_cannot_ask_about_order_after_order(client, store):
    found = [ask(client, number, "a@shop.example").location for number in range(1, 23)]
    assert found[:20] == [f"{BASE}/code"] * 20
    assert found[20:] == [BASE] * 2
    assert "Wait a quarter of an hour" in client.get(BASE).text


def test_what_was_typed_is_still_there_after_a_mistake(client, store):
    ask(client, "1234", "")
    page = client.get(BASE).text
    assert "Please fill in both" in page
    assert 'value="1234"' in page


def test_a_form_without_its_token_is_refused(client, store, order, db):
    client.get(BASE)
    assert client.post(f"{BASE}/code", data={"order": "1234", "email": "shopper1@shop.example"}).status_code == 400
    assert count(db, PortalCode) == 0


@pytest.mark.parametrize("path", ["/orders", "/orders/1234", "/orders/1234/review", "/returns/RMA-7KQ2MX"])
def test_without_proof_every_page_leads_to_the_entry(client, store, order, path):
    answer = client.get(f"{BASE}{path}")
    assert answer.status_code == 303
    assert answer.location.startswith(BASE)
    assert "Teapot" not in client.get(answer.location).text


def test_the_entry_knows_what_the_visitor_was_going_to(client, store, order):
    page = client.get(f"{BASE}/returns/RMA-7KQ2MX?order=1234", follow_redirects=True).text
    assert 'value="1234"' in page
    assert 'name="return" value="RMA-7KQ2MX"' in page


def test_a_guest_sees_their_order_only(client, store, order):
    an_order([a_line(name="Secret lamp")], bc_order_id=1235, shopper_email="shopper1@shop.example")
    come_in(client, store.id, order)
    for number in (1235, 77777):
        page = client.get(f"{BASE}/orders/{number}")
        assert page.status_code == 404
        assert "Secret lamp" not in page.text


def test_a_session_of_one_store_opens_nothing_in_another(client, store, order):
    come_in(client, store.id, order)
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        an_order([a_line(name="Secret lamp")], bc_order_id=1234)
    assert client.get("/r/xyz/orders/1234").status_code == 303
    assert "Secret lamp" not in client.get("/r/xyz/orders/1234", follow_redirects=True).text


def test_the_session_ends_after_two_hours(client, store, order):
    come_in(client, store.id, order)
    later = clock.now() + timedelta(hours=2, seconds=1)
    clock.use(lambda: later)
    assert client.get(f"{BASE}/orders/1234").status_code == 303


def test_signing_out_ends_the_session(client, store, order, db):
    come_in(client, store.id, order)
    assert post(client, f"{BASE}/leave", at=f"{BASE}/orders/1234").status_code == 303
    assert client.get(f"{BASE}/orders/1234").status_code == 303
    assert count(db, PortalSession) == 0


def test_coming_in_gives_a_new_session(client, store, order):
    before = token_of(client.get(BASE).text)
    come_in(client, store.id, order)
    with client.session_transaction(BASE) as kept:
        assert set(kept) <= {"portal_key", "csrf_token", "_flashes"}
    answer = client.post(f"{BASE}/leave", data={"csrf_token": before})
    assert answer.status_code == 400


@pytest.mark.parametrize("nonsense", ["%00", "abc123%00", "x" * 300, "%F0%9F%98%80", "abc123'--", "ABC123"])
def test_nonsense_for_a_store_finds_the_closed_page_and_no_bug(client, store, nonsense):
    assert client.get(f"/r/{nonsense}").status_code == 404
    assert client.get(f"/storefront/{nonsense}.js").status_code == 404


def test_a_store_that_never_was_and_one_that_left_look_the_same(client, store, db):
    a_store(store_hash="left1", status=StoreStatus.UNINSTALLED)
    never, left = client.get("/r/never1"), client.get("/r/left1")
    assert (never.status_code, left.status_code) == (404, 404)
    assert never.text == left.text
    assert "Store left1" not in left.text
    assert client.post("/r/left1/signed-in", data={"jwt": "x"}).status_code == 404


def test_a_store_that_must_authorize_again_still_takes_requests(client, store, db):
    db.session.get(Store, store.id).status = StoreStatus.NEEDS_AUTHORIZATION
    db.session.commit()
    assert client.get(BASE).status_code == 200


def test_a_signed_in_customer_sees_their_orders_and_no_others(client, store, db):
    an_order([a_line(name="Mine one")], bc_order_id=1, bc_customer_id=7)
    an_order([a_line(name="Mine two")], bc_order_id=2, bc_customer_id=7)
    an_order([a_line(name="Theirs")], bc_order_id=3, bc_customer_id=8)
    an_order([a_line(name="A guest's")], bc_order_id=4, bc_customer_id=0)
    an_order([a_line(name="Unfinished")], bc_order_id=5, bc_customer_id=7, bc_status_id=0)
    an_order([a_line(name="Deleted")], bc_order_id=6, bc_customer_id=7, is_deleted=True)

    page = client.get(sign_in(client, 7).location, follow_redirects=True)
    assert page.request.path == f"{BASE}/orders"
    assert "Mine one" in page.text
    assert "Mine two" in page.text
    for other in ("Theirs", "A guest", "Unfinished", "Deleted"):
        assert other not in page.text
    assert client.get(f"{BASE}/orders/2").status_code == 200
    assert [client.get(f"{BASE}/orders/{n}").status_code for n in (3, 4, 5, 6)] == [404] * 4


def test_a_signed_in_customer_lands_on_the_order_they_came_from(client, store):
    an_order(bc_order_id=1, bc_customer_id=7)
    page = client.get(sign_in(client, 7, order_id="1").location, follow_redirects=True)
    assert page.request.path == f"{BASE}/orders/1"


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "another-secret-another-secret-another-secret"},
        {"exp": 1000, "iat": 100},
        {"sub": "xyz", "store_hash": "xyz"},
        {"aud": "another-app"},
        {"operation": "something_else"},
        {"iss": "somebody"},
        {"customer": {"email": "a@b.example"}},
    ],
)
def test_a_forged_old_or_foreign_token_lets_nobody_in(client, store, db, changes):
    answer = client.post(f"{BASE}/signed-in", data={"jwt": current_jwt(7, **changes)})
    assert answer.status_code == 403
    assert "sign in and try again" in answer.text
    assert count(db, PortalSession) == 0
    assert client.get(f"{BASE}/orders").status_code == 303


def test_no_token_at_all_lets_nobody_in(client, store, db):
    assert client.post(f"{BASE}/signed-in").status_code == 403
    assert count(db, PortalSession) == 0


def test_a_right_and_a_wrong_look_up_ask_the_database_for_the_same(store, order, db):
    ends = ("RELEASE", "ROLLBACK")
    seen: list[list[str]] = []

    def hear(connection, cursor, statement, *rest):
        verb = statement.split()[0]
        seen[-1].append("end of savepoint" if verb in ends else verb)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        for number in ("1234", "9999"):
            db.session.expire_all()
            seen.append([])
            ask_code(number, "shopper1@shop.example", visitor="v")
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    assert seen[0] == seen[1]
