"""Opening the app: who gets in, how often, and where to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.extensions import as_store, db
from app.lib import clock
from app.storefront.models import Placement
from app.stores.lookup import find_store_id
from app.stores.models import PanelSession, Role, Store, StoreStatus, StoreUser, UsedToken
from app.web.install.targets import target_of
from tests.web.callbacks import payload

Opened = Callable[..., str]


def load(browser: FlaskClient, token: str) -> Any:
    return browser.get("/load", query_string={"signed_payload_jwt": token}, headers={"Accept": "text/html"})


def rows(app: Flask, table: type, store_hash: str = "abc123") -> list[Any]:
    """The rows of a store, detached."""
    with app.app_context(), as_store(find_store_id(store_hash)):
        found = list(db.session.scalars(select(table)))
        db.session.expunge_all()
        db.session.remove()
        return found


def nothing_written(app: Flask) -> bool:
    return all(
        not rows(app, table, store_hash) for table in (PanelSession, UsedToken) for store_hash in ("abc123", "xyz")
    )


def test_the_first_page_carries_the_session_on_to_what_was_asked_for(house: Flask, visitor: FlaskClient) -> None:
    answer = load(visitor, payload(url="/orders/106/returns"))
    assert answer.status_code == 200
    assert 'data-target="/panel/orders/106/returns"' in answer.text
    assert '<a href="/panel/orders/106/returns">' in answer.text
    assert 'content="0; url=/panel/orders/106/returns"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "strict-origin"


def test_an_unknown_user_is_made_known(house: Flask, visitor: FlaskClient) -> None:
    load(visitor, payload(user_id=7, owner_id=1))
    users = {user.bc_user_id: user for user in rows(house, StoreUser)}
    assert (users[7].email, users[7].role, users[7].locale) == ("user7@abc123.example", Role.ADMIN, "en-US")
    assert set(users) == {1, 7}
    assert {user.bc_user_id for user in rows(house, StoreUser, "xyz")} == {1}


_REFUSED = {
    "forged": {"secret": "another-secret-0123456789-0123456789-0123"},
    "of another algorithm": {"algorithm": "HS512"},
    "for another app": {"aud": "another-client"},
    "by somebody else": {"iss": "me"},
    "without an end": {"exp": ...},
    "without an id": {"jti": ...},
    "without a store": {"sub": "abc123"},
    "older than five minutes": {"age_s": 360},
    "a day old": {"age_s": 90_000},
    "from the future": {"age_s": -600},
    "of a store that never installed": {"store_hash": "nobody9"},
}


@pytest.mark.parametrize("case", _REFUSED)
def test_a_token_is_refused_and_writes_nothing(house: Flask, visitor: FlaskClient, case: str) -> None:
    answer = load(visitor, payload(**_REFUSED[case]))
    assert answer.status_code in (401, 403)
    assert "Backhaul" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert nothing_written(house)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_rubbish_is_refused_with_a_page(house: Flask, visitor: FlaskClient, token: str) -> None:
    assert load(visitor, token).status_code == 401
    assert nothing_written(house)


def test_a_token_is_good_once(house: Flask, visitor: FlaskClient) -> None:
    token = payload()
    assert load(visitor, token).status_code == 200
    thief = house.test_client()
    answer = load(thief, token)
    assert answer.status_code == 401
    assert "Please open the app again" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert len(rows(house, PanelSession)) == 1


@pytest.mark.parametrize("age_s", [0, 3600])
def test_a_refresh_of_the_frame_goes_on_with_its_session(house: Flask, visitor: FlaskClient, age_s: int) -> None:
    load(visitor, payload(url="/settings"))
    used = payload(url="/settings", age_s=age_s)
    load(house.test_client(), used)
    answer = load(visitor, used)
    assert (answer.status_code, answer.location) == (303, "/panel/settings")


def test_a_session_of_somebody_else_does_not_make_an_old_token_good(house: Flask, visitor: FlaskClient) -> None:
    load(visitor, payload(user_id=1))
    for token in (payload(user_id=2, age_s=3600), payload("xyz", user_id=1, age_s=3600)):
        assert load(visitor, token).status_code == 401


def test_of_two_who_use_a_token_at_once_one_gets_in(house: Flask, two_stores: None) -> None:
    for _ in range(5):
        token, answers = payload(), []
        start = threading.Barrier(4)

        def use(token: str = token, start: threading.Barrier = start, answers: list[int] = answers) -> None:
            browser = house.test_client()
            start.wait()
            answers.append(load(browser, token).status_code)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 401, 401, 401]
    assert len(rows(house, PanelSession)) == 5


@pytest.mark.parametrize(
    ("status", "words"),
    [(StoreStatus.NEEDS_AUTHORIZATION, "accept again"), (StoreStatus.UNINSTALLED, "not installed")],
)
def test_a_store_that_went_is_told_what_to_do(
    house: Flask, visitor: FlaskClient, status: StoreStatus, words: str
) -> None:
    with house.app_context():
        store_id = find_store_id("abc123")
        with as_store(store_id):
            db.session.get_one(Store, store_id).status = status
            db.session.commit()
        db.session.remove()
    answer = load(visitor, payload())
    assert answer.status_code == 403
    assert words in answer.text
    assert nothing_written(house)


_TARGETS = {
    "/": "/panel/",
    "/orders/106/returns": "/panel/orders/106/returns",
    "/orders/106/returns/": "/panel/orders/106/returns",
    "/orders/106/returns?x=1#y": "/panel/orders/106/returns",
    "/orders/106": "/panel/orders/106",
    "/returns/12": "/panel/returns/12",
    "/settings": "/panel/settings",
    "/orders/${id}/returns": "/panel/",
    "/orders/1e3/returns": "/panel/",
    "/orders/١٠٦/returns": "/panel/",
    "/orders/106/returns/../../../load": "/panel/",
    "//evil.example/orders/1/returns": "/panel/",
    "https://evil.example/settings": "/panel/",
    "/\\evil.example": "/panel/",
    "javascript:alert(1)": "/panel/",
    "/settings\r\nSet-Cookie: x=y": "/panel/",
    "": "/panel/",
}


@pytest.mark.parametrize("url", _TARGETS)
def test_a_load_leads_to_listed_places_only(url: str) -> None:
    assert target_of(url) == _TARGETS[url]


def test_two_merchants_opening_the_app_never_share_a_session(house: Flask, opened: Opened) -> None:
    keys = [opened(), opened("xyz")]
    seen = [
        house.test_client(use_cookies=False)
        .get("/panel/probe/", headers={"Authorization": f"Backhaul {key}"})
        .json["store"]
        for key in keys
    ]
    assert seen == ["abc123", "xyz"]


def test_opening_the_app_looks_at_the_store_once_a_day(house: Flask, opened: Opened) -> None:
    opened()
    with house.app_context(), as_store(find_store_id("abc123")):
        names = list(db.session.scalars(text("SELECT task_name FROM procrastinate_jobs ORDER BY id")))
        assert names == ["store.refresh", "storefront.ensure"]
        db.session.add(
            Placement(
                store_id=find_store_id("abc123"), kind="page", channel_id=1, remote_id="5", checked_at=clock.now()
            )
        )
        db.session.commit()
        opened()
        assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2
        db.session.remove()


def test_a_used_token_is_remembered_for_as_long_as_bigcommerce_lets_it_live(house: Flask, opened: Opened) -> None:
    opened()
    used, session = rows(house, UsedToken)[0], rows(house, PanelSession)[0]
    assert (used.expires_at - session.created_at).total_seconds() > 86_400
