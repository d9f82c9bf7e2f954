"""The policy page at the portal: open to everybody, in the reader's language, of this store alone."""

from typing import Any

import pytest
from flask import Flask

from app.extensions import as_store, db
from app.policies.document import PolicyDocument, parse_document
from app.policies.models import PolicyVersion
from app.policies.versions import follow_store, publish
from app.stores.models import Store, StoreStatus
from app.stores.queries import save_settings, settings_of
from tests import factories
from tests.web.portal_visits import BASE, a_browser

PATH = f"{BASE}/policy"


def _policy(days: int, **parts: Any) -> PolicyDocument:
    return parse_document(
        {"name": "Any", "reasons": [{"code": "fit", "label": {"en": "Does not fit"}}],
         "defaults": {"window": {"days": days}}, **parts}
    )  # fmt: skip


def _settings(store: Store, **changes: Any) -> None:
    save_settings(store, settings_of(store).model_copy(update=changes))
    db.session.commit()


def test_whoever_comes_reads_the_policy_without_a_session(app: Flask, store: Store) -> None:
    _settings(store, window_days=33, return_address="Demo Returns\n1 Example Street")
    answer = a_browser(app).get(PATH)
    assert answer.status_code == 200
    assert "33 days. We count from the day after your parcel arrives." in answer.text
    assert "Demo Returns\n1 Example Street" in answer.text
    assert '<html lang="en">' in answer.text


def test_looking_publishes_nothing(app: Flask, store: Store) -> None:
    a_browser(app).get(PATH)
    assert db.session.query(PolicyVersion).count() == 0


@pytest.mark.parametrize(
    ("query", "header", "language", "words"),
    [
        ("?lang=de", "fr", "de", "30 Tage."),
        ("", "fr-CA,fr;q=0.9,en;q=0.5", "fr", "30 jours."),
        ("", "es", "es", "30 días."),
        ("", "pl", "en", "30 days."),
        ("?lang=xx", "", "en", "30 days."),
        ("?lang=%3Cscript%3E", "de", "de", "30 Tage."),
        ("?lang=", "en-GB", "en", "30 days."),
    ],
)
def test_the_language_is_the_one_asked_for(
    app: Flask, store: Store, query: str, header: str, language: str, words: str
) -> None:
    answer = a_browser(app).get(f"{PATH}{query}", headers={"Accept-Language": header})
    assert f'<html lang="{language}">' in answer.text
    assert words in answer.text
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.text.count('aria-current="page"') == 1


def test_without_a_known_language_it_is_the_policys_own(app: Flask, store: Store) -> None:
    publish(_policy(21, locale="de"), by="Demo Staff")
    db.session.commit()
    assert "21 Tage." in a_browser(app).get(PATH, headers={"Accept-Language": "pl"}).text


def test_a_published_policy_and_its_next_version_show_at_once(app: Flask, store: Store) -> None:
    for days in (21, 45):
        publish(_policy(days), by="Demo Staff")
        db.session.commit()
        assert f"{days} days." in a_browser(app).get(PATH).text


def test_a_channel_shows_its_own_policy_and_one_the_portal_does_not_serve_the_stores(app: Flask, store: Store) -> None:
    _settings(store, portal_channels=(1, 2))
    publish(_policy(21), by="Demo Staff")
    publish(_policy(14), by="Demo Staff", channel_id=2)
    publish(_policy(7), by="Demo Staff", channel_id=3)
    db.session.commit()
    browser = a_browser(app)
    assert "14 days." in browser.get(f"{PATH}?channel=2").text
    assert "channel=2" in browser.get(f"{PATH}?channel=2").text
    for query in ("", "?channel=1", "?channel=3", "?channel=x", "?channel=99999999999999999999"):
        assert "21 days." in browser.get(f"{PATH}{query}").text
    follow_store(2, by="Demo Staff")
    db.session.commit()
    assert "21 days." in browser.get(f"{PATH}?channel=2").text


def test_what_the_merchant_wrote_is_escaped(app: Flask, store: Store) -> None:
    evil = "<script>alert(1)</script>"
    publish(_policy(21, page={"intro": {"en": evil}, "packing": {"en": evil}}), by="Demo Staff")
    _settings(store, return_address=evil)
    page = a_browser(app).get(PATH).text
    assert evil not in page
    assert page.count("&lt;script&gt;") == 3


def test_the_way_to_withdraw_is_named_where_it_is_offered(app: Flask, store: Store) -> None:
    assert f'{BASE}/withdraw"' in a_browser(app).get(PATH).text
    _settings(store, withdrawal_offered=False)
    assert f'{BASE}/withdraw"' not in a_browser(app).get(PATH).text


def test_every_page_of_the_portal_leads_there(app: Flask, store: Store) -> None:
    assert a_browser(app).get(BASE).text.count(f'href="{PATH}"') == 2


def test_another_stores_policy_does_not_show(app: Flask, store: Store) -> None:
    with as_store(factories.a_store(store_hash="xyz").id):
        publish(_policy(99, page={"intro": {"en": "Only there"}}), by="Demo Staff")
        db.session.commit()
    page = a_browser(app).get(PATH).text
    assert "Only there" not in page
    assert "99 days" not in page


def test_a_store_that_left_or_never_was_is_closed(app: Flask, store: Store) -> None:
    store.status = StoreStatus.UNINSTALLED
    db.session.commit()
    for path in (PATH, "/r/nobody9/policy"):
        answer = a_browser(app).get(path)
        assert answer.status_code == 404
        assert "days" not in answer.text
