"""Admin GraphQL as far as app extensions go: the four operations by their field names, arguments from variables
or written in place."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from sandbox.api import base
from sandbox.api.base import the_state, writes
from sandbox.state import Doc

bp = base.door("graphql")

MOST_PER_MODEL = 2
CONTEXTS = ("PANEL", "LINK")
MODELS = ("ORDERS", "CUSTOMERS", "PRODUCTS", "PRODUCT_DESCRIPTION")


class Bad(Exception):
    """A GraphQL error; the HTTP status stays 200."""


@bp.post("/graphql")
@writes("store_app_extensions_manage")
def graphql(store: str) -> ResponseReturnValue:
    body = base.json_object()
    query, variables = str(body.get("query") or ""), body.get("variables") or {}
    try:
        return base.answer({"data": _answer(query, variables)})
    except Bad as bad:
        return base.answer({"data": None, "errors": [{"message": str(bad), "path": ["appExtension"]}]})


def _answer(query: str, variables: Doc) -> Doc:
    if "createAppExtension" in query:
        return {"appExtension": {"createAppExtension": {"appExtension": _create(_input(query, variables))}}}
    if "updateAppExtension" in query:
        return {"appExtension": {"updateAppExtension": {"appExtension": _update(_input(query, variables))}}}
    if "deleteAppExtension" in query:
        return {"appExtension": {"deleteAppExtension": {"deletedAppExtensionId": _delete(_input(query, variables))}}}
    if "appExtensions" in query:
        return {"store": {"appExtensions": _page(query, variables)}}
    raise Bad("Cannot query this field.")


def _page(query: str, variables: Doc) -> Doc:
    edges = [{"cursor": extension["id"], "node": _shown(extension)} for extension in _mine()]
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    if edges:
        info.update(startCursor=edges[0]["cursor"], endCursor=edges[-1]["cursor"])
    return {"edges": edges, "pageInfo": info}


def _mine() -> list[Doc]:
    return [extension for extension in the_state().all(g.store, "extension") if extension["client_id"] == g.client_id]


def _shown(extension: Doc) -> Doc:
    return {name: extension[name] for name in ("id", "context", "model", "url", "label")}


def _input(query: str, variables: Doc) -> Doc:
    """The `input` argument: a variable of any name, or an object written in the query itself."""
    named = re.search(r"\(\s*input\s*:\s*\$(\w+)", query)
    if named:
        found = variables.get(named[1])
    else:
        written = re.search(r"\(\s*input\s*:\s*(\{.*?\})\s*\)", query, re.DOTALL)
        found = _literal(written[1], variables) if written else None
    if not isinstance(found, dict):
        raise Bad("The argument 'input' is required.")
    return found


def _literal(text: str, variables: Doc) -> Any:
    """A GraphQL object literal as JSON would have it; variables inside are filled in."""
    filled = re.sub(r"\$(\w+)", lambda found: json.dumps(variables.get(found[1])), text)
    parts = re.split(r'("(?:[^"\\]|\\.)*")', filled)
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"\b([A-Za-z_]\w*)\b(?=\s*:)", r'"\1"', parts[place])
        parts[place] = re.sub(r":\s*\b(?!true\b|false\b|null\b)([A-Z_]+)\b", r': "\1"', parts[place])
    try:
        return json.loads("".join(parts))
    except ValueError as broken:
        raise Bad("The argument 'input' cannot be read.") from broken


def _check(extension: Doc) -> None:
    label = extension.get("label") or {}
    if not 1 <= len(label.get("defaultValue") or "") <= 255:
        raise Bad("label.defaultValue must be 1 to 255 characters.")
    if not 1 <= len(extension.get("url") or "") <= 255 or not extension["url"].startswith("/"):
        raise Bad("url must be a path of 1 to 255 characters.")
    if extension.get("context") not in CONTEXTS or extension.get("model") not in MODELS:
        raise Bad("Unknown context or model.")


def _create(given: Doc) -> Doc:
    _check(given)
    state = the_state()
    with state.writing():
        if sum(extension["model"] == given["model"] for extension in _mine()) >= MOST_PER_MODEL:
            raise Bad(f"An app can have {MOST_PER_MODEL} extensions per model.")
        key = f"bc/store/appExtension/{state.next_id(g.store, 'extension')}"
        label = {"locales": [], **given["label"]}
        names = ("context", "model", "url")
        extension = {"id": key, "client_id": g.client_id, **{name: given[name] for name in names}, "label": label}
        state.put(g.store, "extension", key, extension)
    return _shown(extension)


def _own(given: Doc) -> Doc:
    extension = the_state().find(g.store, "extension", str(given.get("id")))
    if extension is None or extension["client_id"] != g.client_id:
        raise Bad("The app extension was not found.")
    return extension


def _update(given: Doc) -> Doc:
    extension, changes = _own(given), given.get("data") or {}
    if set(changes) - {"url", "label"}:
        raise Bad("Only url and label can be changed.")
    extension.update(changes)
    extension["label"] = {"locales": [], **extension["label"]}
    _check(extension)
    the_state().put(g.store, "extension", extension["id"], extension)
    return _shown(extension)


def _delete(given: Doc) -> str:
    extension = _own(given)
    the_state().delete(g.store, "extension", extension["id"])
    return str(extension["id"])
