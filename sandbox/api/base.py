"""What every door of the API shares: who calls, what may be called, pages, errors in the service's two shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, request
from werkzeug.datastructures import MultiDict

from sandbox.state import Doc, State

if TYPE_CHECKING:
    from sandbox.server import Sandbox

MAX_LIMIT = 250
DEFAULT_LIMIT = 50
View = TypeVar("View", bound=Callable[..., Any])


class Problem(Exception):
    """An answer that is no success. `errors` go into a V3 body; `shape` "data" is the refund endpoints' own."""

    def __init__(self, status: int, title: str, errors: Doc | None = None, *, shape: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.errors, self.shape = status, title, errors or {}, shape


def door(name: str) -> Blueprint:
    return Blueprint(f"api_{name}", __name__, url_prefix="/stores/<store>")


def here() -> Sandbox:
    return current_app.config["SANDBOX"]


def the_state() -> State:
    return here().state


def root() -> str:
    """The store's API root, for links."""
    return f"{here().url}/stores/{g.store}"


def reads(*scopes: str) -> Callable[[View], View]:
    """The view needs one of `scopes`, or its read-only sister."""
    return _needs([name for scope in scopes for name in (scope, f"{scope}_read_only")])


def writes(*scopes: str) -> Callable[[View], View]:
    """The view needs one of `scopes` whole."""
    return _needs(list(scopes))


def _needs(scopes: list[str]) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.scopes = scopes  # type: ignore[attr-defined]
        return view

    return mark


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, content_type="application/json")


def nothing() -> Response:
    return Response(status=204)


def data(body: Any, status: int = 200, **meta: Any) -> Response:
    """V3's envelope."""
    return answer({"data": body, "meta": meta}, status)


def problem_answer(problem: Problem, *, v2: bool) -> Response:
    """The error as V2 (a list) or V3 (an object) writes it."""
    if v2 and not problem.shape:
        entry: Doc = {"status": problem.status, "message": problem.title}
        return answer([{**entry, "details": problem.errors} if problem.errors else entry], problem.status)
    body: Doc = {"status": problem.status, "title": problem.title, "type": _TYPE}
    if problem.errors:
        body["errors"] = problem.errors
    if problem.shape == "data":
        body = {"data": [body]}
    return answer(body, problem.status)


_TYPE = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"


def json_body() -> Any:
    """The request's JSON; raises Problem(400) or Problem(415)."""
    if not request.is_json:
        raise Problem(415, "The request body must be application/json.")
    try:
        return json.loads(request.get_data())
    except ValueError as broken:
        raise Problem(400, "The request body is not valid JSON.") from broken


def json_object() -> Doc:
    body = json_body()
    if not isinstance(body, dict):
        raise Problem(422, "The request body must be an object.")
    return body


def json_list() -> list[Any]:
    body = json_body()
    if not isinstance(body, list) or not body:
        raise Problem(422, "The request body must be a list with at least one entry.")
    return body


def whole(name: str, default: int | None = None) -> int | None:
    """A whole-numbered query parameter; raises Problem(400)."""
    raw = request.args.get(name)
    if raw is None or raw == "":
        return default
    try:
        return int(raw)
    except ValueError as broken:
        raise Problem(400, f"The field '{name}' is invalid.", {name: "must be a whole number"}) from broken


def whole_list(name: str) -> list[int] | None:
    """A comma-separated list of whole numbers, None when it was not asked for; raises Problem(422)."""
    raw = request.args.get(name)
    if raw is None:
        return None
    try:
        return [int(part) for part in raw.split(",") if part.strip()]
    except ValueError as broken:
        raise Problem(422, f"The filter '{name}' is invalid.", {name: "must be whole numbers"}) from broken


def text_list(name: str) -> list[str] | None:
    raw = request.args.get(name)
    return None if raw is None else [part.strip() for part in raw.split(",") if part.strip()]


def flag(name: str) -> bool | None:
    raw = request.args.get(name)
    return None if raw is None else raw.casefold() in ("true", "1")


def page_and_limit() -> tuple[int, int]:
    """(page, limit); raises Problem(413) above 250, Problem(400) for nonsense."""
    page, limit = whole("page", 1) or 1, whole("limit", DEFAULT_LIMIT)
    if limit is not None and limit > MAX_LIMIT:
        raise Problem(413, f"The limit must not exceed {MAX_LIMIT}.")
    if page < 1 or limit is None or limit < 1:
        raise Problem(400, "page and limit must be positive.")
    return page, limit


def v2_page(docs: list[Any]) -> Response:
    """One page of a V2 list; nothing at all is 204 with an empty body."""
    page, limit = page_and_limit()
    return v2_list(docs[(page - 1) * limit : page * limit])


def v2_list(docs: list[Any]) -> Response:
    return answer(docs) if docs else nothing()


def v3_page(docs: list[Any], **meta: Any) -> Response:
    """One page of a V3 list, `include_fields` and `exclude_fields` applied."""
    page, limit = page_and_limit()
    shown = [_fields(doc) for doc in docs[(page - 1) * limit : page * limit]]
    return answer({"data": shown, "meta": {"pagination": pagination(len(docs), len(shown), page, limit), **meta}})


def _fields(doc: Any) -> Any:
    wanted, unwanted = text_list("include_fields"), text_list("exclude_fields")
    if not isinstance(doc, dict) or not (wanted or unwanted):
        return doc
    if wanted:
        # What `include` asked for comes besides: no name of a sub-resource is allowed in `include_fields`.
        kept = {"id", "category_id", *wanted, *(text_list("include") or ())}
        return {key: value for key, value in doc.items() if key in kept}
    return {key: value for key, value in doc.items() if key not in (unwanted or [])}


def pagination(total: int, count: int, page: int, limit: int) -> Doc:
    pages = max(1, -(-total // limit))
    links = {"current": _link(page, limit)}
    if page > 1:
        links["previous"] = _link(page - 1, limit)
    if page < pages:
        links["next"] = _link(page + 1, limit)
    return {
        "total": total,
        "count": count,
        "per_page": limit,
        "current_page": page,
        "total_pages": pages,
        "links": links,
    }


def _link(page: int, limit: int) -> str:
    query: MultiDict[str, str] = MultiDict(request.args)
    query["page"], query["limit"] = str(page), str(limit)
    return f"?{urlencode(list(query.items()))}"
