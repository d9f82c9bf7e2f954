"""Settings, the set-up page and what they refuse."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.policies.models import PolicyVersion
from app.stores.models import Store
from app.stores.settings import MAILS, StoreSettings
from tests.web.panel_visitor import Visitor, words


@pytest.fixture
def clerk(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def kept(db: Any, store: Store) -> StoreSettings:
    db.session.rollback()
    db.session.refresh(store)
    return StoreSettings.model_validate(store.settings)


WINDOW = {"window_days": "45", "grace_days": "2", "review_above": "99.50"}


def test_a_changed_policy_is_kept_and_published(clerk: Visitor, db: Any, store: Store) -> None:
    answer = clerk.post("/panel/settings/window", {**WINDOW, "refund_shipping": "1", "category": ["7", "9"]})
    assert answer.status_code == 303
    said = clerk.get("/panel/settings").text.partition('id="window"')[2].partition("</section>")[0]
    assert "Saved." in said
    settings = kept(db, store)
    assert (settings.window_days, settings.grace_days, settings.review_above) == (45, 2, Decimal("99.50"))
    assert settings.refund_shipping
    assert settings.non_returnable_categories == (7, 9)
    published = db.session.scalars(select(PolicyVersion)).all()
    assert [(one.version, one.document["defaults"]["window"]["days"], one.published_by) for one in published] == [
        (1, 45, clerk.user.email)
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"window_days": "a month"}, "Give a whole number of days, from 0 to 3650."),
        ({"window_days": ""}, "Give a whole number of days, from 0 to 3650."),
        ({"window_days": "-1"}, "Give a whole number of days, from 0 to 3650."),
        ({"grace_days": "61"}, "Give a whole number of days, from 0 to 60."),
        ({"review_above": "NaN"}, "Give an amount such as 250 or 99.50, or leave it empty."),
        ({"review_above": "-5"}, "Give an amount such as 250 or 99.50, or leave it empty."),
        ({"review_above": "1e9"}, "Give an amount such as 250 or 99.50, or leave it empty."),
    ],
)
def test_what_cannot_be_kept_comes_back_beside_its_field(
    clerk: Visitor, db: Any, store: Store, changed: dict[str, str], sentence: str
) -> None:
    before = kept(db, store)
    clerk.get("/panel/settings")
    answer = clerk.post("/panel/settings/window", {**WINDOW, **changed, "digital_returnable": "1"})
    assert answer.status_code == 400
    assert sentence in words(answer)
    for name, typed in {**WINDOW, **changed}.items():
        assert f'name="{name}" type="text" value="{typed}"' in answer.text
    assert 'name="digital_returnable" value="1" checked' in answer.text
    assert kept(db, store) == before
    assert db.session.scalar(select(func.count()).select_from(PolicyVersion)) == 0


def test_one_section_leaves_the_others_alone(clerk: Visitor, db: Any, store: Store) -> None:
    clerk.post("/panel/settings/window", WINDOW)
    clerk.post("/panel/settings/address", {"return_address": "1 Example Street\r\nSampletown", "instructions": "Pack."})
    settings = kept(db, store)
    assert (settings.window_days, settings.return_address) == (45, "1 Example Street\nSampletown")


def test_own_reasons_keep_their_codes_and_repeat_none(clerk: Visitor, db: Any, store: Store) -> None:
    clerk.post("/panel/settings/reasons", {"reasons": "Two sizes ordered\n\nÜberraschung\ndamaged or defective"})
    first = kept(db, store).reasons
    assert [(one.code, one.label) for one in first] == [
        ("two_sizes_ordered", "Two sizes ordered"),
        ("berraschung", "Überraschung"),
    ]
    clerk.post("/panel/settings/reasons", {"reasons": "Überraschung\nTwo  sizes ordered\n贈り物\n贈り物!"})
    assert [(one.code, one.label) for one in kept(db, store).reasons] == [
        ("berraschung", "Überraschung"),
        ("two_sizes_ordered", "Two sizes ordered"),
        ("reason", "贈り物"),
        ("reason_2", "贈り物!"),
    ]


def test_a_reason_too_long_keeps_what_was_typed(clerk: Visitor, db: Any, store: Store) -> None:
    clerk.get("/panel/settings")
    answer = clerk.post("/panel/settings/reasons", {"reasons": "Fine\n" + "x" * 81})
    assert answer.status_code == 400
    assert "x" * 81 in answer.text
    assert kept(db, store).reasons == ()


def test_mails_are_switched_off_one_by_one(clerk: Visitor, db: Any, store: Store) -> None:
    clerk.post("/panel/settings/mails", {"mail": ["requested", "refunded"], "staff_mail": "desk@shop.example"})
    settings = kept(db, store)
    assert [mail for mail in MAILS if settings.sends(mail)] == ["requested", "refunded"]
    assert settings.staff_mail == "desk@shop.example"
    answer = clerk.post("/panel/settings/mails", {"staff_mail": "desk@shop.example\r\nBcc: x@y.example"})
    assert answer.status_code == 400
    assert kept(db, store) == settings


def test_the_staff_note_is_asked_for_once(clerk: Visitor, db: Any, store: Store) -> None:
    assert "Yes, keep a line" in words(clerk.get("/panel/welcome"))
    assert clerk.post("/panel/welcome/staff-notes", {"answer": "yes"}).status_code == 303
    assert kept(db, store).staff_notes is True
    assert "Yes, keep a line" not in words(clerk.get("/panel/welcome"))
    clerk.post("/panel/settings/notes", {"staff_notes": "no"})
    assert kept(db, store).staff_notes is False


def test_the_welcome_shows_the_portal_and_what_is_left_to_do(clerk: Visitor, store: Store) -> None:
    page = words(clerk.get("/panel/welcome"))
    assert f"http://127.0.0.1:5080/r/{store.store_hash}" in page
    assert "Add the address" in page
    clerk.post("/panel/settings/address", {"return_address": "1 Example Street"})
    assert "Add the address" not in words(clerk.get("/panel/welcome"))
