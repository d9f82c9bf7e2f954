"""Which letters are written, and that one cause writes one."""

import threading

import pytest
from sqlalchemy import select

from app.extensions import as_store
from app.notices.models import Letter
from app.notices.write import write
from app.stores.queries import save_settings, settings_of
from tests.factories import a_store


def a_letter(cause="return:1:received:v2", **changes):
    values = {"to_email": "shopper1@shop.example", "return_id": None, "facts": {}}
    return write("received", cause=cause, **{**values, **changes})


def letters(db):
    return db.session.scalars(select(Letter)).all()


def test_a_letter_and_its_job_commit_with_their_cause(store, db, jobs):
    letter = a_letter()
    db.session.rollback()
    assert (letters(db), jobs()) == ([], [])

    letter = a_letter()
    db.session.commit()
    assert (letter.state, letter.tries) == ("queued", 0)
    assert letter.message_id.endswith("@backhaul.example>")
    assert jobs() == [("letter.send", {"store_id": store.id, "letter_id": letter.id})]


def test_the_same_cause_writes_no_second_letter(store, db, jobs):
    a_letter()
    assert a_letter() is None
    db.session.commit()
    assert len(letters(db)) == 1
    assert len(jobs()) == 1


def test_two_at_once_with_one_cause_write_one_letter(store, db, app, jobs):
    start, store_id = threading.Barrier(2), store.id
    written = []

    def one():
        with app.app_context(), as_store(store_id):
            start.wait()
            written.append(a_letter() is not None)
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [False, True]
    assert len(letters(db)) == len(jobs()) == 1


def test_the_same_cause_in_another_store_is_another_letter(store, db):
    a_letter()
    db.session.commit()
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        assert a_letter() is not None
        db.session.commit()
        assert len(letters(db)) == 1


def test_a_letter_switched_off_is_not_written_and_the_others_are(store, db, jobs):
    save_settings(store, settings_of(store).model_copy(update={"mails_off": ("received",)}))
    assert a_letter() is None
    assert write("refunded", cause="r", to_email="a@b.example", return_id=None, facts={}) is not None
    assert [name for name, _ in jobs()] == ["letter.send"]


def test_a_guests_code_cannot_be_switched_off(store, db):
    save_settings(store, settings_of(store).model_copy(update={"mails_off": ("guest_code",)}))
    assert write("guest_code", cause="c", to_email="a@b.example", return_id=None, facts={}, secret="123456")


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example\nBcc: c@d.example", "a@b, c@d", "<a@b.example>"])
def test_no_proper_address_is_shown_as_refused_and_never_tried(store, db, jobs, address):
    letter = a_letter(to_email=address, secret="123456")
    assert (letter.state, letter.secret) == ("refused", None)
    assert letter.error == "There is no proper mail address to write to."
    assert jobs() == []


def test_a_secret_lies_encrypted(store, db):
    letter = a_letter(secret="123456")
    db.session.flush()
    raw = db.session.connection().exec_driver_sql("SELECT secret FROM letters").scalar()
    assert letter.secret == "123456"
    assert "123456" not in raw
