"""The shopper's door: /r/<store>. Whoever comes sees the store's returns page, and of it only what is theirs."""

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...extensions import db, enter_store
from ...lib.errors import NotFound, UserError
from ...stores.lookup import find_store_id
from ...stores.models import StoreStatus
from ...stores.queries import get_store, settings_of
from ...stores.sessions import find_portal_session
from ..errors import sentence
from . import access, orders, policy, returns, withdrawal
from .door import bp

__all__ = ["access", "bp", "orders", "policy", "returns", "withdrawal"]

OPEN = {
    "portal.entry", "portal.ask", "portal.code", "portal.enter", "portal.signed_in",
    "portal.withdraw_form", "portal.withdraw_review", "portal.withdraw_send", "portal.policy",
}  # fmt: skip
"""What is seen before anybody proved who they are."""


@bp.url_value_preprocessor
def _take_hash(endpoint: str | None, values: dict[str, object] | None) -> None:
    g.store_hash = values.pop("store_hash", "") if values else ""


@bp.url_defaults
def _give_hash(endpoint: str, values: dict[str, object]) -> None:
    values.setdefault("store_hash", g.get("store_hash", ""))


@bp.before_request
def _guard() -> ResponseReturnValue | None:
    """Enter the store and find the shopper's session. Without a store: closed; without a session: the entry."""
    store_id = find_store_id(g.store_hash)
    if store_id is None:
        return _closed()
    enter_store(store_id)
    g.store = get_store()
    if g.store.status == StoreStatus.UNINSTALLED:
        return _closed()
    g.settings = settings_of(g.store)
    key = session.get("portal_key")
    g.portal = find_portal_session(key) if key else None
    if g.portal is not None or request.endpoint in OPEN:
        return None
    orders.keep_for_later()
    return redirect(url_for("portal.entry", **access.wanted()), code=303)


def _closed() -> ResponseReturnValue:
    """The same page for a store that never was and one that left."""
    g.pop("store", None)
    return render_template("portal/closed.html"), 404


@bp.errorhandler(UserError)
def _user_error(error: UserError) -> ResponseReturnValue:
    """A sentence where it can be mended (`g.way_back`), else on a page of its own."""
    db.session.rollback()
    way_back = g.get("way_back")
    if way_back is not None and not isinstance(error, NotFound):
        access.say(sentence(error), "error")
        return redirect(way_back, code=303)
    return render_template("portal/message.html", text=sentence(error)), error.status
