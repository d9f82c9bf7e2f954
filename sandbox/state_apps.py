"""Which app is installed where: one-time codes, tokens, and what an uninstall takes with it."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from sandbox.defaults import HABITS, INVENTORY_SETTINGS
from sandbox.state import ANYWHERE, Doc, State

CODE_LIFE_S = 600


class BadGrant(Exception):
    """The token endpoint refuses: `error` as OAuth names it, and a sentence."""

    def __init__(self, error: str, sentence: str) -> None:
        super().__init__(sentence)
        self.error = error


def create_store(state: State, store: str, **facts: Any) -> Doc:
    """Make (or remake, empty) a store. Facts: owner_email, timezone, currency, name, currencies, store_id."""
    with state.writing():
        if state.find_store(store):
            state.forget_store(store)
            sql = "DELETE FROM docs WHERE kind='token' AND store=? AND json_extract(body,'$.store')=?"
            state.run(sql, (ANYWHERE, store))
        doc = _new_store(store, state.next_id(ANYWHERE, "store") + 1_000_000, facts)
        state.save_store(doc)
    return doc


def _new_store(store: str, store_id: int, facts: dict[str, Any]) -> Doc:
    owner = {"id": store_id + 500, "email": facts.get("owner_email") or f"owner@{store}.example", "locale": "en-US"}
    clerk = {"id": store_id + 501, "email": f"clerk@{store}.example", "locale": "en-US"}
    currency = facts.get("currency") or "USD"
    return {
        "hash": store,
        "store_id": store_id,
        "name": facts.get("name") or f"Sandbox store {store}",
        "account_uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"account:{store}")),
        "timezone": facts.get("timezone") or "America/New_York",
        "currency": currency,
        "currencies": facts.get("currencies") or [{"code": currency, "rate": "1.0000000000"}],
        "country_code": facts.get("country_code") or "US",
        "owner": {"id": owner["id"], "email": owner["email"]},
        "users": [owner, clerk],
        "app": None,
        "habits": dict(HABITS),
        "settings": {"inventory": dict(INVENTORY_SETTINGS), "email_statuses": {}},
        "hook_emails": [],
    }


def find_user(store: Doc, user_id: int | None) -> Doc:
    """One of the store's users, the owner when nobody is named; an id nobody has gives a fresh authorised user."""
    for user in store["users"]:
        if user["id"] == (user_id or store["owner"]["id"]):
            return user
    return {"id": user_id, "email": f"user{user_id}@{store['hash']}.example", "locale": "en-US"}


def grant_code(state: State, store: str, *, client_id: str, scopes: str, user_id: int | None = None) -> str:
    """A single-use code, as the merchant's consent makes it."""
    code = secrets.token_hex(16)
    user = find_user(state.store(store), user_id)
    grant = {
        "store": store,
        "client_id": client_id,
        "scopes": scopes,
        "user": user,
        "expires_at": state.clock.now() + CODE_LIFE_S,
    }
    state.put(ANYWHERE, "code", code, grant)
    return code


def redeem_code(state: State, code: str, *, client_id: str, context: str, scopes: str) -> tuple[Doc, Doc, str]:
    """(store, user, token) for a code; the code is used up, older tokens of the app in this store die.

    Raises BadGrant.
    """
    with state.writing():
        grant = state.find(ANYWHERE, "code", code)
        state.delete(ANYWHERE, "code", code)
        if grant is None or grant["client_id"] != client_id or grant["expires_at"] < state.clock.now():
            raise BadGrant("invalid_grant", "Invalid or expired authorization code.")
        if context != f"stores/{grant['store']}":
            raise BadGrant("invalid_context", "The context does not belong to this code.")
        if set(scopes.split()) != set(grant["scopes"].split()):
            raise BadGrant("invalid_scope", "The requested scopes differ from the granted ones.")
        store = state.store(grant["store"])
        kill_tokens(state, grant["store"], client_id)
        token = secrets.token_hex(20)
        entry = {"store": grant["store"], "client_id": client_id, "scopes": grant["scopes"], "user": grant["user"]}
        state.put(ANYWHERE, "token", token, entry)
        store["app"] = {"client_id": client_id, "scopes": grant["scopes"], "installed_at": state.now()}
        store["app"]["user_id"] = grant["user"]["id"]
        state.save_store(store)
    return store, grant["user"], token


def find_token(state: State, token: str) -> Doc | None:
    return state.find(ANYWHERE, "token", token)


def token_alive(state: State, store: str, client_id: str) -> bool:
    sql = (
        "SELECT count(*) FROM docs WHERE store=? AND kind='token'"
        " AND json_extract(body,'$.store')=? AND json_extract(body,'$.client_id')=?"
    )
    return bool(state.rows(sql, (ANYWHERE, store, client_id))[0][0])


def kill_tokens(state: State, store: str, client_id: str) -> None:
    sql = (
        "DELETE FROM docs WHERE store=? AND kind='token'"
        " AND json_extract(body,'$.store')=? AND json_extract(body,'$.client_id')=?"
    )
    state.run(sql, (ANYWHERE, store, client_id))


def uninstall(state: State, store: str, client_id: str) -> None:
    """Kill the token and remove the app's hooks and its scripts with `auto_uninstall`; pages and metafields stay."""
    with state.writing():
        kill_tokens(state, store, client_id)
        for hook in state.all(store, "hook"):
            if hook["client_id"] == client_id:
                state.delete(store, "hook", hook["id"])
        for script in state.all(store, "script"):
            if script["api_client_id"] == client_id and script["auto_uninstall"]:
                state.delete(store, "script", script["uuid"])
        doc = state.store(store)
        doc["app"] = None
        state.save_store(doc)
