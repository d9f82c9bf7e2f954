"""Withdrawing at the portal: by guests, without a code, and telling nobody anything."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.extensions import as_store
from app.lib import clock
from app.notices.models import Letter
from app.orders.models import Order
from app.stores.models import StoreStatus
from app.stores.queries import save_settings, settings_of
from app.withdrawals.models import Withdrawal
from tests.factories import a_line, a_store, an_order
from tests.web.portal_visits import BASE, a_browser, come_in

PATH = f"{BASE}/withdraw"
SAID = {"name": "Demo Shopper 1", "order": "1234", "email": "shopper1@shop.example", "items": ""}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return a_browser(app)


@pytest.fixture
def order(store) -> Order:
    return an_order(
        [a_line(name="Teapot", quantity=3)], bc_order_id=1234, shopper_email="shopper1@shop.example",
        shopper_name="Demo Shopper 1",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.request_return.learn", lambda *given: None)


def confirm(client: FlaskClient, said: dict[str, str]):
    """Both steps, as a browser goes them."""
    review = client.post(PATH, data=said)
    assert review.status_code == 200, review.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', review.text))
    return client.post(f"{PATH}/confirm", data=fields)


def shown(page: str) -> str:
    """The page without what is new every time: its number and moment."""
    return re.sub(r"WD-[0-9A-Z]{8}|<time.*?</time>", "", page)


def kept(db, store) -> list[Withdrawal]:
    with as_store(store.id):
        db.session.rollback()
        return list(db.session.scalars(select(Withdrawal).order_by(Withdrawal.id)))


def test_the_way_there_stands_on_the_entry_page_the_order_page_and_every_page(client, store, order):
    link = 'href="/r/abc123/withdraw"'
    entry = client.get(BASE).text
    assert entry.count("Withdraw from contract here") == 2
    assert link in entry
    come_in(client, store.id, order)
    page = client.get(f"{BASE}/orders/1234").text
    assert f'href="{PATH}?order=1234"' in page
    assert "You may withdraw until" in page
    assert link in client.get(f"{BASE}/withdraw").text


def test_the_order_page_tells_the_last_day_and_never_hides_the_way(client, store, db):
    late = an_order(bc_order_id=7, shipped_days_ago=60)
    waiting = an_order([a_line(quantity_shipped=0)], bc_order_id=8, shipped_days_ago=None)
    for order, words in [(late, "ended on"), (waiting, "until 14 days after the last delivery")]:
        browser = a_browser(client.application)
        come_in(browser, store.id, order)
        page = browser.get(f"{BASE}/orders/{order.bc_order_id}").text
        assert words in page
        assert f"{PATH}?order={order.bc_order_id}" in page


def test_a_shop_without_consumers_in_the_eu_shows_no_way_but_takes_a_statement(client, store, db):
    save_settings(store, settings_of(store).model_copy(update={"withdrawal_offered": False}))
    db.session.commit()
    assert "Withdraw" not in client.get(BASE).text
    assert confirm(client, SAID).status_code == 200
    assert len(kept(db, store)) == 1


def test_a_guest_withdraws_in_two_steps_without_code_reason_or_cookie(app, store, order, db):
    client = app.test_client(use_cookies=False)
    page = client.get(PATH)
    assert 'aria-invalid="true"' not in page.text
    assert "built-in" not in page.text
    assert "csrf_token" not in page.text.partition("<main")[2]
    assert "reason" not in re.findall(r'name="(\w+)"', page.text)
    review = client.post(PATH, data=SAID)
    assert "Confirm withdrawal" in review.text
    assert kept(db, store) == []
    done = confirm(client, SAID)
    [row] = kept(db, store)
    assert row.number in done.text
    assert "shopper1@shop.example" in done.text
    assert (row.name, row.order_reference, row.email) == ("Demo Shopper 1", "1234", "shopper1@shop.example")
    assert db.session.scalar(select(func.count()).select_from(Letter).where(Letter.notice == "withdrawal_receipt")) == 1


@pytest.mark.parametrize(
    "changes",
    [{}, {"order": "9999"}, {"email": "other@shop.example"}, {"order": "the teapot"}],
    ids=["ours", "no such order", "another's mail", "no number"],
)
def test_whether_we_know_the_order_cannot_be_told(client, store, order, db, changes):
    theirs = confirm(a_browser(client.application), {**SAID, "order": "5555"})
    ours = confirm(client, {**SAID, **changes})
    here, there = shown(ours.text), shown(theirs.text)
    for name, value in {**SAID, **changes}.items():
        if value and name in ("order", "email"):
            here = here.replace(value, "…")
    for value in ("5555", SAID["email"]):
        there = there.replace(value, "…")
    assert here == there
    assert "Teapot" not in ours.text


def test_stated_again_by_somebody_else_it_shows_nothing_of_the_first(client, store, order, db):
    confirm(client, SAID)
    first = kept(db, store)[0].stated_at
    clock.use(lambda: first + timedelta(days=2))
    again = confirm(a_browser(client.application), {**SAID, "name": "A Stranger"})
    assert "Demo Shopper 1" not in again.text
    assert again.text.count(f'datetime="{(first + timedelta(days=2)).isoformat()}"') == 1
    assert len(kept(db, store)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "Please give your name."),
        ({"order": ""}, "Please give the order number"),
        ({"email": "shopper1"}, "Please give the mail address"),
        ({"email": "a@b.example, c@d.example"}, "Please give the mail address"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "Win at https://shop.example"}, "without a web address"),
        ({"items": "see www.shop.example"}, "without a web address"),
    ],
)
def test_what_is_missing_is_asked_for_with_everything_else_still_there(client, store, db, changes, words):
    said = {**SAID, "items": "two teapots", **changes}
    for path in (PATH, f"{PATH}/confirm"):
        page = client.post(path, data=said)
        assert page.status_code == 400
        assert words in page.text
        assert 'value="1234"' in page.text or "order" in changes
    assert kept(db, store) == []


def test_something_can_be_changed_before_it_is_confirmed(client, store, db):
    page = client.post(PATH, data={**SAID, "items": "two teapots", "change": "1"})
    assert 'value="two teapots"' in page.text
    assert kept(db, store) == []


def test_pressed_twice_or_loaded_anew_it_is_stated_once(client, store, db):
    review = client.post(PATH, data=SAID)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', review.text))
    one, two = (client.post(f"{PATH}/confirm", data=fields) for _ in range(2))
    assert one.text == two.text
    assert [row.repeats for row in kept(db, store)] == [0]


def test_who_has_proven_an_order_finds_it_filled_in_and_nobody_else(client, store, order):
    address = f"{PATH}?order=1234"
    assert "Demo Shopper 1" not in client.get(address).text
    come_in(client, store.id, order)
    page = client.get(address).text
    assert 'value="Demo Shopper 1"' in page
    assert 'value="shopper1@shop.example"' in page
    an_order(bc_order_id=77, shopper_name="Somebody Else")
    assert "Somebody Else" not in client.get(f"{PATH}?order=77").text


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", 'O\'Neil "x"', "שלום 👩🏽‍🚀", "a\x00b", "a\nb"])
def test_whatever_is_typed_is_text(client, store, db, typed):
    done = confirm(client, {**SAID, "order": typed})
    assert done.status_code == 200
    assert "<script>alert" not in done.text


def test_nonsense_in_the_address_is_no_error(client, store):
    for order in ("9" * 400, "<b>", "-1", "%00", "½"):
        assert client.get(f"{PATH}?order={order}").status_code == 200


def test_a_store_that_left_takes_no_statement_and_another_store_finds_none(client, store, db):
    confirm(client, SAID)
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        assert db.session.scalar(select(func.count()).select_from(Withdrawal)) == 0
    with as_store(store.id):
        store.status = StoreStatus.UNINSTALLED
        db.session.commit()
    assert client.post(f"{PATH}/confirm", data=SAID).status_code == 404
    assert client.get("/r/nobody/withdraw").status_code == 404
