"""Installing and opening the app: marketplace listing, consent, the frame, removal."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import oauth, state_apps
from sandbox.pages.shelf import current_user, panel_page, sandbox, store_or_404

bp = Blueprint("market", __name__)


@bp.get("/marketplace/<store>")
def listing(store: str) -> ResponseReturnValue:
    """The app's page in the store's marketplace, with its Install button."""
    return panel_page("panel/marketplace.html", store, "marketplace", scopes=sandbox().scopes.split())


@bp.post("/marketplace/<store>/install")
def install(store: str) -> ResponseReturnValue:
    """Consent given: the app's auth callback opens inside the control panel's frame."""
    store_or_404(store)
    return redirect(url_for("panel.market.frame", store=store, install=1), code=303)


@bp.get("/manage/<store>/app")
def frame(store: str) -> ResponseReturnValue:
    """The app in its iframe. `path` is a deep link, as an app extension opens it; `install` starts the OAuth dance."""
    doc = store_or_404(store)
    here, user = sandbox(), current_user(doc)
    if request.args.get("install"):
        address = oauth.install_url(here, store, user["id"])
    elif doc["app"] is None:
        return redirect(url_for("panel.market.listing", store=store), code=303)
    else:
        address = oauth.load_url(here, store, user["id"], request.args.get("path", "/"))
    return panel_page("panel/frame.html", store, "app", address=address)


@bp.get("/manage/<store>/apps")
def apps(store: str) -> ResponseReturnValue:
    """My apps: open, uninstall, take the app away from a user."""
    state = sandbox().state
    extensions = state.all(store, "extension")
    alive = state_apps.token_alive(state, store, sandbox().client_id)
    return panel_page("panel/apps.html", store, "app", extensions=extensions, alive=alive)


@bp.post("/manage/<store>/apps/uninstall")
def uninstall(store: str) -> ResponseReturnValue:
    doc = store_or_404(store)
    status = oauth.call_uninstall(sandbox(), store, current_user(doc)["id"])
    flash(f"Uninstalled. The app's uninstall callback answered {status or 'nothing'}.")
    return redirect(url_for("panel.market.apps", store=store), code=303)


@bp.post("/manage/<store>/apps/remove_user")
def remove_user(store: str) -> ResponseReturnValue:
    store_or_404(store)
    status = oauth.call_remove_user(sandbox(), store, request.form.get("user_id", type=int) or 0)
    flash(f"User removed. The app's remove_user callback answered {status or 'nothing'}.")
    return redirect(url_for("panel.market.apps", store=store), code=303)


@bp.route("/app/<client_id>/install", methods=["GET", "POST"])
def external_install(client_id: str) -> ResponseReturnValue:
    """The install button on somebody else's site leads here: choose the store, agree, go to the app."""
    here = sandbox()
    if client_id != here.client_id:
        abort(404, description="No app has this client id.")
    if request.method == "POST":
        store = store_or_404(request.form.get("store", ""))
        return redirect(oauth.install_url(here, store["hash"], external=True), code=303)
    return render_template("panel/external.html", stores=here.state.stores(), scopes=here.scopes.split(), here=here)


@bp.get("/app/<client_id>/install/<any(succeeded,failed):outcome>")
def external_outcome(client_id: str, outcome: str) -> ResponseReturnValue:
    """Where the app sends the browser after an external install."""
    return render_template("panel/outcome.html", outcome=outcome, client_id=client_id, here=sandbox())
