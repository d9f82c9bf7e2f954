"""The app is removed: from a store, or from one user."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.extensions import as_store, db
from app.jobs import enqueue
from app.lib import clock
from app.stores.lookup import find_store_id, list_active_store_ids
from app.stores.models import PanelSession, PortalSession, Store, StoreStatus, StoreUser
from app.stores.sessions import open_portal_session
from tests import factories
from tests.web.callbacks import payload

Opened = Callable[..., str]


def told(browser: FlaskClient, callback: str, token: str) -> Any:
    return browser.get(callback, query_string={"signed_payload_jwt": token})


def store_of(app: Flask, store_hash: str = "abc123") -> Store:
    with app.app_context():
        with as_store(find_store_id(store_hash)) as _:
            store = db.session.query(Store).one()
            db.session.expunge_all()
        db.session.remove()
        return store


def count(app: Flask, table: type, store_hash: str = "abc123") -> int:
    with app.app_context(), as_store(find_store_id(store_hash)):
        found = db.session.query(table).count()
        db.session.remove()
        return found


def probe(app: Flask, key: str) -> int:
    browser = app.test_client(use_cookies=False)
    return browser.get("/panel/probe/", headers={"Authorization": f"Backhaul {key}"}).status_code


@pytest.fixture
def server(house: Flask) -> FlaskClient:
    """BigCommerce's own servers: no cookie, no session."""
    return house.test_client(use_cookies=False)


def test_the_owner_uninstalls_and_is_told_what_stays(house: Flask, server: FlaskClient, opened: Opened) -> None:
    key, stranger = opened(), opened("xyz")
    answer = told(server, "/uninstall", payload())
    assert answer.status_code == 200
    assert "What stays" in answer.text
    store = store_of(house)
    assert (store.status, store.access_token) == (StoreStatus.UNINSTALLED, None)
    assert store.uninstalled_at is not None
    assert (probe(house, key), probe(house, stranger)) == (401, 200)
    assert store_of(house, "xyz").status == StoreStatus.ACTIVE


def test_an_uninstalled_store_has_no_jobs_and_no_shoppers_in_it(
    house: Flask, server: FlaskClient, two_stores: None
) -> None:
    with house.app_context():
        for store_hash in ("abc123", "xyz"):
            store_id = find_store_id(store_hash)
            with as_store(store_id):
                order = factories.an_order()
                open_portal_session(order_id=order.id)
                enqueue("orders.reconcile", store_id=store_id)
                db.session.commit()
        db.session.remove()
    told(server, "/uninstall", payload())
    with house.app_context():
        jobs = list(db.session.scalars(text("SELECT args->>'store_id' FROM procrastinate_jobs")))
        assert jobs == [str(find_store_id("xyz"))]
        assert list_active_store_ids() == [find_store_id("xyz")]
        db.session.remove()
    assert (count(house, PortalSession), count(house, PortalSession, "xyz")) == (0, 1)


def test_a_known_user_may_uninstall(house: Flask, server: FlaskClient, opened: Opened) -> None:
    opened(user_id=7)
    told(server, "/uninstall", payload(user_id=7))
    assert store_of(house).status == StoreStatus.UNINSTALLED


_NOT_DONE: dict[str, tuple[dict[str, Any], int]] = {
    "forged": ({"secret": "another-secret-0123456789-0123456789-0123"}, 401),
    "for another app": ({"aud": "another-client"}, 401),
    "by somebody nobody knows": ({"user_id": 99}, 200),
    "three minutes old": ({"age_s": 180}, 200),
    "of a store that never installed": ({"store_hash": "nobody9"}, 200),
}


@pytest.mark.parametrize("callback", ["/uninstall", "/remove_user"])
@pytest.mark.parametrize("case", _NOT_DONE)
def test_a_call_that_must_not_count_changes_nothing(
    house: Flask, server: FlaskClient, opened: Opened, callback: str, case: str
) -> None:
    key = opened()
    claims, status = _NOT_DONE[case]
    answer = told(server, callback, payload(**claims))
    assert answer.status_code == status
    store = store_of(house)
    assert (store.status, store.access_token) == (StoreStatus.ACTIVE, "token-of-abc123")
    assert probe(house, key) == 200


def test_a_token_that_opened_the_app_does_not_uninstall_it(
    house: Flask, server: FlaskClient, visitor: FlaskClient
) -> None:
    token = payload()
    assert told(visitor, "/load", token).status_code == 200
    assert told(server, "/uninstall", token).status_code == 200
    assert told(server, "/remove_user", token).status_code == 200
    assert store_of(house).status == StoreStatus.ACTIVE
    assert visitor.get("/panel/probe/").status_code == 200


def test_a_strangers_word_does_not_reach_another_store(house: Flask, server: FlaskClient, opened: Opened) -> None:
    key = opened()
    told(server, "/uninstall", payload("xyz"))
    assert store_of(house).status == StoreStatus.ACTIVE
    assert probe(house, key) == 200


def test_uninstalling_twice_is_once(house: Flask, server: FlaskClient, two_stores: None) -> None:
    told(server, "/uninstall", payload())
    first = store_of(house).uninstalled_at
    assert told(server, "/uninstall", payload()).status_code == 200
    assert store_of(house).uninstalled_at == first


def test_a_removed_user_is_out_at_once_and_nobody_else(house: Flask, server: FlaskClient, opened: Opened) -> None:
    theirs, mine = opened(user_id=7), opened(user_id=1)
    address = (
        house.test_client(use_cookies=False)
        .get("/panel/probe/", headers={"Authorization": f"Backhaul {theirs}"})
        .json["file"]
    )
    assert told(server, "/remove_user", payload(user_id=7)).status_code == 200
    assert (probe(house, theirs), probe(house, mine)) == (401, 200)
    assert server.get(address).status_code == 401
    assert count(house, PanelSession) == 1


def test_a_word_from_before_the_removal_does_not_bring_a_user_back(
    house: Flask, server: FlaskClient, opened: Opened
) -> None:
    opened(user_id=7)
    kept = payload(user_id=7)
    told(server, "/remove_user", payload(user_id=7))
    answer = house.test_client().get(
        "/load", query_string={"signed_payload_jwt": kept}, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 403
    assert "no access" in answer.text
    assert count(house, PanelSession) == 0


def test_a_user_who_is_given_the_app_again_comes_in(house: Flask, server: FlaskClient, opened: Opened) -> None:
    opened(user_id=7)
    told(server, "/remove_user", payload(user_id=7))
    moment = clock.now() + timedelta(hours=1)
    clock.use(lambda: moment)
    assert probe(house, opened(user_id=7)) == 200
    assert count(house, StoreUser) == 2


@pytest.mark.parametrize("callback", ["/load", "/uninstall", "/remove_user", "/auth"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_callbacks_are_asked_by_get_only(house: Flask, server: FlaskClient, callback: str, method: str) -> None:
    assert getattr(server, method)(callback).status_code in (400, 405)
