"""The login service: consent, token exchange, and the signed calls that open, remove or prune an app."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import requests
from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import jwt, state_apps, state_hooks
from sandbox.state import Doc

if TYPE_CHECKING:
    from sandbox.server import Sandbox

bp = Blueprint("oauth", __name__)

LOAD_LIFE_S = 86_400
CUSTOMER_LIFE_S = 900


@bp.post("/oauth2/token")
def token() -> ResponseReturnValue:
    """Exchange a code for the store's token, JSON or form; `redirect_uri` must be byte-identical."""
    sandbox: Sandbox = current_app.config["SANDBOX"]
    body = request.get_json(silent=True) if request.is_json else request.form
    body = {key: str(value) for key, value in (body or {}).items()}
    try:
        _check_client(sandbox, body)
        store, user, access_token = state_apps.redeem_code(
            sandbox.state,
            body.get("code", ""),
            client_id=sandbox.client_id,
            context=body.get("context", ""),
            scopes=body.get("scope", ""),
        )
    except state_apps.BadGrant as refused:
        return jsonify(error=refused.error, error_description=str(refused)), 400
    return jsonify(
        access_token=access_token,
        scope=store["app"]["scopes"],
        user={"id": user["id"], "username": user["email"], "email": user["email"]},
        owner={**store["owner"], "username": store["owner"]["email"]},
        context=f"stores/{store['hash']}",
        account_uuid=store["account_uuid"],
    )


def _check_client(sandbox: Sandbox, body: dict[str, str]) -> None:
    if body.get("grant_type") != "authorization_code":
        raise state_apps.BadGrant("unsupported_grant_type", "grant_type must be authorization_code.")
    if body.get("client_id") != sandbox.client_id or body.get("client_secret") != sandbox.client_secret:
        raise state_apps.BadGrant("invalid_client", "Unknown client or wrong secret.")
    if body.get("redirect_uri") != sandbox.auth_callback:
        raise state_apps.BadGrant("redirect_uri_mismatch", "redirect_uri differs from the registered auth callback.")


def install_url(sandbox: Sandbox, store: str, user_id: int | None = None, *, external: bool = False) -> str:
    """Where the merchant's browser goes after consent: the app's auth callback with a fresh code."""
    code = state_apps.grant_code(
        sandbox.state, store, client_id=sandbox.client_id, scopes=sandbox.scopes, user_id=user_id
    )
    query = {
        "code": code,
        "scope": sandbox.scopes,
        "context": f"stores/{store}",
        "account_uuid": sandbox.state.store(store)["account_uuid"],
    }
    if external:
        query["external_install"] = "1"
    return f"{sandbox.auth_callback}?{urlencode(query)}"


def signed_payload(
    sandbox: Sandbox, store: str, user_id: int | None = None, path: str = "/", channel_id: int | None = None
) -> str:
    """The JWT of load, uninstall and remove_user; its claims do not say which of the three it is for."""
    doc = sandbox.state.store(store)
    user = state_apps.find_user(doc, user_id)
    now = sandbox.state.now()
    claims: dict[str, Any] = {
        "aud": sandbox.client_id,
        "iss": "bc",
        "iat": now,
        "nbf": now - 5,
        "exp": now + LOAD_LIFE_S - 5,
        "jti": str(uuid.uuid4()),
        "sub": f"stores/{store}",
        "user": {"id": user["id"], "email": user["email"], "locale": user["locale"]},
        "owner": doc["owner"],
        "url": path,
        "channel_id": channel_id,
    }
    return jwt.sign(claims, sandbox.client_secret)


def load_url(
    sandbox: Sandbox, store: str, user_id: int | None = None, path: str = "/", channel_id: int | None = None
) -> str:
    """The load callback with a fresh JWT, as the control panel's iframe opens it."""
    token = signed_payload(sandbox, store, user_id, path, channel_id)
    return f"{sandbox.app_url}/load?signed_payload_jwt={quote(token)}"


def current_customer_jwt(sandbox: Sandbox, store: str, customer_id: int) -> str:
    """What the storefront answers at /customer/current.jwt; raises Missing for a customer nobody knows."""
    customer = sandbox.state.get(store, "customer", customer_id)
    now = sandbox.state.now()
    claims = {
        "customer": {
            "id": customer_id,
            "email": customer["email"],
            "group_id": str(customer.get("customer_group_id") or 0),
        },
        "iss": "bc/apps",
        "sub": store,
        "iat": now,
        "exp": now + CUSTOMER_LIFE_S,
        "version": 1,
        "aud": sandbox.client_id,
        "application_id": sandbox.client_id,
        "store_hash": store,
        "operation": "current_customer",
    }
    return jwt.sign(claims, sandbox.client_secret, sandbox.state.habits(store)["jwt_algorithm"])


def call_uninstall(sandbox: Sandbox, store: str, user_id: int | None = None) -> int:
    """The merchant removes the app: the token dies, then the app is told. Gives the app's status, 0 for silence."""
    state_hooks.emit(sandbox.state, store, "store/app/uninstalled", {"type": "store"})
    token = signed_payload(sandbox, store, user_id)
    state_apps.uninstall(sandbox.state, store, sandbox.client_id)
    return _call(sandbox, "uninstall", token)


def call_remove_user(sandbox: Sandbox, store: str, user_id: int) -> int:
    """The merchant takes the app away from a user. Gives the app's status, 0 for silence."""
    token = signed_payload(sandbox, store, user_id)
    with sandbox.state.writing():
        doc: Doc = sandbox.state.store(store)
        doc["users"] = [user for user in doc["users"] if user["id"] != user_id]
        sandbox.state.save_store(doc)
    return _call(sandbox, "remove_user", token)


def _call(sandbox: Sandbox, callback: str, token: str) -> int:
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                f"{sandbox.app_url}/{callback}", params={"signed_payload_jwt": token}, timeout=10, allow_redirects=False
            )
        except requests.RequestException:
            return 0
    return answer.status_code
