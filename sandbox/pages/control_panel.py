"""The control panel's ground: who is looking, the front page, and the parts that make up the whole."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import state_apps, state_orders
from sandbox.pages import control_lists, control_orders, marketplace
from sandbox.pages.shelf import panel_page, sandbox, store_or_404
from sandbox.pages.words import teach

if TYPE_CHECKING:
    from flask import Flask

bp = Blueprint("panel", __name__, template_folder="../templates", static_folder="../static", static_url_path="/_static")
for part in (marketplace.bp, control_orders.bp, control_lists.bp):
    bp.register_blueprint(part)


@bp.record
def _prepare(setup: BlueprintSetupState) -> None:
    app: Flask = setup.app
    teach(app)
    # Cookies know no ports: a name of its own keeps the panel's apart from the storefront's. It holds flashes only.
    app.config["SESSION_COOKIE_NAME"] = "panel_session"
    app.secret_key = app.secret_key or secrets.token_hex(16)


@bp.before_request
def refuse_strangers() -> None:
    """A page of another site (the framed app, say) may not press the merchant's buttons."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


@bp.errorhandler(HTTPException)
def show_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("panel/error.html", error=error), error.code or 500


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every door of the simulator on one page."""
    here = sandbox()
    stores = [
        {**store, "orders": state_orders.count_orders(here.state, store["hash"])} for store in here.state.stores()
    ]
    return render_template("panel/index.html", stores=stores, here=here, mails=len(here.state.entries("mail")))


@bp.get("/manage/<store>")
def home(store: str) -> ResponseReturnValue:
    """The store at a glance: counts, the app, the habits it was given."""
    state = sandbox().state
    store_or_404(store)
    counts = {
        "Orders": state_orders.count_orders(state, store),
        "Products": state.count(store, "product"),
        "Customers": state.count(store, "customer"),
        "Refunds": state.count(store, "refund"),
        "Webhooks": state.count(store, "hook"),
    }
    return panel_page("panel/home.html", store, "home", counts=counts, habits=state.habits(store))


@bp.post("/manage/<store>/user")
def switch_user(store: str) -> ResponseReturnValue:
    """Look at the panel as another of the store's users."""
    user = state_apps.find_user(store_or_404(store), request.form.get("user_id", type=int))
    back = redirect(f"/manage/{store}", code=303)
    back.set_cookie(f"panel_user_{store}", str(user["id"]), httponly=True, samesite="Lax")
    return back


@bp.get("/manage/<path:rest>")
def nowhere(rest: str) -> ResponseReturnValue:
    """An address of the control panel that leads nowhere gets the panel's own page for it."""
    abort(404, description=f"The control panel has no page {rest}.")
