"""What every storefront page carries: the shop, the shopper, the menu, and the scripts that apps placed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from flask import current_app, g, render_template, session
from markupsafe import Markup

from sandbox.state import Doc, State

if TYPE_CHECKING:
    from sandbox.server import Sandbox

# Whether a script with visibility `storefront` runs on account pages is not settled by the documentation; the store's
# habit `scripts_on_account` decides.
ACCOUNT_PAGES = frozenset({"account_orderstatus", "account_order", "login"})


def here() -> Sandbox:
    return current_app.config["SANDBOX"]


def state() -> State:
    return here().state


def customer() -> Doc | None:
    """The shopper who is signed in on this storefront."""
    number = session.get("customer_id")
    return state().find(g.store["hash"], "customer", number) if number else None


def shop_page(template: str, page_type: str, **values: Any) -> str:
    """A page in the theme. `page_type` is what a real theme knows the page by."""
    scripts = scripts_for(page_type)
    return render_template(
        template,
        store=g.store,
        page_type=page_type,
        customer=customer(),
        here=here(),
        links=_links(),
        head_scripts=Markup("\n").join(s for place, s in scripts if place == "head"),
        foot_scripts=Markup("\n").join(s for place, s in scripts if place != "head"),
        **values,
    )


def _links() -> list[Doc]:
    """The pages of this channel that show in menus, by sort order."""
    found = [
        {"name": one["name"], "address": one.get("link") if one["type"] == "link" else one.get("url") or "#"}
        | {"sort_order": one.get("sort_order") or 0}
        for one in state().all(g.store["hash"], "page")
        if one.get("is_visible") and one.get("channel_id", 1) == g.channel
        if customer() or not one.get("is_customers_only")
    ]
    return sorted(found, key=lambda one: (one["sort_order"], one["name"]))


def scripts_for(page_type: str) -> list[tuple[str, Markup]]:
    """(location, tag) of every script that runs on this page."""
    habits = state().habits(g.store["hash"])
    return [
        (script.get("location") or "footer", script_tag(script))
        for script in state().all(g.store["hash"], "script")
        if script.get("enabled", True)
        and script.get("channel_id", 1) == g.channel
        and _visible(script, page_type, habits)
    ]


def _visible(script: Doc, page_type: str, habits: Doc) -> bool:
    if habits.get("consent_banner") and script.get("consent_category") != "essential":
        return False
    if script.get("visibility") == "all_pages":
        return True
    if page_type in ACCOUNT_PAGES and not habits.get("scripts_on_account", True):
        return False
    return script.get("visibility", "storefront") == "storefront"


def script_tag(script: Doc) -> Markup:
    """The tag as the platform writes it: SRI hashes make it `crossorigin="anonymous"`."""
    if script.get("kind") == "script_tag":
        return Markup(script.get("html") or "")  # noqa: S704 (placing an app's own markup is the point)
    loading = script.get("load_method") or "default"
    parts = [f'<script src="{escape(script.get("src") or "")}"']
    if loading in ("async", "defer"):
        parts.append(loading)
    if hashes := script.get("integrity_hashes"):
        parts.append(f'integrity="{escape(" ".join(hashes))}" crossorigin="anonymous"')
    return Markup(" ".join(parts) + "></script>")  # noqa: S704
