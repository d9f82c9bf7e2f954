"""The panel's session, by cookie and by header."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from app.extensions import as_store, db
from app.lib import clock
from app.stores.lookup import find_store_id
from app.stores.models import PanelSession, Store, StoreStatus
from app.web.session import PANEL_COOKIE, PORTAL_COOKIE
from tests.web.callbacks import payload
from tests.web.conftest import key_in

PROBE = "/panel/probe/"
Opened = Callable[..., str]


def by_header(key: str) -> dict[str, str]:
    return {"Authorization": f"Backhaul {key}", "Accept": "text/html"}


@pytest.fixture
def cookieless(visitor: FlaskClient) -> FlaskClient:
    """A browser in whose frame no cookie comes back."""
    return visitor.application.test_client(use_cookies=False)


def later(seconds: float) -> None:
    moment = clock.now() + timedelta(seconds=seconds)
    clock.use(lambda: moment)


def test_the_cookie_is_made_for_a_foreign_frame(visitor: FlaskClient) -> None:
    answer = visitor.get("/load", query_string={"signed_payload_jwt": payload()})
    cookie = f"{PANEL_COOKIE}={key_in(answer.text)}; Secure; HttpOnly; Path=/; SameSite=None; Partitioned"
    assert answer.headers.getlist("Set-Cookie") == [cookie]


def test_a_session_by_cookie_knows_store_user_and_actor(visitor: FlaskClient, opened: Opened) -> None:
    opened(user_id=7)
    seen = visitor.get(PROBE).json
    assert (seen["store"], seen["user"], seen["actor"]) == ("abc123", 7, "user7@abc123.example")


def test_a_session_by_header_is_the_same_one(cookieless: FlaskClient, opened: Opened) -> None:
    key = opened(user_id=7)
    answer = cookieless.get(PROBE, headers=by_header(key))
    assert (answer.json["store"], answer.json["user"]) == ("abc123", 7)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Backhaul guessed"}, {"Authorization": "Bearer x"}])
def test_without_a_key_there_is_a_way_in_and_nothing_else(cookieless: FlaskClient, headers: dict[str, str]) -> None:
    answer = cookieless.get(PROBE, headers={"Accept": "text/html", **headers})
    assert answer.status_code == 401
    assert "Please open the app again" in answer.text
    assert "abc123" not in answer.text


def test_a_form_needs_its_token_in_both_modes(visitor: FlaskClient, cookieless: FlaskClient, opened: Opened) -> None:
    key = opened()
    for browser, headers in ((visitor, {}), (cookieless, by_header(key))):
        token = browser.get(PROBE, headers=headers).json["csrf"]
        assert browser.post(PROBE, data={"words": "unsigned"}, headers=headers).status_code == 400
        assert browser.post(PROBE, data={"words": "hello", "csrf_token": token}, headers=headers).text == "written"
        assert browser.get(PROBE, headers=headers).json["said"] == ["hello"]
        assert browser.get(PROBE, headers=headers).json["said"] == []


def test_a_token_of_one_session_does_not_open_forms_of_another(cookieless: FlaskClient, opened: Opened) -> None:
    first, second = opened(), opened()
    token = cookieless.get(PROBE, headers=by_header(first)).json["csrf"]
    answer = cookieless.post(PROBE, data={"words": "no", "csrf_token": token}, headers=by_header(second))
    assert answer.status_code == 400
    assert cookieless.get(PROBE, headers=by_header(second)).json["said"] == []


def test_every_opening_has_a_key_of_its_own_and_a_brought_key_is_never_taken_over(
    visitor: FlaskClient, opened: Opened
) -> None:
    visitor.set_cookie(PANEL_COOKIE, "fixed-by-somebody", path="/")
    keys = {opened(), opened()}
    assert len(keys) == 2
    assert "fixed-by-somebody" not in keys


def test_a_session_lives_twelve_hours_from_its_last_use(visitor: FlaskClient, opened: Opened) -> None:
    opened()
    for _ in range(3):
        later(11 * 3600)
        assert visitor.get(PROBE).status_code == 200
    later(12 * 3600 + 1)
    assert visitor.get(PROBE).status_code == 401


def test_only_the_digest_of_the_key_is_kept(house: object, visitor: FlaskClient, opened: Opened) -> None:
    key = opened()
    with visitor.application.app_context():
        with as_store(find_store_id("abc123")):
            row = db.session.query(PanelSession).one()
            assert key not in (row.key_digest, str(row.data))
        db.session.remove()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (StoreStatus.NEEDS_AUTHORIZATION, "accept again"),
        (StoreStatus.UNINSTALLED, "not installed"),
    ],
)
def test_a_live_session_of_a_store_that_went_says_what_to_do(
    visitor: FlaskClient, opened: Opened, status: StoreStatus, words: str
) -> None:
    opened()
    with visitor.application.app_context():
        store_id = find_store_id("abc123")
        with as_store(store_id):
            db.session.get_one(Store, store_id).status = status
            db.session.commit()
        db.session.remove()
    answer = visitor.get(PROBE, headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert words in answer.text


def test_the_page_learns_whether_its_own_cookie_came_back(
    visitor: FlaskClient, cookieless: FlaskClient, opened: Opened
) -> None:
    assert visitor.get("/session/check").json == {"mark": None}
    first = opened()
    mark = visitor.get("/session/check").json["mark"]
    assert mark
    assert mark != first
    assert cookieless.get("/session/check").json == {"mark": None}
    assert cookieless.get("/session/check", headers=by_header(first)).json == {"mark": None}
    opened()
    assert visitor.get("/session/check").json["mark"] != mark


def test_a_file_opens_by_its_signed_address_for_a_minute(cookieless: FlaskClient, opened: Opened) -> None:
    address = cookieless.get(PROBE, headers=by_header(opened())).json["file"]
    assert cookieless.get(address).text == "a file of abc123"
    later(59)
    assert cookieless.get(address).status_code == 200
    later(2)
    assert cookieless.get(address).status_code == 401


def test_where_cookies_work_addresses_stay_as_they_are(visitor: FlaskClient, opened: Opened) -> None:
    opened()
    assert visitor.get(PROBE).json["file"] == "/panel/probe/file?page=2"


def test_a_signed_address_opens_nothing_but_itself(cookieless: FlaskClient, opened: Opened) -> None:
    address = cookieless.get(PROBE, headers=by_header(opened())).json["file"]
    pass_ = address.partition("by=")[2]
    store_id, user_id, until, signature = pass_.split(".")
    forged = [
        f"/panel/probe/?by={pass_}",
        f"/panel/probe/file?page=3&by={pass_}",
        f"/panel/probe/file?page=2&by={int(store_id) + 1}.{user_id}.{until}.{signature}",
        f"/panel/probe/file?page=2&by={store_id}.{user_id}.{int(until) + 60}.{signature}",
        f"/panel/probe/file?page=2&by={store_id}.{user_id}.{until}.",
        "/panel/probe/file?page=2&by=",
        "/panel/probe/file?page=2&by=1.1.٣.x",
    ]
    for address in forged:
        assert cookieless.get(address).status_code == 401, address
    # Without a session there is no form to be old: the app has to be opened again.
    assert cookieless.post(f"/panel/probe/?by={pass_}", data={"words": "no"}).status_code == 401


def test_an_address_is_signed_for_the_panels_own_paths_only(
    visitor: FlaskClient, cookieless: FlaskClient, opened: Opened
) -> None:
    opened()
    signed = visitor.get("/session/address", query_string={"path": "/panel/probe/file?page=2"}).json["address"]
    assert cookieless.get(signed).text == "a file of abc123"
    for path in ("https://evil.example/panel/", "//evil.example/panel/", "/load", "", "/panel/\\evil", "/r/abc123"):
        assert visitor.get("/session/address", query_string={"path": path}).status_code == 404
    assert cookieless.get(f"/session/address?{urlencode({'path': '/panel/'})}").status_code == 401


def test_the_portal_has_a_cookie_of_its_own(house: Flask, visitor: FlaskClient, opened: Opened) -> None:
    house.add_url_rule("/r/probe", "portal_probe", generate_csrf)
    opened()
    answer = visitor.get("/r/probe")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith(f"{PORTAL_COOKIE}=")
    assert cookie.endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")
    # And the panel's own is neither read nor touched there.
    assert visitor.get(PROBE).json["csrf"] != answer.text
