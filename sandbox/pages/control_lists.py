"""The control panel's plain lists: customers, stock, webhooks, content."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox.pages.shelf import panel_page, sandbox, store_or_404

bp = Blueprint("lists", __name__, url_prefix="/manage/<store>")
SHOWN = 200


@bp.get("/customers")
def customers(store: str) -> ResponseReturnValue:
    store_or_404(store)
    state = sandbox().state
    groups = {group["id"]: group["name"] for group in state.all(store, "customer_group")}
    found = state.all(store, "customer")
    return panel_page(
        "panel/customers.html", store, "customers", customers=found[:SHOWN], total=len(found), groups=groups
    )


@bp.get("/stock")
def stock(store: str) -> ResponseReturnValue:
    """On-hand pieces per variant and location; `q` looks in article and sku."""
    store_or_404(store)
    state = sandbox().state
    names = {product["id"]: product["name"] for product in state.all(store, "product")}
    places = {place["id"]: place["label"] for place in state.all(store, "location")}
    wanted = request.args.get("q", "").strip().casefold()
    rows = [
        {**row, "name": names.get(row["product_id"], ""), "place": places.get(row["location_id"], "")}
        for row in state.all(store, "stock")
    ]
    found = [row for row in rows if wanted in f"{row['name']} {row['sku']}".casefold()]
    return panel_page("panel/stock.html", store, "stock", rows=found[:SHOWN], total=len(found), wanted=wanted)


@bp.get("/webhooks")
def webhooks(store: str) -> ResponseReturnValue:
    """The hooks and the latest deliveries, also what waits for a retry."""
    store_or_404(store)
    state = sandbox().state
    sent = [entry for entry in state.entries("hooks") if entry["store"] == store]
    good = sum(1 for entry in sent if 200 <= (entry.get("status") or 0) < 300)
    return panel_page(
        "panel/webhooks.html",
        store,
        "webhooks",
        hooks=state.all(store, "hook"),
        entries=sent[::-1][:50],
        good=good,
        total=len(sent),
        waiting=state.waiting_tasks("hook"),
    )


@bp.get("/content")
def content(store: str) -> ResponseReturnValue:
    """Pages, scripts and app extensions that apps have placed here."""
    store_or_404(store)
    state = sandbox().state
    return panel_page(
        "panel/content.html",
        store,
        "content",
        pages=state.all(store, "page"),
        scripts=state.all(store, "script"),
        extensions=state.all(store, "extension"),
    )
