"""Products, stock and customers as far as returns touch them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox import state_hooks
from sandbox.money import dec, number
from sandbox.state import Doc, State


def stock_id(location_id: int, product_id: int, variant_id: int) -> str:
    return f"{location_id}:{product_id}:{variant_id}"


def put_stock(state: State, store: str, entry: Doc) -> None:
    """Keep {location_id, product_id, variant_id, sku, quantity}."""
    key = stock_id(entry["location_id"], entry["product_id"], entry.get("variant_id", 0))
    state.put(store, "stock", key, entry)


def find_stock(state: State, store: str, location_id: int, item: Doc) -> Doc | None:
    """The stock entry an adjustment names by sku, variant_id or product_id at one location."""
    if "product_id" in item and "variant_id" in item:
        return state.find(store, "stock", stock_id(location_id, item["product_id"], item["variant_id"]))
    name = next((name for name in ("variant_id", "sku", "product_id") if name in item), None)
    if name is None:
        return None
    sql = (
        "SELECT id FROM docs WHERE store=? AND kind='stock' AND json_extract(body,'$.location_id')=?"  # noqa: S608
        f" AND json_extract(body,'$.{name}')=? LIMIT 1"
    )
    found = state.rows(sql, (store, location_id, item[name]))
    return state.find(store, "stock", found[0][0]) if found else None


def change_stock(state: State, store: str, entry: Doc, quantity: int, method: str = "relative") -> None:
    """Add `quantity` to the entry, or set it when `method` is "absolute"; tells `stock_changed`."""
    entry["quantity"] = quantity if method == "absolute" else entry["quantity"] + quantity
    put_stock(state, store, entry)
    data: dict[str, Any] = {
        "type": "product",
        "id": entry["product_id"],
        "inventory": {
            "product_id": entry["product_id"],
            "method": method,
            "value": quantity,
            "variant_id": entry.get("variant_id", 0),
        },
    }
    state_hooks.emit(state, store, "store/product/inventory/updated", data)


def restock_order(state: State, store: str, order: Doc) -> None:
    """Put every tracked unit of the order back on the default location's shelf."""
    location = default_location(state, store)
    for line in order["products"]:
        facts = {"product_id": line.get("product_id", 0), "variant_id": line.get("variant_id", 0)}
        entry = find_stock(state, store, location, facts)
        if entry is not None:
            change_stock(state, store, entry, int(line["quantity"]))


def default_location(state: State, store: str) -> int:
    locations = state.all(store, "location")
    return int(locations[0]["id"]) if locations else 1


def stock_of(state: State, store: str, product_ids: set[int]) -> dict[str, int]:
    """Quantity by stock id ("location:product:variant") of these products."""
    return {
        stock_id(entry["location_id"], entry["product_id"], entry.get("variant_id", 0)): entry["quantity"]
        for entry in state.all(store, "stock")
        if entry["product_id"] in product_ids
    }


def add_store_credit(state: State, store: str, customer_id: int, amount: Decimal) -> None:
    customer = state.find(store, "customer", customer_id)
    if customer is None:
        return
    balance = sum((dec(entry["amount"]) for entry in customer.get("store_credit_amounts", [])), Decimal(0))
    customer["store_credit_amounts"] = [{"amount": number(balance + amount)}]
    state.put(store, "customer", customer_id, customer)
