"""The control API: what tests, benches and the story do to the store from outside. The app never calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import oauth, seeding, state_apps, state_catalog, state_orders, state_refunds
from sandbox.api.metafields import metafield_wire
from sandbox.api.refunds import refund_wire
from sandbox.order_builder import new_order
from sandbox.quotes import Refused
from sandbox.state import Doc, Missing
from sandbox.wire import line_wire, order_wire, shipment_wire

if TYPE_CHECKING:
    from sandbox.server import Sandbox

bp = Blueprint("control", __name__, url_prefix="/_sandbox")

LOGS = ("api", "hooks", "refund_posts", "mail")


@bp.before_request
def _drain() -> None:
    # An unread body would lie in the kept-alive connection.
    request.get_data(cache=True)


def _here() -> Sandbox:
    return current_app.config["SANDBOX"]


def _body() -> Doc:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


@bp.errorhandler(Missing)
def _missing(gone: Missing) -> ResponseReturnValue:
    return jsonify(error=f"There is no {gone}."), 404


@bp.errorhandler(ValueError)
@bp.errorhandler(KeyError)
@bp.errorhandler(OSError)
@bp.errorhandler(Refused)
def _wrong(error: Exception) -> ResponseReturnValue:
    return jsonify(error=str(error)), 422


@bp.get("/health")
def health() -> ResponseReturnValue:
    return jsonify(ok=True)


@bp.get("/clock")
def show_clock() -> ResponseReturnValue:
    return jsonify(offset_s=_here().clock.offset_s, now=_here().clock.now())


@bp.put("/clock")
def put_clock() -> ResponseReturnValue:
    _here().clock.set_offset(float(_body()["offset_s"]))
    return show_clock()


@bp.post("/clock/advance")
def advance_clock() -> ResponseReturnValue:
    _here().clock.advance(float(_body()["seconds"]))
    return show_clock()


@bp.get("/faults")
def list_faults() -> ResponseReturnValue:
    return jsonify(faults=_here().state.faults.listed())


@bp.post("/faults")
def add_fault() -> ResponseReturnValue:
    return jsonify(id=_here().state.faults.add(_body())), 201


@bp.delete("/faults")
@bp.delete("/faults/<int:fault_id>")
def clear_faults(fault_id: int | None = None) -> ResponseReturnValue:
    _here().state.faults.clear(fault_id)
    return jsonify(faults=_here().state.faults.listed())


@bp.get("/log")
def show_log() -> ResponseReturnValue:
    """Entries of one kind after `since`; `store` narrows them down."""
    kind = request.args.get("kind", "api")
    if kind not in LOGS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(LOGS)}")
    found = _here().state.entries(kind, request.args.get("since", 0, int))
    if store := request.args.get("store"):
        found = [entry for entry in found if entry.get("store") == store]
    return jsonify(entries=found)


@bp.get("/mail")
def show_mail() -> ResponseReturnValue:
    return jsonify(mails=_here().state.mails(request.args.get("to"), request.args.get("since", 0, int)))


@bp.delete("/mail")
def clear_mail() -> ResponseReturnValue:
    _here().state.clear_log("mail")
    return jsonify(mails=[])


@bp.get("/violations")
def show_violations() -> ResponseReturnValue:
    """What broke the contract so far, in requests and answers; null where none is checked."""
    return jsonify(violations=_here().violations if _here().contract is not None else None)


@bp.get("/stores")
def list_stores() -> ResponseReturnValue:
    return jsonify(stores=[doc["hash"] for doc in _here().state.stores()])


@bp.post("/stores")
def create_store() -> ResponseReturnValue:
    doc = seeding.make_store(_here(), _body())
    return _summary(doc["hash"]), 201


@bp.get("/stores/<store>")
def show_store(store: str) -> ResponseReturnValue:
    return _summary(store)


def _summary(store: str) -> Any:
    state = _here().state
    doc = state.store(store)
    stock = {f"{entry['location_id']}:{entry.get('sku', '')}": entry["quantity"] for entry in state.all(store, "stock")}
    return jsonify(
        hash=store,
        installed=doc["app"] is not None,
        token_alive=state_apps.token_alive(state, store, _here().client_id),
        scopes=doc["app"]["scopes"] if doc["app"] else None,
        owner=doc["owner"],
        users=doc["users"],
        timezone=doc["timezone"],
        currency=doc["currency"],
        habits=doc["habits"],
        orders=state_orders.count_orders(state, store),
        **{f"{kind}s": state.count(store, kind) for kind in ("product", "customer", "refund", "hook", "page")},
        scripts=state.all(store, "script"),
        extensions=state.all(store, "extension"),
        hooks_waiting=state.waiting_tasks("hook"),
        stock=stock,
    )


@bp.put("/stores/<store>/habits")
def put_habits(store: str) -> ResponseReturnValue:
    state, wanted = _here().state, _body()
    with state.writing():
        doc = state.store(store)
        unknown = set(wanted) - set(doc["habits"])
        if unknown:
            raise ValueError(f"unknown habit {', '.join(sorted(unknown))}; known: {', '.join(doc['habits'])}")
        doc["habits"].update(wanted)
        if "restock_on_refund" in wanted:
            doc["settings"]["inventory"]["refund_order_stock_adjustment"] = bool(wanted["restock_on_refund"])
        state.save_store(doc)
    return jsonify(habits=doc["habits"])


@bp.post("/stores/<store>/orders")
def create_order(store: str) -> ResponseReturnValue:
    """A shopper orders; see `order_builder.new_order`. `ship` true sends everything at once."""
    state, spec = _here().state, _body()
    with state.writing():
        state.store(store)
        order = state_orders.add_order(state, store, new_order(state, store, spec))
        if spec.get("ship"):
            state_orders.ship_order(state, store, order["id"])
    return _everything(store, order["id"]), 201


@bp.patch("/stores/<store>/orders/<int:order_id>")
def change_order(store: str, order_id: int) -> ResponseReturnValue:
    """The merchant changes an order: {status_id, ship, items, touch, staff_notes}."""
    state, wanted = _here().state, _body()
    if wanted.get("ship"):
        state_orders.ship_order(state, store, order_id, wanted.get("items"))
    if "status_id" in wanted:
        state_orders.set_status(state, store, order_id, int(wanted["status_id"]))
    if "staff_notes" in wanted:
        with state.writing():
            before = state_orders.get_order(state, store, order_id)
            order = {**before, "staff_notes": wanted["staff_notes"]}
            state_orders.change_order(state, store, order, before=before)
    if wanted.get("touch"):
        state_orders.touch_order(state, store, order_id)
    if wanted.get("archive"):
        state_orders.archive_order(state, store, order_id)
    return _everything(store, order_id)


@bp.post("/stores/<store>/orders/<int:order_id>/refund_by_hand")
def refund_by_hand(store: str, order_id: int) -> ResponseReturnValue:
    """The clerk refunds: {items: [{item_id, quantity, reason}]}."""
    refund = state_refunds.refund_by_hand(_here().state, store, order_id, _body()["items"])
    return jsonify(refund_wire(refund)), 201


@bp.get("/stores/<store>/orders/<int:order_id>")
def show_order(store: str, order_id: int) -> ResponseReturnValue:
    return _everything(store, order_id)


def _everything(store: str, order_id: int) -> Any:
    here = _here()
    state = here.state
    order = state_orders.get_order(state, store, order_id)
    root = f"{here.url}/stores/{store}"
    products = {line.get("product_id", 0) for line in order["products"]}
    return jsonify(
        order=order_wire(order, root),
        lines=[line_wire(order, line) for line in order["products"]],
        shipping_addresses=order.get("shipping_addresses", []),
        shipments=[shipment_wire(order, shipment) for shipment in order.get("shipments", [])],
        refunds=[refund_wire(refund) for refund in state_refunds.refunds_of(state, store, order_id)],
        transactions=state.all_of(store, "transaction", order_id),
        metafields=[metafield_wire(field) for field in state.all_of(store, "metafield", order_id)],
        staff_notes=order.get("staff_notes", ""),
        stock=state_catalog.stock_of(state, store, products),
    )


@bp.post("/install/<store>")
@bp.get("/install_url/<store>")
def show_install_url(store: str) -> ResponseReturnValue:
    """The auth callback with a fresh code, as the merchant's browser would be sent there."""
    user_id = request.args.get("user_id", type=int)
    return jsonify(url=oauth.install_url(_here(), store, user_id, external="external" in request.args))


@bp.get("/load_url/<store>")
def show_load_url(store: str) -> ResponseReturnValue:
    args = request.args
    user_id, channel_id = args.get("user_id", type=int), args.get("channel_id", type=int)
    return jsonify(url=oauth.load_url(_here(), store, user_id, args.get("path", "/"), channel_id))


@bp.get("/current_jwt/<store>")
def show_customer_jwt(store: str) -> ResponseReturnValue:
    return jsonify(jwt=oauth.current_customer_jwt(_here(), store, int(request.args["customer_id"])))


@bp.post("/uninstall/<store>")
def uninstall(store: str) -> ResponseReturnValue:
    user_id = _body().get("user_id")
    return jsonify(status=oauth.call_uninstall(_here(), store, user_id))


@bp.post("/remove_user/<store>")
def remove_user(store: str) -> ResponseReturnValue:
    return jsonify(status=oauth.call_remove_user(_here(), store, int(_body()["user_id"])))
