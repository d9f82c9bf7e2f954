from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses

from app.bc_client import BCError, BCRejected, BCUnavailable
from app.bc_client.oauth import InstallGrant, Person, exchange_code
from tests.bc_client.recordings import recorded

URL = "http://login.test/oauth2/token"
TOKEN = recorded("oauth/token.json")


@pytest.fixture
def login() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def exchange() -> InstallGrant:
    return exchange_code(
        login_url="http://login.test",
        client_id="backhaul-sandbox",
        client_secret="s3cret",
        code="c0de",
        scope="store_v2_orders store_v2_content",
        context="stores/browserstore",
        redirect_uri="http://127.0.0.1:5080/auth",
    )


def test_a_code_becomes_a_token_of_the_store_the_answer_names(login: responses.RequestsMock) -> None:
    login.add("POST", URL, json=TOKEN)
    grant = exchange()
    assert (grant.store_hash, grant.access_token) == ("demostore1", "demo-access-token-1")
    assert grant.scopes == {"store_v2_orders", "store_v2_products_read_only", "store_v2_information_read_only"}
    assert grant.user == Person(8, "clerk@demo.example", "clerk@demo.example")
    assert grant.owner == Person(7, "owner@demo.example", "owner@demo.example")
    sent = {name: values[0] for name, values in parse_qs(str(login.calls[0].request.body)).items()}
    assert sent == {
        "client_id": "backhaul-sandbox",
        "client_secret": "s3cret",
        "code": "c0de",
        "context": "stores/browserstore",
        "scope": "store_v2_orders store_v2_content",
        "grant_type": "authorization_code",
        "redirect_uri": "http://127.0.0.1:5080/auth",
    }
    assert login.calls[0].request.headers["User-Agent"] == "Backhaul/0.1"
    assert "Authorization" not in login.calls[0].request.headers


def test_an_owner_may_be_missing(login: responses.RequestsMock) -> None:
    login.add("POST", URL, json={name: value for name, value in TOKEN.items() if name != "owner"})
    assert exchange().owner is None


def test_the_token_is_in_no_text(login: responses.RequestsMock) -> None:
    login.add("POST", URL, json=TOKEN)
    assert "demo-access-token-1" not in repr(exchange())


@pytest.mark.parametrize(("status", "body"), [(400, "oauth/token_refused.json"), (200, "oauth/token_refused.json")])
def test_a_used_code_is_refused(login: responses.RequestsMock, status: int, body: str) -> None:
    login.add("POST", URL, json=recorded(body), status=status)
    with pytest.raises(BCRejected) as refused:
        exchange()
    assert refused.value.title == "invalid_grant"
    assert "c0de" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer_case", "kind"),
    [
        ({"status": 502}, BCUnavailable),
        ({"status": 429, "json": {}}, BCUnavailable),
        ({"status": 403, "body": "<html>"}, BCRejected),
        ({"status": 200, "body": "<html>"}, BCUnavailable),
        ({"status": 200, "json": []}, BCUnavailable),
        ({"status": 200, "json": {**TOKEN, "context": "stores/../x"}}, BCUnavailable),
        ({"status": 200, "json": {**TOKEN, "access_token": ""}}, BCUnavailable),
        ({"status": 200, "json": {**TOKEN, "user": None}}, BCUnavailable),
        ({"status": 302, "headers": {"Location": "http://elsewhere.test/"}}, BCUnavailable),
        ({"body": requests.ReadTimeout()}, BCUnavailable),
        ({"body": requests.ConnectionError()}, BCUnavailable),
    ],
)
def test_nothing_but_a_whole_answer_is_a_grant(
    login: responses.RequestsMock, answer_case: dict[str, Any], kind: type[BCError]
) -> None:
    login.add("POST", URL, **answer_case)
    with pytest.raises(kind):
        exchange()
    assert len(login.calls) == 1
