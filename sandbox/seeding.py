"""Fill a store with a seed: our demo data, a table of real orders, synthetic ones, or next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sandbox import state_apps, state_catalog, state_orders
from sandbox.money import dec, number
from sandbox.order_builder import new_order
from sandbox.state import Doc, State

if TYPE_CHECKING:
    from sandbox.seed.types import SeedData
    from sandbox.server import Sandbox

BATCH = 500
PRESETS = ("demo", "tiny", "empty")


def make_store(sandbox: Sandbox, spec: Doc) -> Doc:
    """Create or reset the store `spec["hash"]`: {preset, orders_csv, count, owner_email, timezone, currency, name}.

    `count` makes so many synthetic orders (or stops the file after so many). Raises ValueError, OSError.
    """
    store, preset = str(spec["hash"]), spec.get("preset", "demo")
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    facts = {name: spec[name] for name in ("owner_email", "timezone", "currency", "name") if spec.get(name)}
    seed = _seed(sandbox, store, spec, preset)
    state = sandbox.state
    with state.writing():
        if seed is not None:
            defaults = {"currency": seed.currency, "timezone": seed.timezone, "name": seed.store_name}
            state_apps.create_store(state, store, **{**defaults, "currencies": seed.currencies, **facts})
            load_seed(state, store, seed)
        else:
            state_apps.create_store(state, store, **facts)
            _furnish(state, store, with_order=preset == "tiny")
    return state.store(store)


def _seed(sandbox: Sandbox, store: str, spec: Doc, preset: str) -> SeedData | None:
    # Imported here: a store without a seed needs none of it.
    from sandbox.seed import demo, retail, synthetic

    today, shop = sandbox.clock.moment(), sandbox.shop_of(store)
    if spec.get("orders_csv"):
        return retail.load_csv(spec["orders_csv"], spec.get("count"), today=today, shop_url=shop)
    if spec.get("count"):
        return synthetic.make_orders(int(spec["count"]), today=today, shop_url=shop)
    return demo.load_demo(today, shop_url=shop) if preset == "demo" else None


def load_seed(state: State, store: str, seed: SeedData) -> None:
    """Put everything the seed has into the store, telling nobody."""
    for kind, key, docs in (
        ("product", "id", seed.products),
        ("category", "category_id", seed.categories),
        ("customer", "id", seed.customers),
        ("customer_group", "id", seed.customer_groups),
        ("channel", "id", seed.channels),
        ("location", "id", seed.locations),
    ):
        state.put_many(store, kind, ((doc[key], doc) for doc in docs))
        state.reserve_id(store, kind, max((doc[key] for doc in docs), default=0))
    for entry in seed.stock:
        quantity = entry.get("quantity", entry.get("total_inventory_onhand", 0))
        state_catalog.put_stock(state, store, {**entry, "quantity": quantity})
    batch: list[Doc] = []
    for order in _orders(state, store, seed.orders):
        batch.append(order)
        if len(batch) == BATCH:
            state_orders.put_orders(state, store, batch)
            batch = []
    state_orders.put_orders(state, store, batch)


def _orders(state: State, store: str, orders: Iterable[Doc]) -> Iterator[Doc]:
    """The orders as the store keeps them; their refunds and transactions go to places of their own."""
    top = dict.fromkeys(("order", "line", "address", "shipment", "refund", "transaction"), 0)
    for order in orders:
        for kind, docs in (("refund", order.pop("refunds", [])), ("transaction", order.pop("transactions", []))):
            for doc in docs:
                kept = _refund(doc, order) if kind == "refund" else {**doc, "amount": number(dec(doc["amount"]))}
                if kind == "transaction" and kept.get("reference_transaction_id") is None:
                    kept.pop("reference_transaction_id", None)
                state.put(store, kind, kept["id"], kept)
                state.own(store, kind, order["id"], kept["id"])
                top[kind] = max(top[kind], kept["id"])
        top["order"] = max(top["order"], order["id"])
        for part, kind in (("products", "line"), ("shipping_addresses", "address"), ("shipments", "shipment")):
            top[kind] = max(top[kind], *(piece["id"] for piece in order[part]), 0)
        yield order
    for kind, last in top.items():
        state.reserve_id(store, kind, last)
    state.reserve_id(store, "refund_payment", top["refund"])


def _refund(refund: Doc, order: Doc) -> Doc:
    """A refund from before the simulator's time: numbers as V3 writes them, everything long done."""
    items = [
        {**item, "reason": item.get("reason") or "", "requested_amount": number(dec(item["requested_amount"]))}
        for item in refund["items"]
    ]
    payments = [{**payment, "amount": number(dec(payment["amount"]))} for payment in refund["payments"]]
    facts: dict[str, Any] = {
        "visible_at": 0,
        "silent_reason": False,
        "previous_status_id": 10,
        "total_amount": number(dec(refund["total_amount"])),
        "total_tax": number(dec(refund["total_tax"])),
    }
    return {**refund, **facts, "reason": refund.get("reason") or "", "items": items, "payments": payments}


def _furnish(state: State, store: str, *, with_order: bool) -> None:
    """A channel, a shelf with three products, a customer; and one shipped order where it is wanted."""
    state.put(store, "channel", 1, {"id": 1, "name": "Sandbox storefront"})
    state.put(store, "location", 1, {"id": 1, "code": "MAIN", "label": "Main warehouse"})
    state.put(store, "category", 11, {"category_id": 11, "name": "Basics"})
    state.put(store, "customer_group", 1, {"id": 1, "name": "Retail", "is_default": True})
    for key, name, price in ((1, "Plain mug", 12), (2, "Plain scarf", 30), (3, "Plain lamp", 54)):
        product = {"id": key, "name": name, "sku": f"PLAIN-{key}", "price": price, "categories": [11], "weight": 1}
        product.update(inventory_tracking="product", base_variant_id=100 + key)
        state.put(store, "product", key, product)
        entry = {"location_id": 1, "product_id": key, "variant_id": 100 + key, "sku": f"PLAIN-{key}", "quantity": 50}
        state_catalog.put_stock(state, store, entry)
    customer = {"id": 1, "email": "shopper1@shop.example", "first_name": "Demo", "last_name": "Shopper 1"}
    state.put(store, "customer", 1, customer)
    for kind, last in (("product", 3), ("customer", 1), ("order", 100)):
        state.reserve_id(store, kind, last)
    if with_order:
        lines = [{"product_id": 1, "quantity": 3}, {"product_id": 3, "quantity": 1}]
        order = new_order(state, store, {"lines": lines, "customer_id": 1, "shipping": "5.00", "tax_rate": "0.10"})
        state_orders.add_order(state, store, order, quiet=True)
        state_orders.ship_order(state, store, order["id"])
