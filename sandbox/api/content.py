"""V3 scripts and pages: what an app places in the storefront."""

from __future__ import annotations

import uuid
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from sandbox import wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.state import Doc

bp = base.door("content")

MOST_SCRIPTS = 10
CHOICES = {
    "kind": ("src", "script_tag"),
    "load_method": ("default", "async", "defer"),
    "location": ("head", "footer"),
    "visibility": ("storefront", "all_pages", "checkout", "order_confirmation"),
    "consent_category": ("essential", "functional", "analytics", "targeting"),
}
PAGE_TYPES = ("page", "raw", "contact_form", "link", "blog")


def script_wire(script: Doc) -> Doc:
    return {
        **{name: value for name, value in script.items() if value is not None},
        "date_created": wire.iso(script["date_created"]),
        "date_modified": wire.iso(script["date_modified"]),
    }


def _my_scripts() -> list[Doc]:
    found = [script for script in the_state().all(g.store, "script") if script["api_client_id"] == g.client_id]
    return sorted(found, key=lambda script: (script["date_created"], script["name"]))


def _script(key: str) -> Doc:
    script = the_state().get(g.store, "script", key)
    if script["api_client_id"] != g.client_id:
        raise Problem(404, "The script was not found.")
    return script


def _check_script(script: Doc) -> None:
    wrong: Doc = {}
    if not isinstance(script.get("name"), str) or not 1 <= len(script["name"]) <= 255:
        wrong["name"] = "must be a text of 1 to 255 characters"
    for name, allowed in CHOICES.items():
        if script.get(name) is not None and script[name] not in allowed:
            wrong[name] = f"must be one of {', '.join(allowed)}"
    if script["kind"] == "src" and not script.get("src"):
        wrong["src"] = "is required"
    if script["kind"] == "script_tag" and not 1 <= len(script.get("html") or "") <= 65_536:
        wrong["html"] = "must be 1 to 65536 characters"
    if len(script.get("integrity_hashes") or []) > 5:
        wrong["integrity_hashes"] = "at most five"
    if script["channel_id"] < 1:
        wrong["channel_id"] = "must be at least 1"
    if wrong:
        raise Problem(422, "The script is invalid.", wrong)
    if script["visibility"] in ("all_pages", "checkout") and "store_content_checkout" not in g.scopes:
        raise Problem(403, "You need the Checkout content scope to use all_pages and checkout.")


@bp.get("/v3/content/scripts")
@reads("store_v2_content")
def list_scripts(store: str) -> ResponseReturnValue:
    channels = base.whole_list("channel_id:in")
    found = [script for script in _my_scripts() if channels is None or script["channel_id"] in channels]
    return base.v3_page([script_wire(script) for script in found])


@bp.post("/v3/content/scripts")
@writes("store_v2_content")
def create_script(store: str) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    with state.writing():
        now = state.now()
        script: Doc = {
            "description": "",
            "kind": "src" if body.get("src") else "script_tag",
            "src": None,
            "html": None,
            "load_method": "default",
            "location": "head",
            "visibility": "storefront",
            "auto_uninstall": False,
            "consent_category": None,
            "enabled": True,
            "channel_id": 1,
            "integrity_hashes": [],
            **body,
            "uuid": str(uuid.uuid4()),
            "api_client_id": g.client_id,
            "date_created": now,
            "date_modified": now,
        }
        _check_script(script)
        if len(_my_scripts()) >= MOST_SCRIPTS:
            raise Problem(422, f"An app can have {MOST_SCRIPTS} scripts.", {"name": "limit reached"})
        state.put(store, "script", script["uuid"], script)
    return base.data(script_wire(script))


@bp.get("/v3/content/scripts/<key>")
@reads("store_v2_content")
def get_script(store: str, key: str) -> ResponseReturnValue:
    return base.data(script_wire(_script(key)))


@bp.put("/v3/content/scripts/<key>")
@writes("store_v2_content")
def put_script(store: str, key: str) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    with state.writing():
        kept = ("uuid", "api_client_id", "date_created")
        script = {**_script(key), **{name: value for name, value in body.items() if name not in kept}}
        script["date_modified"] = state.now()
        _check_script(script)
        state.put(store, "script", key, script)
    return base.data(script_wire(script))


@bp.delete("/v3/content/scripts/<key>")
@writes("store_v2_content")
def delete_script(store: str, key: str) -> ResponseReturnValue:
    _script(key)
    the_state().delete(store, "script", key)
    return base.nothing()


def _page(body: Any, page_id: int | None = None, before: Doc | None = None) -> Doc:
    """The page to keep; raises Problem(422)."""
    if not isinstance(body, dict):
        raise Problem(422, "A page must be an object.")
    page: Doc = {
        "channel_id": 1,
        "is_visible": True,
        "parent_id": 0,
        "sort_order": 0,
        "is_homepage": False,
        "is_customers_only": False,
        "search_keywords": "",
        **(before or {}),
        **{name: value for name, value in body.items() if name != "id"},
    }
    if page.get("type") not in PAGE_TYPES:
        raise Problem(422, f"type must be one of {', '.join(PAGE_TYPES)}.")
    if not isinstance(page.get("name"), str) or not 1 <= len(page["name"]) <= 100:
        raise Problem(422, "name must be a text of 1 to 100 characters.")
    if page["type"] == "link" and not page.get("link"):
        raise Problem(422, "A link page needs a link.")
    others = [other for other in the_state().all(g.store, "page") if other["id"] != page_id]
    if any((other["name"], other["channel_id"]) == (page["name"], page["channel_id"]) for other in others):
        raise Problem(409, f"There is a page named {page['name']!r} already.")
    if page["type"] in ("page", "raw", "contact_form"):
        page.setdefault("url", f"/{page['name'].casefold().replace(' ', '-')}/")
    page["id"] = page_id or the_state().next_id(g.store, "page")
    return page


def _page_wire(page: Doc) -> Doc:
    with_body = page["type"] == "raw" or "body" in (base.text_list("include") or [])
    return {name: value for name, value in page.items() if name != "body" or with_body}


@bp.get("/v3/content/pages")
@reads("store_v2_content")
def list_pages(store: str) -> ResponseReturnValue:
    found = the_state().all(store, "page")
    channel = base.whole("channel_id")
    if channel is not None:
        found = [page for page in found if page["channel_id"] == channel]
    ids = base.whole_list("id:in")
    if ids is not None:
        found = [page for page in found if page["id"] in ids]
    if "name" in request.args:
        found = [page for page in found if page["name"] == request.args["name"]]
    if "name:like" in request.args:
        found = [page for page in found if request.args["name:like"].casefold() in page["name"].casefold()]
    return base.v3_page([_page_wire(page) for page in found])


@bp.post("/v3/content/pages")
@writes("store_v2_content")
def create_pages(store: str) -> ResponseReturnValue:
    body = base.json_body()
    with the_state().writing():
        pages = []
        for entry in body if isinstance(body, list) else [body]:
            page = _page(entry)
            the_state().put(store, "page", page["id"], page)
            pages.append(_page_wire(page))
    return base.data(pages if isinstance(body, list) else pages[0], 201)


@bp.delete("/v3/content/pages")
@writes("store_v2_content")
def delete_pages(store: str) -> ResponseReturnValue:
    ids = base.whole_list("id:in")
    if not ids:
        raise Problem(422, "id:in is required.")
    for page_id in ids:
        the_state().delete(store, "page", page_id)
    return base.nothing()


@bp.get("/v3/content/pages/<int:page_id>")
@reads("store_v2_content")
def get_page(store: str, page_id: int) -> ResponseReturnValue:
    return base.data(_page_wire(the_state().get(store, "page", page_id)))


@bp.put("/v3/content/pages/<int:page_id>")
@writes("store_v2_content")
def put_page(store: str, page_id: int) -> ResponseReturnValue:
    with the_state().writing():
        before = the_state().get(store, "page", page_id)
        page = _page(base.json_object(), page_id, before)
        the_state().put(store, "page", page_id, page)
    return base.data(_page_wire(page))


@bp.delete("/v3/content/pages/<int:page_id>")
@writes("store_v2_content")
def delete_page(store: str, page_id: int) -> ResponseReturnValue:
    the_state().get(store, "page", page_id)
    the_state().delete(store, "page", page_id)
    return base.nothing()
