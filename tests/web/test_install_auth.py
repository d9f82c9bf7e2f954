"""The install: what is taken, what is refused, and that twice is once."""

import threading
from typing import Any

import pytest
import requests
import responses
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.bc_client.oauth import InstallGrant, Person
from app.extensions import as_store, db
from app.stores.install import record_install
from app.stores.lookup import find_store_id
from app.stores.models import PanelSession, Role, Store, StoreStatus, StoreUser
from tests import factories
from tests.doubles import BigCommerceDouble
from tests.web.callbacks import SCOPES, TOKEN_URL, answers_exchange, auth_query, grant, payload
from tests.web.conftest import key_in


def install(browser: FlaskClient, **query: str) -> Any:
    return browser.get("/auth", query_string=auth_query(**query), headers={"Accept": "text/html"})


def find_store(app: Flask, store_hash: str = "abc123") -> Store | None:
    with app.app_context():
        store_id = find_store_id(store_hash)
        with as_store(store_id):
            store = db.session.get(Store, store_id) if store_id else None
            db.session.expunge_all()
        db.session.remove()
        return store


def rows(app: Flask, table: type) -> list[Any]:
    with app.app_context(), as_store(find_store_id("abc123")):
        found = list(db.session.scalars(select(table)))
        db.session.expunge_all()
        db.session.remove()
        return found


def waiting(app: Flask) -> list[str]:
    with app.app_context():
        found = db.session.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'"))
        names = sorted(found)
        db.session.remove()
        return names


def test_an_install_takes_the_store_in_and_leads_into_the_panel(
    house: Flask, client: FlaskClient, bc: BigCommerceDouble
) -> None:
    answers_exchange(bc)
    browser = house.test_client()
    answer = install(browser)
    assert answer.status_code == 200
    assert 'data-target="/panel/welcome"' in answer.text
    assert key_in(answer.text) in answer.headers["Set-Cookie"]

    store = find_store(house)
    assert store is not None
    assert (store.status, store.access_token) == (StoreStatus.ACTIVE, "a-new-token")
    assert set(SCOPES.split()) <= set(store.scopes.split())
    assert (store.owner_bc_user_id, store.owner_email) == (1, "owner@abc123.example")
    assert [(user.bc_user_id, user.role) for user in rows(house, StoreUser)] == [(1, Role.OWNER)]
    assert waiting(house) == ["hooks.check", "orders.backfill", "store.refresh", "storefront.ensure"]
    assert browser.get("/panel/probe/").json["store"] == "abc123"


def test_the_exchange_says_what_was_registered(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc)
    install(house.test_client())
    (call,) = bc.mock.calls
    assert call.request.url == TOKEN_URL
    sent = str(call.request.body)
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A5080%2Fauth" in sent
    assert "code=a-code" in sent
    assert "grant_type=authorization_code" in sent


def test_a_user_who_is_not_the_owner_installs_and_both_are_known(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc, user={"id": 5, "username": "clerk", "email": "clerk@abc123.example"})
    install(house.test_client())
    users = {user.bc_user_id: user.role for user in rows(house, StoreUser)}
    assert users == {1: Role.OWNER, 5: Role.ADMIN}


def test_installing_again_renews_the_key_and_keeps_the_data(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc)
    install(house.test_client())
    first = find_store(house)
    with house.app_context(), as_store(first.id):
        factories.an_order()
        db.session.get_one(Store, first.id).settings = {"window_days": 77}
        db.session.commit()
        db.session.remove()
    bc.forget()
    answers_exchange(bc, access_token="a-newer-token")
    install(house.test_client())

    second = find_store(house)
    assert (second.id, second.access_token, second.settings) == (first.id, "a-newer-token", {"window_days": 77})
    assert second.hook_secret == first.hook_secret
    assert second.installed_at > first.installed_at
    assert len(rows(house, StoreUser)) == 1
    assert waiting(house).count("orders.backfill") == 1


@pytest.mark.parametrize("status", [StoreStatus.UNINSTALLED, StoreStatus.NEEDS_AUTHORIZATION])
def test_installing_brings_back_a_store_that_went(house: Flask, bc: BigCommerceDouble, status: StoreStatus) -> None:
    with house.app_context():
        factories.a_store(status=status, access_token=None, settings={"window_days": 77}, last_error="unauthorized")
        db.session.remove()
    answers_exchange(bc)
    assert install(house.test_client()).status_code == 200
    store = find_store(house)
    assert (store.status, store.access_token, store.uninstalled_at) == (StoreStatus.ACTIVE, "a-new-token", None)
    assert (store.settings, store.last_error) == ({"window_days": 77}, None)


def test_only_the_token_response_says_which_store_it_is(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc, store_hash="abc123")
    install(house.test_client(), store_hash="victim1")
    assert find_store(house, "victim1") is None
    assert find_store(house, "abc123") is not None


_BAD_QUERIES: dict[str, dict[str, str]] = {
    "no code": {"code": ""},
    "no context": {"context": ""},
    "a context that is a path": {"context": "stores/../admin"},
    "a context that is an address": {"context": "https://evil.example/stores/abc123"},
    "a scope too few": {"scope": SCOPES.replace("store_v2_orders ", "")},
    "no scope": {"scope": ""},
}


@pytest.mark.parametrize("case", _BAD_QUERIES)
def test_a_bad_callback_is_refused_before_anything_is_asked(house: Flask, bc: BigCommerceDouble, case: str) -> None:
    answer = house.test_client().get(
        "/auth", query_string=auth_query(**_BAD_QUERIES[case]), headers={"Accept": "text/html"}
    )
    assert answer.status_code == 400
    assert "marketplace" in answer.text
    assert len(bc.mock.calls) == 0
    assert find_store(house) is None


def _lost() -> dict[str, Any]:
    return {"body": requests.ReadTimeout()}


_EXCHANGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a code that was used": ({"status": 400, "json": {"error": "invalid_grant"}}, 400, "not confirmed"),
    "no such client": ({"status": 401, "json": {"error": "invalid_client"}}, 400, "not confirmed"),
    "a server that fails": ({"status": 502, "body": "bad gateway"}, 503, "does not answer"),
    "an answer lost on its way": (_lost(), 503, "does not answer"),
    "rubbish": ({"status": 200, "body": "<html>"}, 503, "does not answer"),
    "fewer scopes granted": ({"json": grant(scope="store_v2_orders")}, 400, "permissions are missing"),
    "no store": ({"json": grant(context="nonsense")}, 503, "does not answer"),
}


@pytest.mark.parametrize("case", _EXCHANGES)
def test_an_exchange_that_fails_says_so_and_keeps_nothing(house: Flask, bc: BigCommerceDouble, case: str) -> None:
    answer_with, status, words = _EXCHANGES[case]
    bc.mock.add(responses.POST, TOKEN_URL, **answer_with)
    answer = install(house.test_client())
    assert answer.status_code == status
    assert words in answer.text
    assert "Set-Cookie" not in answer.headers
    assert find_store(house) is None
    assert waiting(house) == []


def test_an_install_from_another_site_goes_back_to_the_window_it_came_from(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc)
    answer = install(house.test_client(), external_install="1")
    assert answer.location == "http://login.test/app/client-of-tests/install/succeeded"
    assert "Set-Cookie" not in answer.headers
    assert find_store(house) is not None
    assert rows(house, PanelSession) == []


def test_a_failed_install_from_another_site_says_so_there(house: Flask, bc: BigCommerceDouble) -> None:
    bc.mock.add(responses.POST, TOKEN_URL, status=400, json={"error": "invalid_grant"})
    answer = install(house.test_client(), external_install="1")
    assert answer.location == "http://login.test/app/client-of-tests/install/failed"
    assert find_store(house) is None


def test_two_installs_at_once_make_one_store(house: Flask) -> None:
    start = threading.Barrier(4)
    ids: list[int] = []

    def take_in(number: int) -> None:
        person = Person(1, "owner", "owner@abc123.example")
        given = InstallGrant("abc123", f"token-{number}", frozenset(SCOPES.split()), person, person, "")
        with house.app_context():
            start.wait()
            ids.append(record_install(given).id)
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=take_in, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_uninstalled_then_loaded_the_app_asks_to_be_installed(house: Flask, bc: BigCommerceDouble) -> None:
    answers_exchange(bc)
    browser = house.test_client()
    install(browser)
    assert browser.get("/uninstall", query_string={"signed_payload_jwt": payload()}).status_code == 200
    answer = browser.get("/load", query_string={"signed_payload_jwt": payload()}, headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "not installed" in answer.text
    assert browser.get("/panel/probe/").status_code == 401
    assert waiting(house) == []
