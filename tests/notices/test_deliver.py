"""What goes out, what is tried again, and what people see of it."""

from datetime import timedelta

import pytest

from app.extensions import as_store
from app.lib import clock
from app.mailer import MailUnavailable
from app.notices.deliver import deliver
from app.notices.models import Letter
from app.notices.queries import letters_of, list_troubled
from app.notices.write import write
from tests.factories import a_store
from tests.smtp_double import silent_server

CODE = {"to_email": "shopper1@shop.example", "return_id": None, "facts": {"order_number": 1234}, "secret": "042042"}
SUBJECTS = {
    "requested": "We have your return request RMA-7KQ2MX",
    "authorized": "Your return RMA-7KQ2MX is approved",
    "rejected": "Your return RMA-7KQ2MX: what we cannot take back",
    "received": "Your parcel for return RMA-7KQ2MX has arrived",
    "refunded": "Your refund for return RMA-7KQ2MX",
    "cancelled": "Your return RMA-7KQ2MX is cancelled",
    "staff_new_request": "New return request RMA-7KQ2MX for order 1234",
}


def a_letter(rma, db, notice="authorized", **changes) -> Letter:
    values = {"cause": f"{notice}:1", "to_email": "shopper1@shop.example", "return_id": rma.id, "facts": {}}
    letter = write(notice, **{**values, **changes})
    db.session.commit()
    return letter


def text_of(message, kind):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(("notice", "subject"), SUBJECTS.items())
def test_every_letter_of_a_return_goes_out_with_its_subject_lines_and_number(notice, subject, rma, db, box, store):
    letter = a_letter(rma, db, notice)
    deliver(store.id, letter.id)

    (mail,) = box.letters
    assert (mail["Subject"], letter.subject) == (subject, subject)
    assert mail["From"] == "Store abc123 <returns@backhaul.example>"
    assert mail["To"] == "shopper1@shop.example"
    assert mail["Message-ID"] == letter.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] is None
    plain, html = text_of(mail, "plain"), text_of(mail, "html")
    for text in (plain, html):
        assert "RMA-7KQ2MX" in text
        assert "Damaged or defective" in text
    assert "2 x Teapot <blue> & round" in plain
    assert "Teapot &lt;blue&gt; &amp; round" in html
    assert (letter.state, letter.tries, letter.error, letter.sent_at is not None) == ("sent", 1, None, True)


def test_the_letter_to_the_shopper_links_to_the_status_page(rma, db, box, store):
    deliver(store.id, a_letter(rma, db).id)
    link = "http://127.0.0.1:5080/r/abc123/returns/RMA-7KQ2MX?order=1234"
    assert link in text_of(box.letters[0], "plain")
    assert link in text_of(box.letters[0], "html")


def test_the_letter_of_approval_says_how_to_send_it_back(rma, db, box, store):
    deliver(store.id, a_letter(rma, db).id)
    assert "Pack it well." in text_of(box.letters[0], "plain")
    assert "Put the return number RMA-7KQ2MX in the parcel." in text_of(box.letters[0], "plain")


def test_a_letter_speaks_of_the_lines_of_its_event_alone(rma, db, box, store):
    lines = [{"name": "Teapot", "quantity": 1, "reason": "damaged", "why": "It was worn."}]
    deliver(store.id, a_letter(rma, db, "rejected", facts={"lines": lines}).id)
    plain = text_of(box.letters[0], "plain")
    assert "1 x Teapot\n" in plain
    assert "It was worn." in plain
    assert "2 x" not in plain


def test_the_letter_of_the_refund_names_the_money(rma, db, box, store):
    deliver(store.id, a_letter(rma, db, "refunded", facts={"money": {"amount": "12.5", "currency": "USD"}}).id)
    assert "We have sent 12.50 USD back to the way you paid." in text_of(box.letters[0], "plain")


def test_styles_are_inlined_and_the_dark_ones_stay(rma, db, box, store):
    deliver(store.id, a_letter(rma, db).id)
    html = text_of(box.letters[0], "html")
    assert 'class="card" role="presentation" style="' in html.replace('align="center" ', "")
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html


def test_a_name_with_line_breaks_adds_no_headers(rma, db, box, store):
    store.name = "Shop\r\nBcc: everybody@shop.example"
    rma.order.shopper_name = "Eve\r\nX-Evil: 1"
    db.session.commit()
    deliver(store.id, a_letter(rma, db, "staff_new_request").id)
    (mail,) = box.letters
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert mail["From"] == '"Shop Bcc: everybody@shop.example" <returns@backhaul.example>'


def test_a_name_in_another_script_arrives(rma, db, box, store):
    store.name = "Sklep „Żółw” 🐢"
    db.session.commit()
    deliver(store.id, a_letter(rma, db).id)
    assert box.letters[0]["From"].addresses[0].display_name == "Sklep „Żółw” 🐢"


def test_delivered_twice_it_goes_out_once(rma, db, box, store):
    letter = a_letter(rma, db)
    deliver(store.id, letter.id)
    db.session.commit()
    deliver(store.id, letter.id)
    assert len(box.letters) == 1


def test_a_refused_letter_says_so_and_is_not_tried_again(rma, db, box, store):
    box.to = "550 5.1.1 No such user"
    letter = a_letter(rma, db)
    deliver(store.id, letter.id)
    db.session.commit()
    assert (letter.state, letter.error, letter.tries) == ("refused", "550 5.1.1 No such user", 1)
    assert letters_of(rma.id) == list_troubled() == [letter]

    box.to = "250 OK"
    deliver(store.id, letter.id)
    assert box.letters == []


def test_a_busy_server_is_tried_again_with_the_same_message_id(rma, db, box, store):
    box.answer = "451 4.3.0 Later"
    letter = a_letter(rma, db)
    with pytest.raises(MailUnavailable) as busy:
        deliver(store.id, letter.id)
    db.session.rollback()
    assert busy.value.retryable
    assert (letter.state, letter.tries, letter.error) == ("queued", 1, "451 4.3.0 Later")
    assert list_troubled() == [letter]

    box.answer = "250 OK"
    deliver(store.id, letter.id)
    assert (letter.state, letter.tries, letter.error) == ("sent", 2, None)
    assert [mail["Message-ID"] for mail in box.letters] == [letter.message_id]


def test_a_silent_server_is_tried_again_and_shown(rma, db, store, app, monkeypatch):
    monkeypatch.setattr("app.mailer.send.__kwdefaults__", {"timeout_s": 0.3})
    letter = a_letter(rma, db)
    before = app.config["SETTINGS"]
    with silent_server() as url:
        app.config["SETTINGS"] = before.model_copy(update={"smtp_url": url})
        try:
            with pytest.raises(MailUnavailable):
                deliver(store.id, letter.id)
        finally:
            app.config["SETTINGS"] = before
    db.session.rollback()
    assert (letter.state, letter.tries, letter.error) == ("queued", 1, "The mail server did not answer.")


def test_a_code_is_mailed_and_then_forgotten(db, box, store):
    letter = write("guest_code", cause="code:1", **CODE)
    db.session.commit()
    deliver(store.id, letter.id)
    (mail,) = box.letters
    assert mail["Subject"] == "Your code for returns at Store abc123"
    assert "042042" in text_of(mail, "plain")
    assert "042042" in text_of(mail, "html")
    assert (letter.state, letter.secret) == ("sent", None)
    assert "042042" not in letter.subject


def test_a_code_older_than_fifteen_minutes_is_not_sent(db, box, store):
    letter = write("guest_code", cause="code:1", **CODE)
    db.session.commit()
    later = clock.now() + timedelta(minutes=15)
    clock.use(lambda: later)
    deliver(store.id, letter.id)
    assert (letter.state, letter.secret, letter.tries) == ("expired", None, 0)
    assert box.letters == []


def test_another_stores_letter_is_not_found(rma, db, box, store):
    letter_id = a_letter(rma, db).id
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        deliver(other.id, letter_id)
        db.session.commit()
    assert box.letters == []
