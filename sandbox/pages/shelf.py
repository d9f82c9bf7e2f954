"""What every page of the control panel needs: the sandbox, the store, the user who is looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, current_app, render_template, request

from sandbox import state_apps
from sandbox.state import Doc

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def sandbox() -> Sandbox:
    return current_app.config["SANDBOX"]


def store_or_404(store: str) -> Doc:
    return sandbox().state.find_store(store) or abort(404, description=f"There is no store {store} here.")


def current_user(store: Doc) -> Doc:
    """The user chosen in the panel's header; the owner at first."""
    return state_apps.find_user(store, request.cookies.get(f"panel_user_{store['hash']}", type=int))


def panel_page(template: str, store: str, section: str, **values: Any) -> str:
    """A page of the control panel with its frame: navigation, banner, user."""
    doc = store_or_404(store)
    here = sandbox()
    return render_template(
        template, store=doc, section=section, user=current_user(doc), here=here, app_name="Backhaul Returns", **values
    )
