"""What the framed page asks about itself."""

from flask import request
from flask.typing import ResponseReturnValue

from ..session import PANEL_COOKIE, check_mark, is_own_path, panel_visit, sign_address
from . import bp


@bp.get("/session/check")
def session_check() -> ResponseReturnValue:
    """Whether a cookie with a live session came back, and the mark of its key."""
    key = request.cookies.get(PANEL_COOKIE)
    if key is None or panel_visit() is None or "Authorization" in request.headers:
        return {"mark": None}
    return {"mark": check_mark(key)}


@bp.get("/session/address")
def session_address() -> ResponseReturnValue:
    """An address for `path` that the browser can fetch by itself within a minute."""
    visit, path = panel_visit(), request.args.get("path", "")
    if visit is None:
        return {"error": "open_again"}, 401
    if not is_own_path(path):
        return {"error": "not_found"}, 404
    return {"address": sign_address(path, store_id=visit.store_id, user_id=visit.user_id)}
