"""Statements are kept once, answered at once, and never lost."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.extensions import as_store
from app.extensions import db as database
from app.flows import withdraw
from app.flows.change_settings import change_settings
from app.flows.withdraw import PER_MAIL, PER_VISITOR, send_receipts, state
from app.lib import clock
from app.notices.models import Letter
from app.returns.actor import Actor
from app.withdrawals.models import Withdrawal
from app.withdrawals.statement import is_sealed
from tests.factories import an_order
from tests.withdrawals.conftest import says


def rows(db):
    return db.session.scalars(select(Withdrawal).order_by(Withdrawal.id)).all()


def receipts(db):
    query = select(Letter).where(Letter.notice == "withdrawal_receipt").order_by(Letter.id)
    return db.session.scalars(query).all()


def test_a_statement_is_kept_and_answered_in_one_commit(db, store, jobs):
    stated = state(says("1023"), form_key="form-1", visitor="one")
    [row] = rows(db)
    assert (row.number, row.stated_at) == (stated.number, stated.at)
    assert (row.name, row.order_reference) == ("Demo Shopper", "1023")
    assert is_sealed(row.digest, row.seal, store.store_hash, ["a-secret-key-of-the-tests"])
    [letter] = receipts(db)
    assert letter.to_email == "shopper@shop.example"
    assert letter.facts["receipts"] == [
        {"number": row.number, "text": row.statement, "digest": row.digest, "seal": row.seal}
    ]
    assert [name for name, _ in jobs()] == ["letter.send", "withdrawal.follow"]


def test_the_order_is_not_looked_at_while_the_shopper_waits(db, store, monkeypatch):
    """What is done for our order and for nobody's is the same, so that the time it takes tells nothing."""
    order = an_order()
    looked = []
    monkeypatch.setattr("app.orders.queries.find_order_by_bc_id", looked.append)
    state(says(order), form_key="form-1", visitor="one")
    state(says("999999"), form_key="form-2", visitor="one")
    assert looked == []
    assert [row.order_id for row in rows(db)] == [None, None]


def test_pressed_twice_it_is_stated_and_answered_once(db, store, jobs):
    first = state(says("1023"), form_key="form-1", visitor="one")
    waiting = jobs()
    assert state(says("1023"), form_key="form-1", visitor="one") == first
    assert len(rows(db)) == len(receipts(db)) == 1
    assert jobs() == waiting


def test_the_same_stated_again_gets_the_first_receipt_again(db, store):
    first = state(says("1023"), form_key="form-1", visitor="one")
    clock.use(lambda: first.at + timedelta(days=3))
    again = state(says(" #1023 ", "SHOPPER@shop.example", name="D. Shopper"), form_key="form-2", visitor="two")
    [row] = rows(db)
    assert again.number == first.number
    assert (row.repeats, row.stated_at, row.repeated_at) == (1, first.at, first.at + timedelta(days=3))
    one, two = receipts(db)
    assert one.facts == two.facts
    assert one.cause != two.cause


def test_other_items_or_another_order_or_mail_is_another_statement(db, store):
    others = [{}, {"items": "the teapot"}, {"order_reference": "1024"}, {"email": "a@b.example"}]
    for number, changes in enumerate(others):
        state(says("1023", **changes), form_key=f"form-{number}", visitor="one")
    assert len({row.number for row in rows(db)}) == 4


def test_after_the_period_it_counts_anew(db, store):
    first = state(says("1023"), form_key="form-1", visitor="one")
    clock.use(lambda: first.at + timedelta(days=15))
    assert state(says("1023"), form_key="form-2", visitor="one").number != first.number
    assert len(rows(db)) == 2


def test_a_form_sent_for_something_else_loses_nothing(db, store):
    state(says("1023"), form_key="form-1", visitor="one")
    state(says("1024"), form_key="form-1", visitor="one")
    assert [row.order_reference for row in rows(db)] == ["1023", "1024"]


@pytest.mark.parametrize("form_key", ["", "x" * 5000, "' OR 1=1"])
def test_no_form_key_is_a_reason_to_refuse(db, store, form_key):
    state(says("1023"), form_key=form_key, visitor="one")
    state(says("1024"), form_key=form_key, visitor="one")
    assert len(rows(db)) == 2


def test_above_the_limit_every_statement_is_kept_and_one_mail_brings_the_rest(db, store, jobs):
    for number in range(PER_MAIL + 4):
        state(says(str(number)), form_key=f"form-{number}", visitor="one")
    kept = rows(db)
    assert len(kept) == PER_MAIL + 4
    assert len(receipts(db)) == PER_MAIL
    late = [arguments for name, arguments in jobs() if name == "withdrawal.receipt"]
    assert late == [{"store_id": store.id, "withdrawal_id": kept[PER_MAIL].id}]

    send_receipts(**late[0])
    *_, merged = receipts(db)
    assert [one["number"] for one in merged.facts["receipts"]] == [row.number for row in kept[PER_MAIL:]]
    assert all(row.receipt_at for row in rows(db))
    send_receipts(**late[0])
    assert len(receipts(db)) == PER_MAIL + 1


def test_a_visitor_who_states_and_states_is_answered_later(db, store):
    for number in range(PER_VISITOR + 1):
        state(says(str(number), f"shopper{number}@shop.example"), form_key=f"form-{number}", visitor="one")
    assert len(rows(db)) == PER_VISITOR + 1
    assert len(receipts(db)) == PER_VISITOR
    state(says("1", "other@shop.example"), form_key="form-x", visitor="two")
    assert len(receipts(db)) == PER_VISITOR + 1


def test_the_receipt_cannot_be_switched_off(db, store):
    change_settings(store, {"mails_off": ("withdrawal_receipt", "staff_new_request")}, Actor("staff", 1, "clerk"))
    state(says("1023"), form_key="form-1", visitor="one")
    assert len(receipts(db)) == 1


def test_a_statement_with_an_address_that_takes_no_mail_is_kept(db, store):
    state(says("1023", "nobody"), form_key="form-1", visitor="one")
    [letter] = receipts(db)
    assert (len(rows(db)), letter.state) == (1, "refused")


def test_two_at_one_moment_are_one(app, db, store):
    seen = []
    store_id = store.id
    db.session.rollback()

    def press(number: int) -> None:
        with app.app_context(), as_store(store_id):
            seen.append(state(says("1023"), form_key=f"form-{number}", visitor="one").number)
            database.session.remove()

    threads = [threading.Thread(target=press, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert db.session.scalar(select(func.count()).select_from(Withdrawal)) == 1


def test_another_stores_statements_are_not_found(db, store):
    from app.lib.errors import NotFound
    from app.withdrawals.queries import find_by_digest, find_by_number, get_withdrawal, list_withdrawals
    from tests.factories import a_store

    state(says("1023"), form_key="form-1", visitor="one")
    [row] = rows(db)
    number, digest, row_id = row.number, row.digest, row.id
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        db.session.expire_all()
        assert (find_by_number(number), find_by_digest(digest), list_withdrawals().total) == (None, None, 0)
        with pytest.raises(NotFound):
            get_withdrawal(row_id)
        with pytest.raises(NotFound):
            withdraw.send_receipts(other.id, row_id)
