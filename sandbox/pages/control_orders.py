"""Orders in the control panel: the list with its row menu, one order, and what a clerk does to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import oauth, state_orders, state_refunds
from sandbox.defaults import ORDER, STATUS_NAMES
from sandbox.pages.shelf import current_user, panel_page, sandbox, store_or_404
from sandbox.quotes import Refused
from sandbox.state import Doc, Missing

bp = Blueprint("orders", __name__, url_prefix="/manage/<store>/orders")
PAGE = 25


@bp.get("")
def index(store: str) -> ResponseReturnValue:
    """Newest first. `extension` and `order` open that app extension's panel over the list."""
    doc = store_or_404(store)
    state, page = sandbox().state, max(request.args.get("page", 1, type=int), 1)
    status = request.args.get("status", type=int)
    chosen = (("status_id", status),) if status is not None else ()
    query = state_orders.OrderQuery(equals=chosen, sort="date_created", descending=True, limit=PAGE, page=page)
    counts = state_orders.count_by_status(state, store, state_orders.OrderQuery())
    total = sum(counts.values()) if status is None else counts.get(status, 0)
    return panel_page(
        "panel/orders.html",
        store,
        "orders",
        orders=[{**ORDER, **order} for order in state_orders.find_orders(state, store, query)],
        names=STATUS_NAMES,
        counts=counts,
        status=status,
        page=page,
        pages=max((total + PAGE - 1) // PAGE, 1),
        extensions=[e for e in state.all(store, "extension") if e["model"] == "ORDERS"],
        overlay=_overlay(doc),
    )


def _overlay(doc: Doc) -> dict[str, Any] | None:
    """The app extension that the list was asked to open over itself."""
    wanted, order_id = request.args.get("extension"), request.args.get("order", type=int)
    for extension in sandbox().state.all(doc["hash"], "extension"):
        if str(extension["id"]) == wanted and order_id and doc["app"]:
            path = extension["url"].replace("${id}", str(order_id))
            address = oauth.load_url(sandbox(), doc["hash"], current_user(doc)["id"], path)
            return {"title": extension["label"]["defaultValue"], "address": address, "order_id": order_id}
    return None


@bp.get("/<int:order_id>")
def show(store: str, order_id: int) -> ResponseReturnValue:
    """One order with everything the store knows about it."""
    state = sandbox().state
    return panel_page(
        "panel/order.html",
        store,
        "orders",
        order=_order(store, order_id),
        names=STATUS_NAMES,
        refunds=state.all_of(store, "refund", order_id),
        metafields=state.all_of(store, "metafield", order_id),
        extensions=[e for e in state.all(store, "extension") if e["model"] == "ORDERS"],
    )


def _order(store: str, order_id: int) -> Doc:
    try:
        return {**ORDER, **state_orders.get_order(sandbox().state, store, order_id)}
    except Missing:
        abort(404, description=f"Order {order_id} does not exist in this store.")


def _back(store: str, order_id: int, sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect(url_for("panel.orders.show", store=store, order_id=order_id), code=303)


@bp.post("/<int:order_id>/status")
def change_status(store: str, order_id: int) -> ResponseReturnValue:
    _order(store, order_id)
    status = request.form.get("status_id", -1, type=int)
    if status not in STATUS_NAMES:
        abort(400, description="No such order status.")
    state_orders.set_status(sandbox().state, store, order_id, status)
    return _back(store, order_id, f"The order is now {STATUS_NAMES[status]}.")


@bp.post("/<int:order_id>/ship")
def ship(store: str, order_id: int) -> ResponseReturnValue:
    """Ship what is still here."""
    _order(store, order_id)
    number = request.form.get("tracking_number", "").strip()
    try:
        state_orders.ship_order(sandbox().state, store, order_id, tracking_number=number)
    except ValueError as refused:
        return _back(store, order_id, f"Not shipped: {refused}.")
    return _back(store, order_id, "Shipped.")


@bp.post("/<int:order_id>/notes")
def write_notes(store: str, order_id: int) -> ResponseReturnValue:
    """The merchant edits the staff notes, whole field."""
    state = sandbox().state
    with state.writing():
        before = _order(store, order_id)
        after = {**before, "staff_notes": request.form.get("staff_notes", "")}
        state_orders.change_order(state, store, after, before=before)
    return _back(store, order_id, "Staff notes saved.")


@bp.post("/<int:order_id>/refund")
def refund_by_hand(store: str, order_id: int) -> ResponseReturnValue:
    """A clerk refunds in the control panel, past the app: the form's fields are `quantity-<line id>`."""
    order = _order(store, order_id)
    items = [
        {"item_type": "PRODUCT", "item_id": line["id"], "quantity": quantity, "reason": "Refunded in the control panel"}
        for line in order["products"]
        if (quantity := request.form.get(f"quantity-{line['id']}", 0, type=int)) > 0
    ]
    if not items:
        return _back(store, order_id, "Nothing to refund: every quantity is 0.")
    return _back(store, order_id, _refund(store, order_id, items))


def _refund(store: str, order_id: int, items: list[Doc]) -> str:
    clerk = current_user(store_or_404(store))["id"]
    try:
        refund = state_refunds.refund_by_hand(sandbox().state, store, order_id, items, user_id=clerk)
    except Refused as refused:
        return f"Not refunded: {refused}"
    except state_refunds.InFlight:
        return "Not refunded: another refund of this order is being processed."
    return f"Refund {refund['id']} is on its way."
