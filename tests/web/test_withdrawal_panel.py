"""Withdrawals in the panel: the list, the clock, what is to be done, receipts checked; and strangers find nothing."""

from datetime import timedelta

import pytest
from flask import Flask

from app.flows import follow_withdrawal, withdraw
from app.flows.change_settings import change_settings
from app.lib import clock
from app.lib.money import Money
from app.returns.actor import Actor
from app.returns.queries import get_return
from app.stores.queries import settings_of
from app.withdrawals.models import Withdrawal
from app.withdrawals.queries import find_by_number, get_withdrawal
from app.withdrawals.statement import Statement
from tests.factories import a_line, a_store, an_order
from tests.web.panel_visitor import Visitor, words

CLERK = Actor("staff", 1, "clerk@abc123.example")


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.follow_withdrawal.learn", lambda *given: None)
    monkeypatch.setattr("app.flows.request_return.learn", lambda *given: None)


@pytest.fixture
def clerk(app: Flask, store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def withdrawn(db, store):
    """State a withdrawal and let what follows happen."""

    def state(order, email: str = "", items: str = "", name: str = "Demo Shopper 4") -> Withdrawal:
        reference = str(getattr(order, "bc_order_id", order))
        said = Statement(name, reference, email or order.shopper_email, items)
        number = withdraw.state(said, form_key="", visitor="one").number
        found = find_by_number(number)
        assert found is not None
        follow_withdrawal.follow(store.id, found.id)
        return get_withdrawal(found.id)

    return state


def page_of(found: Withdrawal) -> str:
    return f"/panel/withdrawals/{found.id}"


def test_an_empty_list_says_how_shoppers_get_there(clerk):
    page = clerk.get("/panel/withdrawals")
    assert "No withdrawals yet" in words(page)
    assert "/r/abc123/withdraw" in page.text


def test_the_list_shows_match_return_and_both_dates(clerk, withdrawn, db):
    found = withdrawn(an_order(bc_order_id=1023))
    withdrawn("the blue teapot", "somebody@shop.example", name="Demo Shopper 5")
    number, return_number = found.number, found.rma.number
    page = clerk.get("/panel/withdrawals")
    text = words(page)
    for word in (number, "#1023", return_number, "Waits for the goods", "“the blue teapot”", "Find the order"):
        assert word in text, word
    waiting = words(clerk.get("/panel/withdrawals", open=1))
    assert "Waiting for you 1" in waiting
    assert "Demo Shopper 5" in waiting
    assert number not in waiting


@pytest.mark.parametrize("q", ["1023", "#1023", "demo shopper 4", "WD-"])
def test_the_list_is_searched(clerk, withdrawn, q):
    withdrawn(an_order(bc_order_id=1023))
    assert "Demo Shopper 4" in words(clerk.get("/panel/withdrawals", q=q))
    assert "Nothing found" in words(clerk.get("/panel/withdrawals", q="nobody"))


def test_one_withdrawal_shows_the_statement_and_the_clock(clerk, withdrawn):
    found = withdrawn(an_order(bc_order_id=1023))
    text = words(clerk.get(page_of(found)))
    assert "Statement: I withdraw from my contract for this order." in text
    assert found.digest in text
    assert "You may keep the money back until the goods arrive" in text
    assert "counted from the day the order was shipped, with 3 days for the way" in text


def test_the_return_carries_the_clock_and_suggests_the_delivery(clerk, withdrawn, db):
    order = an_order([a_line(quantity=1)], shipping_inc_tax=5)
    found = withdrawn(order)
    return_id = found.return_id
    page = words(clerk.get(f"/panel/returns/{return_id}"))
    assert "Opened by a withdrawal" in page
    assert "Pay back by" in page
    assert "take no restocking fee" in page
    [line] = get_return(return_id).lines
    clerk.post(
        f"/panel/returns/{return_id}/receive",
        {"line": line.id, f"quantity-{line.id}": 1, f"version-{line.id}": line.version},
    )
    page = clerk.get(f"/panel/returns/{return_id}")
    assert "days left" in words(page)
    box = page.text.partition('name="shipping"')[2].partition(">")[0]
    assert "checked" in box
    assert Money(order.shipping_inc_tax, "USD")


def test_a_late_payment_is_seen(clerk, withdrawn, db):
    found = withdrawn(an_order([a_line(quantity_shipped=0)], shipped_days_ago=None))
    path = page_of(found)
    found.stated_at = clock.now() - timedelta(days=16)
    db.session.commit()
    assert "2 days late" in words(clerk.get(path))


def test_an_order_that_was_not_sent_is_a_task_until_it_is_done(clerk, withdrawn, db):
    found = withdrawn(an_order([a_line(quantity_shipped=0)], shipped_days_ago=None, bc_order_id=1023))
    path = page_of(found)
    assert "Cancel the order" in words(clerk.get(path))
    assert clerk.post(f"{path}/done").status_code == 303
    text = words(clerk.get(path))
    assert "Done: cancel the order" in text
    assert "user1@abc123.example" in text


def test_staff_says_which_order_is_meant(clerk, withdrawn, db):
    order = an_order(bc_order_id=1023, shopper_name="Demo Shopper 9")
    found = withdrawn("1023", "other@shop.example")
    path = page_of(found)
    assert "There is an order #1023, of Demo Shopper 9" in words(clerk.get(path))
    refused = clerk.post(f"{path}/match", {"bc_order_id": "4711"})
    assert refused.status_code == 400
    assert "We know no order of this number" in words(refused)
    assert 'value="4711"' in refused.text
    assert clerk.post(f"{path}/match", {"bc_order_id": "rubbish"}).status_code == 400
    assert clerk.post(f"{path}/match", {"bc_order_id": "#1023"}).status_code == 303
    db.session.expire_all()
    assert get_withdrawal(found.id).order_id == order.id


def test_staff_opens_the_return_for_the_items_named(clerk, withdrawn, db):
    order = an_order([a_line(quantity=3, name="Teapot"), a_line(name="Cup")])
    found = withdrawn(order, items="two teapots")
    path = page_of(found)
    assert "two teapots" in words(clerk.get(path))
    assert clerk.post(f"{path}/items", {}).status_code == 400
    assert clerk.post(f"{path}/items", {f"quantity-{order.lines[0].id}": "2"}).status_code == 303
    db.session.expire_all()
    assert [line.quantity for line in get_withdrawal(found.id).rma.lines] == [2]


def test_a_proof_of_sending_ends_the_waiting(clerk, withdrawn, db):
    found = withdrawn(an_order())
    path = page_of(found)
    assert "A proof of sending has come" in words(clerk.get(path))
    clerk.post(f"{path}/proof")
    text = words(clerk.get(path))
    assert "Here, or shown to be sent, since" in text
    assert "A proof of sending has come" not in text


def test_looking_again_changes_nothing_that_did_not_change(clerk, withdrawn):
    found = withdrawn(an_order())
    number = found.rma.number
    clerk.post(f"{page_of(found)}/look")
    assert get_withdrawal(found.id).rma.number == number


def test_a_receipt_is_checked(clerk, withdrawn, db):
    found = withdrawn(an_order())
    path, statement, number, digest = "/panel/withdrawals/verify", found.statement, found.number, found.digest
    cases = [
        (f"Hello,\n> {statement}\n".replace("\n", "\n> "), "This receipt is genuine"),
        (digest.upper(), "This receipt is genuine"),
        (statement.replace("Demo Shopper 4", "Demo Shopper 5"), "This receipt was changed"),
        (number.lower(), "We have a receipt of this number"),
        ("WD-22222222", "This is no receipt of ours"),
        ("nothing at all \x00 שלום", "This is no receipt of ours"),
    ]
    for pasted, verdict in cases:
        assert verdict in words(clerk.post(path, {"receipt": pasted})), pasted
    assert "message-" not in clerk.post(path, {"receipt": ""}).text


def test_a_record_somebody_changed_in_the_books_is_noticed(clerk, withdrawn, db):
    found = withdrawn(an_order())
    digest = found.digest
    found.statement = found.statement.replace("Demo Shopper 4", "Demo Shopper 5")
    db.session.commit()
    page = clerk.post("/panel/withdrawals/verify", {"receipt": digest})
    assert "Our record does not fit its seal" in words(page)


def test_the_settings_are_kept_and_nonsense_is_not(clerk, store, db):
    path = "/panel/withdrawals/settings"
    assert clerk.get(path).status_code == 200
    form = {"offered": "1", "exception": "7:perishable", "category": "5", "ground": "sealed_hygiene"}
    assert clerk.post(path, form).status_code == 303
    db.session.expire_all()
    kept = settings_of(store)
    assert (kept.withdrawal_offered, kept.withdrawal_informed) == (True, False)
    assert [(one.bc_category_id, one.code) for one in kept.withdrawal_exceptions] == [
        (7, "perishable"),
        (5, "sealed_hygiene"),
    ]
    assert "Sealed for health or hygiene" in words(clerk.get(path))
    for bad in ({"category": "5"}, {"category": "x", "ground": "perishable"}, {"exception": "5:digital_begun"}):
        assert clerk.post(path, bad).status_code == 400
    db.session.expire_all()
    assert settings_of(store) == kept


def test_exceptions_are_shown_with_their_question(clerk, withdrawn, store, monkeypatch):
    monkeypatch.setattr(follow_withdrawal, "categories_of", lambda product: frozenset({5}))
    change_settings(store, {"withdrawal_exceptions": [{"bc_category_id": 5, "code": "sealed_hygiene"}]}, CLERK)
    found = withdrawn(an_order([a_line(name="Cream")]))
    text = words(clerk.get(page_of(found)))
    assert "Cream : Sealed for health or hygiene (Article 16, letter e)" in text
    assert "Was its seal broken" in text


def test_a_stranger_finds_nothing(app, withdrawn, db):
    found = withdrawn(an_order())
    stranger = Visitor(app, a_store(store_hash="xyz"))
    assert found.number not in stranger.get("/panel/withdrawals").text
    assert stranger.get(page_of(found)).status_code == 404
    for deed in ("match", "look", "items", "done", "proof"):
        assert stranger.post(f"{page_of(found)}/{deed}", {"bc_order_id": "1"}).status_code == 404
    shown = f"{found.statement}\n{found.digest}\n{found.seal}"
    checked = words(stranger.post("/panel/withdrawals/verify", {"receipt": shown}))
    assert "This is no receipt of ours" in checked


@pytest.mark.parametrize("path", ["0", "9" * 18, "9" * 30, "x"])
def test_no_such_withdrawal_is_not_found(clerk, path):
    assert clerk.get(f"/panel/withdrawals/{path}").status_code == 404


def test_forms_need_their_token(clerk, withdrawn):
    found = withdrawn(an_order())
    assert clerk.post(f"{page_of(found)}/done", token=False).status_code == 400
