"""Orders in the store: kept, found, changed; every change tells the hooks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox import state_hooks
from sandbox.defaults import ORDER
from sandbox.state import Doc, Missing, State

SORTS = {"id", "customer_id", "date_created", "date_modified", "status_id", "channel_id", "external_id"}
_COLUMNS = (
    "store, id, customer_id, email, status_id, total, date_created, date_modified, channel_id, payment_method,"
    " cart_id, external_order_id, external_id, is_deleted, body"
)
_INSERT = f"INSERT OR REPLACE INTO orders ({_COLUMNS}) VALUES ({','.join('?' * 15)})"  # noqa: S608


@dataclass(frozen=True)
class OrderQuery:
    """A selection of orders. `equals` and the ranges name columns of the table `orders`."""

    equals: tuple[tuple[str, Any], ...] = ()
    at_least: tuple[tuple[str, float], ...] = ()
    at_most: tuple[tuple[str, float], ...] = ()
    sort: str = "id"
    descending: bool = False
    limit: int = 50
    page: int = 1


def _row(store: str, order: Doc) -> tuple[Any, ...]:
    return (
        store,
        order["id"],
        order.get("customer_id", 0),
        (order.get("billing_address") or {}).get("email", "").casefold(),
        order["status_id"],
        float(order.get("total_inc_tax") or 0),
        order["date_created"],
        order["date_modified"],
        order.get("channel_id", 1),
        order.get("payment_method", ORDER["payment_method"]),
        order.get("cart_id", ""),
        order.get("external_order_id", ""),
        order.get("external_id"),
        int(order.get("is_deleted", False)),
        json.dumps(order),
    )


def put_order(state: State, store: str, order: Doc) -> None:
    """Store the document as it is, telling nobody."""
    state.run(_INSERT, _row(store, order))


def put_orders(state: State, store: str, orders: Iterable[Doc]) -> None:
    state.run_many(_INSERT, (_row(store, order) for order in orders))


def find_order(state: State, store: str, order_id: int) -> Doc | None:
    found = state.rows("SELECT body FROM orders WHERE store=? AND id=?", (store, order_id))
    return json.loads(found[0][0]) if found else None


def get_order(state: State, store: str, order_id: int) -> Doc:
    """The order with its lines; raises Missing."""
    order = find_order(state, store, order_id)
    if order is None:
        raise Missing(f"order {order_id}")
    return order


def get_line(order: Doc, order_product_id: int) -> Doc:
    """One line of the order; raises Missing."""
    for line in order["products"]:
        if line["id"] == order_product_id:
            return line
    raise Missing(f"order product {order_product_id}")


def _where(store: str, query: OrderQuery) -> tuple[str, list[Any]]:
    clauses: list[str] = ["store=?"]
    args: list[Any] = [store]
    for sign, pairs in (("=", query.equals), (">=", query.at_least), ("<=", query.at_most)):
        for column, value in pairs:
            clauses.append(f"{column}{sign}?")
            args.append(value)
    if not any(column == "is_deleted" for column, _ in query.equals):
        clauses.append("is_deleted=0")
    return " AND ".join(clauses), args


def find_orders(state: State, store: str, query: OrderQuery) -> list[Doc]:
    """One page of the orders that match."""
    where, args = _where(store, query)
    way = "DESC" if query.descending else "ASC"
    sql = f"SELECT body FROM orders WHERE {where} ORDER BY {query.sort} {way}, id {way} LIMIT ? OFFSET ?"  # noqa: S608
    found = state.rows(sql, (*args, query.limit, (query.page - 1) * query.limit))
    return [json.loads(body) for (body,) in found]


def count_by_status(state: State, store: str, query: OrderQuery) -> dict[int, int]:
    where, args = _where(store, query)
    return dict(state.rows(f"SELECT status_id, count(*) FROM orders WHERE {where} GROUP BY status_id", args))  # noqa: S608


def count_orders(state: State, store: str) -> int:
    return int(state.rows("SELECT count(*) FROM orders WHERE store=?", (store,))[0][0])


def add_order(state: State, store: str, order: Doc, *, quiet: bool = False) -> Doc:
    """Give the order and its parts their ids, keep it, and tell `store/order/created` unless `quiet`."""
    with state.writing():
        now = state.now()
        order["id"] = order.get("id") or state.next_id(store, "order")
        order.setdefault("status_id", ORDER["status_id"])
        order.setdefault("date_created", now)
        order.setdefault("date_modified", now)
        for part, counter in (("products", "line"), ("shipping_addresses", "address"), ("shipments", "shipment")):
            for piece in order.setdefault(part, []):
                piece["id"] = piece.get("id") or state.next_id(store, counter)
        put_order(state, store, order)
        if not quiet:
            state_hooks.order_event(state, store, "created", order["id"])
    return order


def change_order(state: State, store: str, order: Doc, *, before: Doc) -> Doc:
    """Keep the changed order with a new modification date; tells `updated`, and `statusUpdated` if that changed."""
    with state.writing():
        order["date_modified"] = max(state.now(), before["date_modified"])
        put_order(state, store, order)
        if order["status_id"] != before["status_id"]:
            status = {"previous_status_id": before["status_id"], "new_status_id": order["status_id"]}
            state_hooks.order_event(state, store, "statusUpdated", order["id"], status=status)
        state_hooks.order_event(state, store, "updated", order["id"])
    return order


def set_status(state: State, store: str, order_id: int, status_id: int) -> Doc:
    with state.writing():
        before = get_order(state, store, order_id)
        order = {**before, "status_id": status_id}
        if status_id in (2, 10) and not order.get("date_shipped"):
            order["date_shipped"] = state.now()
        return change_order(state, store, order, before=before)


def touch_order(state: State, store: str, order_id: int) -> Doc:
    """A change that changes nothing but the modification date."""
    with state.writing():
        order = get_order(state, store, order_id)
        return change_order(state, store, dict(order), before=order)


def archive_order(state: State, store: str, order_id: int) -> None:
    with state.writing():
        order = get_order(state, store, order_id)
        order.update(is_deleted=True, date_modified=state.now())
        put_order(state, store, order)
        state_hooks.order_event(state, store, "archived", order_id)


def ship_order(state: State, store: str, order_id: int, items: list[Doc] | None = None, **facts: Any) -> Doc:
    """Ship the lines in `items` [{order_product_id, quantity}] or, without them, everything still here.

    Gives the shipment. Raises ValueError for more than is left to ship, Missing for a foreign line.
    """
    with state.writing():
        before = get_order(state, store, order_id)
        order = json.loads(json.dumps(before))
        wanted = items if items is not None else _unshipped(order)
        packed = []
        for item in wanted:
            line = get_line(order, int(item["order_product_id"]))
            left = line["quantity"] - line.get("quantity_shipped", 0)
            if not 0 < int(item["quantity"]) <= left:
                raise ValueError(f"{left} of line {line['id']} are left to ship")
            line["quantity_shipped"] = line.get("quantity_shipped", 0) + int(item["quantity"])
            packed.append(
                {
                    "order_product_id": line["id"],
                    "product_id": line.get("product_id", 0),
                    "quantity": int(item["quantity"]),
                }
            )
        if not packed:
            raise ValueError("nothing is left to ship")
        shipment = _add_shipment(state, store, order, packed, facts)
        change_order(state, store, order, before=before)
        data = {"type": "shipment", "id": shipment["id"], "orderId": order_id}
        state_hooks.emit(state, store, "store/shipment/created", data)
    return shipment


def _unshipped(order: Doc) -> list[Doc]:
    return [
        {"order_product_id": line["id"], "quantity": left}
        for line in order["products"]
        if line.get("type", "physical") == "physical"
        and (left := line["quantity"] - line.get("quantity_shipped", 0)) > 0
    ]


def _add_shipment(state: State, store: str, order: Doc, packed: list[Doc], facts: dict[str, Any]) -> Doc:
    addresses = order.get("shipping_addresses", [])
    shipment = {
        "order_address_id": addresses[0]["id"] if addresses else 0,
        "tracking_number": "",
        **facts,
        "id": state.next_id(store, "shipment"),
        "date_created": state.now(),
        "items": packed,
    }
    order.setdefault("shipments", []).append(shipment)
    shipped = sum(item["quantity"] for item in packed)
    order["items_shipped"] = order.get("items_shipped", 0) + shipped
    for address in addresses:
        if address["id"] == shipment["order_address_id"]:
            address["items_shipped"] = address.get("items_shipped", 0) + shipped
    done = not _unshipped(order)
    if order["status_id"] not in (4, 14):
        order["status_id"] = 2 if done else 3
    if done:
        order["date_shipped"] = state.now()
    return shipment
