"""V2 orders and what hangs off them."""

from __future__ import annotations

import json
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from sandbox import state_orders, wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.defaults import ORDER_STATUSES, STATUS_NAMES
from sandbox.money import text
from sandbox.order_builder import new_order
from sandbox.state import Doc
from sandbox.state_orders import OrderQuery

bp = base.door("orders")

_EQUAL = {"customer_id": int, "status_id": int, "channel_id": int, "cart_id": str, "payment_method": str}
_RANGES = {"id": "id", "total": "total", "date_created": "date_created", "date_modified": "date_modified"}
_WRITABLE = frozenset(
    {
        "status_id",
        "customer_id",
        "customer_message",
        "staff_notes",
        "external_order_id",
        "external_source",
        "external_merchant_id",
        "discount_amount",
        "payment_method",
        "is_email_opt_in",
        "ip_address",
        "channel_id",
        "total_ex_tax",
        "total_inc_tax",
        "subtotal_ex_tax",
        "subtotal_inc_tax",
        "base_shipping_cost",
        "shipping_cost_ex_tax",
        "shipping_cost_inc_tax",
    }
)


def _query() -> OrderQuery:
    equals: list[tuple[str, Any]] = []
    for name, kind in _EQUAL.items():
        if name in request.args:
            equals.append((name, base.whole(name) if kind is int else request.args[name]))
    if "email" in request.args:
        equals.append(("email", request.args["email"].casefold()))
    if "external_order_id" in request.args:
        equals.append(("external_order_id", request.args["external_order_id"]))
    sort, _, way = request.args.get("sort", "id:asc").partition(":")
    if sort not in state_orders.SORTS or way not in ("", "asc", "desc"):
        raise Problem(400, "The field 'sort' is invalid.")
    page, limit = base.page_and_limit()
    return OrderQuery(
        tuple(equals), tuple(_range("min")), tuple(_range("max")), sort, way == "desc", limit=limit, page=page
    )


def _range(end: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, column in _RANGES.items():
        raw = request.args.get(f"{end}_{name}")
        if raw is None:
            continue
        try:
            found.append((column, wire.parse_moment(raw) if column.startswith("date") else float(raw)))
        except ValueError as broken:
            raise Problem(400, f"The field '{end}_{name}' is invalid.") from broken
    return found


def _includes() -> tuple[bool, bool]:
    """(consignments with their lines, fees)."""
    wanted = base.text_list("include") or []
    unknown = set(wanted) - {"consignments", "consignments.line_items", "fees"}
    if unknown:
        raise Problem(400, f"The field 'include' is invalid: {', '.join(sorted(unknown))}.")
    as_object = request.args.get("consignment_structure") == "object"
    return as_object and "consignments.line_items" in wanted, "fees" in wanted


@bp.get("/v2/orders")
@reads("store_v2_orders")
def list_orders(store: str) -> ResponseReturnValue:
    consignments, fees = _includes()
    found = state_orders.find_orders(the_state(), store, _query())
    here = base.root()
    return base.v2_list([wire.order_wire(order, here, consignments=consignments, fees=fees) for order in found])


@bp.post("/v2/orders")
@writes("store_v2_orders")
def create_order(store: str) -> ResponseReturnValue:
    body = base.json_object()
    if not body.get("products") or "billing_address" not in body:
        raise Problem(400, "The required fields 'products' and 'billing_address' were not supplied.")
    spec = {**body, "lines": body["products"]}
    try:
        order = state_orders.add_order(the_state(), store, new_order(the_state(), store, spec))
    except (KeyError, ValueError) as broken:
        raise Problem(400, f"The order cannot be made: {broken}.") from broken
    return base.answer(wire.order_wire(order, base.root()))


@bp.get("/v2/orders/count")
@reads("store_v2_orders")
def count_orders(store: str) -> ResponseReturnValue:
    counts = state_orders.count_by_status(the_state(), store, _query())
    statuses = [
        {**_status(*status), "count": counts.get(status[0], 0), "sort_order": place}
        for place, status in enumerate(ORDER_STATUSES)
    ]
    return base.answer({"statuses": statuses, "count": sum(counts.values())})


def _status(status_id: int, name: str, description: str) -> Doc:
    return {
        "id": status_id,
        "name": name,
        "system_label": name,
        "custom_label": name,
        "system_description": description,
    }


@bp.get("/v2/order_statuses")
@reads("store_v2_orders")
def list_statuses(store: str) -> ResponseReturnValue:
    return base.answer([{**_status(*status), "order": place} for place, status in enumerate(ORDER_STATUSES)])


@bp.get("/v2/order_statuses/<int:status_id>")
@reads("store_v2_orders")
def get_status(store: str, status_id: int) -> ResponseReturnValue:
    for place, status in enumerate(ORDER_STATUSES):
        if status[0] == status_id:
            return base.answer({**_status(*status), "order": place})
    raise Problem(404, "The requested resource was not found.")


@bp.get("/v2/orders/<int:order_id>")
@reads("store_v2_orders")
def get_order(store: str, order_id: int) -> ResponseReturnValue:
    consignments, fees = _includes()
    order = state_orders.get_order(the_state(), store, order_id)
    return base.answer(wire.order_wire(order, base.root(), consignments=consignments, fees=fees))


@bp.put("/v2/orders/<int:order_id>")
@writes("store_v2_orders")
def put_order(store: str, order_id: int) -> ResponseReturnValue:
    """Whole-field overwrite of what is sent; notes included."""
    body, state = base.json_object(), the_state()
    if "external_id" in body:
        raise Problem(400, "The field 'external_id' is read-only.")
    if "status_id" in body and body["status_id"] not in STATUS_NAMES:
        raise Problem(400, "The field 'status_id' is invalid.")
    if len(str(body.get("staff_notes", ""))) > 65_535:
        raise Problem(400, "The field 'staff_notes' is too long.")
    with state.writing():
        before = state_orders.get_order(state, store, order_id)
        order = json.loads(json.dumps(before))
        for name in _WRITABLE & body.keys():
            money = name.endswith("_tax") or name in ("discount_amount", "base_shipping_cost")
            order[name] = text(body[name]) if money else body[name]
        order.setdefault("billing_address", {}).update(body.get("billing_address") or {})
        if order["status_id"] in (2, 10) and not order.get("date_shipped"):
            order["date_shipped"] = state.now()
        state_orders.change_order(state, store, order, before=before)
    return base.answer(wire.order_wire(order, base.root()))


@bp.delete("/v2/orders/<int:order_id>")
@writes("store_v2_orders")
def archive_order(store: str, order_id: int) -> ResponseReturnValue:
    state_orders.archive_order(the_state(), store, order_id)
    return base.nothing()


def _order(order_id: int) -> Doc:
    return state_orders.get_order(the_state(), g.store, order_id)


@bp.get("/v2/orders/<int:order_id>/products")
@reads("store_v2_orders")
def list_lines(store: str, order_id: int) -> ResponseReturnValue:
    order = _order(order_id)
    return base.v2_page([wire.line_wire(order, line) for line in order["products"]])


@bp.get("/v2/orders/<int:order_id>/products/<int:line_id>")
@reads("store_v2_orders")
def get_line(store: str, order_id: int, line_id: int) -> ResponseReturnValue:
    order = _order(order_id)
    return base.answer(wire.line_wire(order, state_orders.get_line(order, line_id)))


# The spec spells it with an underscore, the service's own links without.
@bp.get("/v2/orders/<int:order_id>/shipping_addresses")
@bp.get("/v2/orders/<int:order_id>/shippingaddresses")
@reads("store_v2_orders")
def list_addresses(store: str, order_id: int) -> ResponseReturnValue:
    order, here = _order(order_id), base.root()
    return base.v2_page([wire.address_wire(order, address, here) for address in order.get("shipping_addresses", [])])


@bp.get("/v2/orders/<int:order_id>/shipping_addresses/<int:address_id>")
@reads("store_v2_orders")
def get_address(store: str, order_id: int, address_id: int) -> ResponseReturnValue:
    order = _order(order_id)
    for address in order.get("shipping_addresses", []):
        if address["id"] == address_id:
            return base.answer(wire.address_wire(order, address, base.root()))
    raise Problem(404, "The requested resource was not found.")


@bp.get("/v2/orders/<int:order_id>/consignments")
@reads("store_v2_orders")
def get_consignments(store: str, order_id: int) -> ResponseReturnValue:
    return base.answer(wire.consignments_wire(_order(order_id), base.root()))


@bp.get("/v2/orders/<int:order_id>/coupons")
@reads("store_v2_orders")
def list_coupons(store: str, order_id: int) -> ResponseReturnValue:
    return base.v2_page([{"order_id": order_id, **coupon} for coupon in _order(order_id).get("coupons", [])])


@bp.get("/v2/orders/<int:order_id>/fees")
@reads("store_v2_orders")
def list_fees(store: str, order_id: int) -> ResponseReturnValue:
    return base.v2_page(_order(order_id).get("fees", []))


@bp.get("/v2/orders/<int:order_id>/messages")
@reads("store_v2_orders")
def list_messages(store: str, order_id: int) -> ResponseReturnValue:
    return base.v2_page(_order(order_id).get("messages", []))


@bp.get("/v2/orders/<int:order_id>/taxes")
@reads("store_v2_orders")
def list_taxes(store: str, order_id: int) -> ResponseReturnValue:
    return base.v2_page(_order(order_id).get("taxes", []))


@bp.get("/v2/orders/<int:order_id>/shipments")
@reads("store_v2_orders")
def list_shipments(store: str, order_id: int) -> ResponseReturnValue:
    order = _order(order_id)
    return base.v2_page([wire.shipment_wire(order, shipment) for shipment in order.get("shipments", [])])


@bp.get("/v2/orders/<int:order_id>/shipments/count")
@reads("store_v2_orders")
def count_shipments(store: str, order_id: int) -> ResponseReturnValue:
    return base.answer({"count": len(_order(order_id).get("shipments", []))})


@bp.get("/v2/orders/<int:order_id>/shipments/<int:shipment_id>")
@reads("store_v2_orders")
def get_shipment(store: str, order_id: int, shipment_id: int) -> ResponseReturnValue:
    order = _order(order_id)
    for shipment in order.get("shipments", []):
        if shipment["id"] == shipment_id:
            return base.answer(wire.shipment_wire(order, shipment))
    raise Problem(404, "The requested resource was not found.")


@bp.post("/v2/orders/<int:order_id>/shipments")
@writes("store_v2_orders")
def create_shipment(store: str, order_id: int) -> ResponseReturnValue:
    body = base.json_object()
    if "order_address_id" not in body or not body.get("items"):
        raise Problem(400, "The required fields 'order_address_id' and 'items' were not supplied.")
    facts = {key: body[key] for key in body if key not in ("items",)}
    try:
        shipment = state_orders.ship_order(the_state(), store, order_id, body["items"], **facts)
    except ValueError as broken:
        raise Problem(400, str(broken)) from broken
    return base.answer(wire.shipment_wire(_order(order_id), shipment), 201)
