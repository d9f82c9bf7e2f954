"""Consent, tokens, and the signed calls: what BigCommerce's login does."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt as pyjwt
import pytest
import requests

from sandbox.server import Sandbox
from tests.sandbox.conftest import ALL_SCOPES, Shop, install, open_shop


def exchange(sandbox: Sandbox, *, form: bool = False, **changes: str) -> requests.Response:
    url = requests.get(f"{sandbox.url}/_sandbox/install_url/teststore1", timeout=5).json()["url"]
    query = dict(parse_qsl(urlsplit(url).query))
    body = {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "code": query["code"],
        "context": query["context"],
        "scope": query["scope"],
        "grant_type": "authorization_code",
        "redirect_uri": sandbox.auth_callback,
        **changes,
    }
    sent: dict[str, Any] = {"data": body} if form else {"json": body}
    return requests.post(f"{sandbox.url}/oauth2/token", timeout=5, **sent)


@pytest.mark.parametrize("form", [True, False])
def test_a_code_becomes_a_token(shop: Shop, form: bool) -> None:
    answer = exchange(shop.sandbox, form=form).json()
    assert (answer["context"], answer["scope"]) == ("stores/teststore1", ALL_SCOPES)
    assert answer["user"]["email"] == answer["owner"]["email"] == "owner@teststore1.example"
    assert set(answer) == {"access_token", "scope", "user", "owner", "context", "account_uuid"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "made-up"},
        {"client_secret": "wrong"},
        {"redirect_uri": "http://127.0.0.1:9/auth/"},
        {"context": "stores/otherstore"},
        {"scope": "store_v2_orders"},
        {"grant_type": "password"},
    ],
)
def test_anything_wrong_in_the_exchange_is_refused(shop: Shop, changes: dict[str, str]) -> None:
    assert exchange(shop.sandbox, **changes).status_code == 400
    # The token of before is untouched.
    assert shop.get("/v2/store").status_code == 200


def test_a_code_works_once(shop: Shop) -> None:
    url = requests.get(f"{shop.sandbox.url}/_sandbox/install_url/teststore1", timeout=5).json()["url"]
    code = dict(parse_qsl(urlsplit(url).query))["code"]
    assert exchange(shop.sandbox, code=code).status_code == 200
    assert exchange(shop.sandbox, code=code).status_code == 400


def test_a_second_install_kills_the_first_token(shop: Shop) -> None:
    fresh = install(shop.sandbox, "teststore1")
    assert shop.get("/v2/store").status_code == 401
    shop.token = fresh
    assert shop.get("/v2/store").status_code == 200


def test_no_token_a_wrong_one_and_a_foreign_one_are_401(shop: Shop) -> None:
    other = open_shop(shop.sandbox, "teststore2")
    for token in ("", "rubbish", other.token):
        answer = Shop(shop.sandbox, shop.store, token).get("/v3/hooks")
        assert (answer.status_code, answer.json()["status"]) == (401, 401)


def test_a_missing_scope_is_403() -> None:
    sandbox = Sandbox(app_url="http://127.0.0.1:9", scopes="store_v2_orders_read_only").start()
    try:
        shop = open_shop(sandbox)
        assert shop.get("/v2/orders").status_code == 200
        assert shop.put("/v2/orders/101", {"staff_notes": "x"}).status_code == 403
        assert shop.get("/v3/orders/101/payment_actions/refunds").status_code == 200
        assert shop.get("/v3/catalog/products").status_code == 403
    finally:
        sandbox.stop()


def test_uninstalling_kills_the_token_and_what_is_the_apps(shop: Shop) -> None:
    shop.post("/v3/hooks", {"scope": "store/order/*", "destination": "https://app.example/hooks"})
    script = {"kind": "src", "src": "https://app.example/a.js"}
    shop.post("/v3/content/scripts", {"name": "goes", "auto_uninstall": True, **script})
    shop.post("/v3/content/scripts", {"name": "stays", "auto_uninstall": False, **script})
    shop.post("/v3/content/pages", {"name": "Returns", "type": "link", "link": "https://app.example/"})
    # Nobody listens at the app's address.
    assert shop.control("POST", "/uninstall/teststore1") == {"status": 0}
    seen = shop.control("GET", "/stores/teststore1")
    assert (seen["installed"], seen["token_alive"], seen["hooks"], seen["pages"]) == (False, False, 0, 1)
    assert [script["name"] for script in seen["scripts"]] == ["stays"]
    assert shop.get("/v2/store").status_code == 401


def test_the_load_jwt_says_who_opens_what(shop: Shop) -> None:
    clerk = shop.control("GET", "/stores/teststore1")["users"][1]
    url = shop.control("GET", f"/load_url/teststore1?user_id={clerk['id']}&path=/orders/101/returns")["url"]
    token = dict(parse_qsl(urlsplit(url).query))["signed_payload_jwt"]
    secret, client_id = shop.sandbox.client_secret, shop.sandbox.client_id
    claims = pyjwt.decode(token, secret, algorithms=["HS256"], audience=client_id, issuer="bc", leeway=5)
    assert (claims["sub"], claims["url"], claims["channel_id"]) == ("stores/teststore1", "/orders/101/returns", None)
    assert (claims["user"]["email"], claims["owner"]["email"]) == (clerk["email"], "owner@teststore1.example")
    assert claims["exp"] - claims["iat"] == 86_395


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_the_current_customers_jwt_names_the_shopper(shop: Shop, algorithm: str) -> None:
    shop.habits(jwt_algorithm=algorithm)
    token = shop.control("GET", "/current_jwt/teststore1?customer_id=1")["jwt"]
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    secret, client_id = shop.sandbox.client_secret, shop.sandbox.client_id
    claims = pyjwt.decode(token, secret, algorithms=[algorithm], audience=client_id, leeway=5)
    assert header["alg"] == algorithm
    assert (claims["customer"]["id"], claims["operation"]) == (1, "current_customer")
    assert (claims["exp"] - claims["iat"], claims["store_hash"]) == (900, "teststore1")
