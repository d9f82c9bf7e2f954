"""The letters, as they go out."""

from sqlalchemy import select

from app.flows.withdraw import PER_MAIL, send_receipts, state
from app.notices.models import Letter
from app.notices.render import render
from app.stores.queries import settings_of
from app.withdrawals.models import Withdrawal
from app.withdrawals.statement import digest_of, find_in
from tests.factories import a_line, an_order
from tests.withdrawals.conftest import says


def sent(db, store, notice: str) -> list:
    """Every letter of that kind, finished: (message, text, html)."""
    query = select(Letter).where(Letter.notice == notice).order_by(Letter.id)
    messages = [render(letter, store, settings_of(store)) for letter in db.session.scalars(query)]
    return [
        (message, message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content())
        for message in messages
    ]


def test_the_receipt_brings_the_statement_word_for_word_and_checks_out(db, store):
    state(says("1023", items="two <b>teapots</b> & a cup"), form_key="form-1", visitor="one")
    row = db.session.scalar(select(Withdrawal))
    [(message, text, html)] = sent(db, store, "withdrawal_receipt")
    assert message["Subject"] == f"Receipt of your withdrawal {row.number}"
    assert row.statement in text
    found = find_in(text)
    assert (digest_of(found.text), found.hexes) == (row.digest, (row.digest, row.seal))
    assert "two &lt;b&gt;teapots&lt;/b&gt; &amp; a cup" in html
    assert row.digest in html


def test_receipts_that_had_to_wait_come_in_one_letter(db, store):
    for number in range(PER_MAIL + 2):
        state(says(str(number)), form_key=f"form-{number}", visitor="one")
    rows = db.session.scalars(select(Withdrawal).order_by(Withdrawal.id)).all()
    send_receipts(store.id, rows[PER_MAIL].id)
    message, text, html = sent(db, store, "withdrawal_receipt")[-1]
    assert message["Subject"] == "Receipt of your withdrawals (2)"
    for row in rows[PER_MAIL:]:
        assert row.statement in text
        assert row.seal in html


def test_the_receipt_is_the_same_whether_we_know_the_order_or_not(db, store, withdraws):
    order = an_order([a_line(name="Teapot")])
    withdraws(order)
    withdraws("999999", order.shopper_email)
    (_, ours, _), (_, theirs, _) = sent(db, store, "withdrawal_receipt")
    assert len(ours.splitlines()) == len(theirs.splitlines())
    assert "Teapot" not in ours


def test_staff_reads_what_there_is_to_do(db, store, withdraws):
    withdraws(an_order([a_line(quantity_shipped=0)], bc_order_id=70, shipped_days_ago=None))
    withdraws("nobody's", "other@shop.example")
    late = withdraws(an_order(shipped_days_ago=60))
    (_, cancel, _), (_, match, _), (_, review, html) = sent(db, store, "staff_withdrawal")
    assert "Not all of it has been shipped" in cancel
    assert "We know no order of this number" in match
    assert f"Return {late.rma.number} is waiting for your decision." in review
    assert "It came after the period." in html
