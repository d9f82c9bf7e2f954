"""V3 webhooks of the calling app, and what the service says about their health."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import g, request
from flask.typing import ResponseReturnValue

from sandbox.api import base
from sandbox.api.base import Problem, the_state
from sandbox.state import Doc

bp = base.door("hooks")

MOST_PER_SCOPE = 10
_SCOPE = re.compile(r"store/[A-Za-z0-9_{}/*]+")


def hook_wire(hook: Doc) -> Doc:
    names = (
        "id",
        "client_id",
        "store_hash",
        "scope",
        "destination",
        "headers",
        "is_active",
        "created_at",
        "updated_at",
    )
    return {name: hook[name] for name in names}


def _mine() -> list[Doc]:
    return [hook for hook in the_state().all(g.store, "hook") if hook["client_id"] == g.client_id]


def _get(hook_id: int) -> Doc:
    hook = the_state().get(g.store, "hook", hook_id)
    if hook["client_id"] != g.client_id:
        raise Problem(404, "The webhook was not found.")
    return hook


def _check(body: Doc, hook_id: int | None = None) -> None:
    """Raises Problem(422) like the service does."""
    for name in ("scope", "destination"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Problem(422, "Webhook validation failed.", {name: "error.path.missing."})
    if not _SCOPE.fullmatch(body["scope"]):
        raise Problem(422, "Webhook validation failed.", {"scope": "error.unknown."})
    target = urlsplit(body["destination"])
    # The service wants https on port 443; this simulator also speaks http to its own machine.
    local = target.hostname in ("127.0.0.1", "localhost", "::1")
    if target.scheme != "https" and not (local and target.scheme == "http"):
        raise Problem(422, "Webhook validation failed.", {"destination": "must be https"})
    headers = body.get("headers") or {}
    if len(headers) > 64 or any(len(key) > 64 or len(str(value)) > 8192 for key, value in headers.items()):
        raise Problem(422, "Webhook validation failed.", {"headers": "too many or too long"})
    others = [hook for hook in _mine() if hook["scope"] == body["scope"] and hook["id"] != hook_id]
    if any(hook["destination"] == body["destination"] for hook in others):
        raise Problem(422, "Webhook validation failed.", {"destination": "this scope and destination exist already"})
    if len(others) >= MOST_PER_SCOPE:
        raise Problem(422, "Webhook validation failed.", {"scope": f"at most {MOST_PER_SCOPE} webhooks per scope"})


@bp.get("/v3/hooks")
def list_hooks(store: str) -> ResponseReturnValue:
    hooks = _mine()
    active = base.flag("is_active")
    if active is not None:
        hooks = [hook for hook in hooks if hook["is_active"] == active]
    for name in ("scope", "destination"):
        if name in request.args:
            hooks = [hook for hook in hooks if hook[name] == request.args[name]]
    return base.v3_page([hook_wire(hook) for hook in hooks])


@bp.post("/v3/hooks")
def create_hook(store: str) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    with state.writing():
        _check(body)
        now = state.now()
        hook = {
            "id": state.next_id(store, "hook"),
            "client_id": g.client_id,
            "store_hash": store,
            "scope": body["scope"],
            "destination": body["destination"],
            "headers": body.get("headers") or {},
            "is_active": bool(body.get("is_active", True)),
            "deactivated": False,
            "created_at": now,
            "updated_at": now,
        }
        state.put(store, "hook", hook["id"], hook)
    return base.data(hook_wire(hook))


@bp.get("/v3/hooks/<int:hook_id>")
def get_hook(store: str, hook_id: int) -> ResponseReturnValue:
    return base.data(hook_wire(_get(hook_id)))


@bp.put("/v3/hooks/<int:hook_id>")
def put_hook(store: str, hook_id: int) -> ResponseReturnValue:
    """Change a hook; `is_active: true` wakes a deactivated one."""
    body, state = base.json_object(), the_state()
    with state.writing():
        hook = _get(hook_id)
        changed: Doc = dict(hook)
        changed.update({name: body[name] for name in ("scope", "destination", "headers") if name in body})
        _check(changed, hook_id)
        changed["is_active"] = bool(body.get("is_active", hook["is_active"]))
        changed["deactivated"] = hook["deactivated"] and not changed["is_active"]
        changed["updated_at"] = state.now()
        state.put(store, "hook", hook_id, changed)
    return base.data(hook_wire(changed))


@bp.delete("/v3/hooks/<int:hook_id>")
def delete_hook(store: str, hook_id: int) -> ResponseReturnValue:
    with the_state().writing():
        hook = _get(hook_id)
        the_state().delete(store, "hook", hook_id)
    return base.data(hook_wire(hook))


@bp.get("/v3/hooks/admin")
def show_health(store: str) -> ResponseReturnValue:
    active = base.flag("is_active")
    hooks = [hook for hook in _mine() if active is None or hook["is_active"] == active]
    listed = []
    for hook in hooks:
        status = "active" if hook["is_active"] else "deactivated" if hook["deactivated"] else "inactive"
        listed.append({**hook_wire(hook), "status": status})
    now = the_state().clock.now()
    blocked = [
        {
            "destination": f"http://{domain}",
            "time_left": round(until - now),
            "reasons": [
                {"failure_description": "Success rate below 90 %", "count": 1, "timestamp": round(now)},
            ],
        }
        for domain, until in base.here().background.domains.listed(now)
    ]
    body = {"emails": the_state().store(store)["hook_emails"], "hooks_list": listed, "blocked_domains": blocked}
    page, limit = base.page_and_limit()
    return base.data(body, pagination=base.pagination(len(listed), len(listed), page, limit))


@bp.put("/v3/hooks/admin")
def put_health(store: str) -> ResponseReturnValue:
    emails = base.json_object().get("emails")
    if not isinstance(emails, list):
        raise Problem(422, "emails must be a list.", {"emails": "is required"})
    with the_state().writing():
        doc = the_state().store(store)
        doc["hook_emails"] = emails
        the_state().save_store(doc)
    return base.nothing()
