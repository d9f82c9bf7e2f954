"""More of the control API: what the story and the benches read of a store to compare it with the app's copy."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from sandbox.state import Missing, State
from sandbox.state_apps import ANYWHERE
from sandbox.state_orders import OrderQuery, count_by_status, find_orders
from sandbox.wire import line_wire, order_wire

bp = Blueprint("control_reads", __name__, url_prefix="/_sandbox/stores/<store>")


def _state() -> State:
    found: State = current_app.config["SANDBOX"].state
    return found


@bp.errorhandler(Missing)
def _missing(gone: Missing) -> ResponseReturnValue:
    return jsonify(error=f"There is no {gone}."), 404


@bp.get("/orders")
def list_orders(store: str) -> ResponseReturnValue:
    """Every order of the store with its lines, as the API would give them: [{order, lines}]."""
    here = current_app.config["SANDBOX"]
    orders = find_orders(_state(), store, OrderQuery(limit=1_000_000))
    root = f"{here.url}/stores/{store}"
    return jsonify(
        orders=[
            {"order": order_wire(order, root), "lines": [line_wire(order, line) for line in order["products"]]}
            for order in orders
        ]
    )


@bp.get("/order_count")
def show_count(store: str) -> ResponseReturnValue:
    """How many orders there are by status id; 0 is Incomplete, which an app leaves alone."""
    counts = count_by_status(_state(), store, OrderQuery())
    return jsonify(by_status={str(status): count for status, count in counts.items()})


@bp.get("/hooks")
def list_hooks(store: str) -> ResponseReturnValue:
    """The webhooks apps registered, with the headers they asked for."""
    return jsonify(hooks=_state().all(store, "hook"))


@bp.get("/some_product")
def some_product(store: str) -> ResponseReturnValue:
    """Something physical that can be ordered: {id, variant_id, tracked}, with counted stock where there is any."""
    for entry in _state().all(store, "stock"):
        if entry["quantity"] > 10:
            return jsonify(id=entry["product_id"], variant_id=entry.get("variant_id", 0), tracked=True)
    products = [product for product in _state().all(store, "product") if product.get("type") == "physical"]
    return jsonify(id=products[0]["id"], variant_id=products[0].get("base_variant_id") or 0, tracked=False)


@bp.get("/shelves")
def list_shelves(store: str) -> ResponseReturnValue:
    """A physical product of each category that has one: [{category_id, name, product_id, variant_id}]."""
    names = {one["category_id"]: one["name"] for one in _state().all(store, "category")}
    found: dict[int, dict[str, object]] = {}
    for product in _state().all(store, "product"):
        if product.get("type") == "physical" and len(product.get("categories") or []) == 1:
            category = product["categories"][0]
            variant = product.get("base_variant_id") or 0
            found.setdefault(category, {"product_id": product["id"], "variant_id": variant})
    return jsonify(
        shelves=[{"category_id": one, "name": names[one], **rest} for one, rest in found.items() if one in names]
    )


@bp.get("/some_customer")
def some_customer(store: str) -> ResponseReturnValue:
    """A registered customer."""
    return jsonify(_state().all(store, "customer")[0])


@bp.get("/token")
def show_token(store: str) -> ResponseReturnValue:
    """The app's present access token: for peers that are measured against the same store."""
    sql = "SELECT id FROM docs WHERE store=? AND kind='token' AND json_extract(body,'$.store')=?"
    found = _state().rows(sql, (ANYWHERE, store))
    if not found:
        raise Missing(f"token of {store}")
    return jsonify(access_token=found[-1][0])
