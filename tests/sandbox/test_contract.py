"""Every door of the simulator, walked through with the published contract looking on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import state_orders
from sandbox.contract import Contract
from sandbox.server import Sandbox, make_platform_app
from tests.sandbox.conftest import ALL_SCOPES, Shop, open_shop, product_item
from tests.sandbox.contract import contract_or_skip

# Described neither by the contract nor needed by it: V2 single customer, time, payment methods, GraphQL.
BEYOND = {"/v2/customers/<int:customer_id>", "/v2/time", "/v2/payments/methods", "/graphql"}
BEYOND |= {"/v2/orders/<int:order_id>/shippingaddresses"}

FIELD = {"permission_set": "read_and_sf_access", "namespace": "returns", "key": "RMA-1", "value": "{}"}
SCRIPT = {"name": "Returns", "kind": "src", "src": "https://app.example/a.js", "auto_uninstall": True}
CERTIFICATE = {
    "to_name": "Demo Shopper",
    "to_email": "shopper@shop.example",
    "from_name": "Demo Store",
    "from_email": "shop@store.example",
    "amount": "10.00",
}


@pytest.fixture
def checked() -> Iterator[Sandbox]:
    running = Sandbox(app_url="http://127.0.0.1:9", scopes=ALL_SCOPES, contract_path=contract_or_skip()).start()
    yield running
    running.stop()


def some_order(shop: Shop) -> dict[str, Any]:
    coupon = {"id": 1, "coupon_id": 2, "code": "TEN", "amount": "10.0000", "type": 0, "discount": 10}
    line = {"product_id": 1, "quantity": 3, "discount": "2.00"}
    made = shop.order(line, customer_id=1, shipping="5.00", tax_rate="0.1")
    state, order_id = shop.sandbox.state, made["order"]["id"]
    with state.writing():
        order = state_orders.get_order(state, shop.store, order_id)
        state_orders.put_order(state, shop.store, {**order, "coupons": [coupon]})
    return made


def walk(shop: Shop, call: Any) -> None:
    """Call every path once with something to show; `call(method, path, body, **query)` notes the path."""
    made = some_order(shop)
    order_id, line_id = made["order"]["id"], made["lines"][0]["id"]
    address_id = made["shipping_addresses"][0]["id"]
    order = f"/v2/orders/{order_id}"
    everything = {"include": "consignments,consignments.line_items,fees", "consignment_structure": "object"}
    call("GET", "/v2/orders", limit=250, sort="date_modified:asc", min_date_modified="2020-01-01", **everything)
    call("GET", "/v2/orders")
    call("GET", order, **everything)
    call("GET", order)
    call("PUT", order, {"staff_notes": "note", "status_id": 11})
    call("GET", "/v2/orders/count", min_date_created="2020-01-01")
    for path in ("/products", f"/products/{line_id}", "/shipping_addresses", f"/shipping_addresses/{address_id}"):
        call("GET", f"{order}{path}")
    for path in ("/shippingaddresses", "/consignments", "/coupons", "/fees", "/messages", "/taxes"):
        call("GET", f"{order}{path}")
    items = [{"order_product_id": line_id, "quantity": 2}]
    shipment = call("POST", f"{order}/shipments", {"order_address_id": address_id, "items": items}).json()
    for path in ("", "/count", f"/{shipment['id']}"):
        call("GET", f"{order}/shipments{path}")
    call("GET", "/v2/order_statuses")
    call("GET", "/v2/order_statuses/14")
    billing = {"first_name": "Demo", "last_name": "Shopper", "zip": "10001", "email": "shopper@shop.example"}
    fresh = {"billing_address": billing, "products": [{"product_id": 1, "quantity": 1}], "external_order_id": "RMA-1"}
    call("POST", "/v2/orders", fresh)
    _walk_refunds(call, made)
    _walk_metafields(call, order_id)
    _walk_hooks(call)
    _walk_content(call)
    _walk_the_rest(call, order_id)
    call("DELETE", order)


def _walk_refunds(call: Any, made: dict[str, Any]) -> None:
    actions = f"/v3/orders/{made['order']['id']}/payment_actions"
    items = [product_item(made, 1, reason="RMA-1", adjustments=[{"amount": -1.5, "description": "fee"}])]
    items.append({"item_type": "SHIPPING", "item_id": made["shipping_addresses"][0]["id"], "amount": 2})
    quote = call("POST", f"{actions}/refund_quotes", {"items": items}).json()["data"]
    way = quote["refund_methods"][0]
    payments = [{name: entry[name] for name in ("provider_id", "amount", "offline")} for entry in way]
    refund = call("POST", f"{actions}/refunds", {"items": items, "payments": payments}).json()["data"]
    call("POST", f"{actions}/refunds", {"items": items, "payments": [{**payments[0], "amount": 1}]}, status=422)
    call("POST", f"{actions}/refund_quotes", {"items": [product_item(made, 99)]}, status=422)
    call("GET", f"{actions}/refunds")
    call("GET", "/v3/orders/payment_actions/refunds", limit=250, **{"created:min": "2020-01-01T00:00:00Z"})
    call("GET", f"/v3/orders/payment_actions/refunds/{refund['id']}")
    call("GET", f"/v3/orders/{made['order']['id']}/transactions")


def _walk_metafields(call: Any, order_id: int) -> None:
    one = call("POST", f"/v3/orders/{order_id}/metafields", FIELD).json()["data"]
    call("POST", f"/v3/orders/{order_id}/metafields", FIELD, status=409)
    call("POST", f"/v3/orders/{order_id}/metafields", {**FIELD, "key": ""}, status=422)
    call("GET", f"/v3/orders/{order_id}/metafields", namespace="returns")
    path = f"/v3/orders/{order_id}/metafields/{one['id']}"
    call("GET", path)
    call("PUT", path, {**FIELD, "value": "changed"})
    call("DELETE", path)
    call("GET", path, status=404)
    many = [{**FIELD, "resource_id": order_id}, {**FIELD, "key": "summary", "resource_id": order_id}]
    found = call("POST", "/v3/orders/metafields", many).json()["data"]
    call("POST", "/v3/orders/metafields", many, status=422)
    call("PUT", "/v3/orders/metafields", [{**FIELD, "id": found[0]["id"]}])
    call("GET", "/v3/orders/metafields", limit=10)
    call("DELETE", "/v3/orders/metafields", [field["id"] for field in found])


def _walk_hooks(call: Any) -> None:
    call("GET", "/v3/hooks")
    body = {"scope": "store/order/*", "destination": "https://app.example/hooks", "headers": {"X-Our": "secret"}}
    hook = call("POST", "/v3/hooks", body).json()["data"]
    call("POST", "/v3/hooks", {"scope": "store/order/*"}, status=422)
    call("GET", "/v3/hooks", is_active="true")
    call("GET", f"/v3/hooks/{hook['id']}")
    call("PUT", f"/v3/hooks/{hook['id']}", {**body, "is_active": True})
    call("GET", "/v3/hooks/admin")
    call("PUT", "/v3/hooks/admin", {"emails": ["ops@app.example"]})
    call("DELETE", f"/v3/hooks/{hook['id']}")


def _walk_content(call: Any) -> None:
    script = call("POST", "/v3/content/scripts", SCRIPT).json()["data"]
    call("GET", "/v3/content/scripts", limit=10)
    call("GET", f"/v3/content/scripts/{script['uuid']}")
    call("PUT", f"/v3/content/scripts/{script['uuid']}", {**SCRIPT, "enabled": False})
    call("DELETE", f"/v3/content/scripts/{script['uuid']}")
    link = {"name": "Returns", "type": "link", "link": "https://app.example/r/x", "is_visible": True}
    page = call("POST", "/v3/content/pages", link).json()["data"]
    raw = call("POST", "/v3/content/pages", {"name": "Policy", "type": "raw", "body": "<p>Hello</p>"}).json()["data"]
    call("GET", "/v3/content/pages", channel_id=1)
    call("GET", f"/v3/content/pages/{page['id']}")
    call("PUT", f"/v3/content/pages/{page['id']}", {**link, "name": "Send it back", "channel_id": 1})
    call("DELETE", f"/v3/content/pages/{page['id']}")
    call("DELETE", "/v3/content/pages", **{"id:in": raw["id"]})


def _walk_the_rest(call: Any, order_id: int) -> None:
    call("GET", "/v2/store")
    call("GET", "/v2/currencies")
    call("GET", "/v2/customer_groups")
    call("GET", "/v2/customer_groups/1")
    call("GET", "/v3/customers", include="storecredit,addresses", **{"id:in": "1"})
    call("PUT", "/v3/customers", [{"id": 1, "store_credit_amounts": [{"amount": 5}]}])
    call("GET", "/v2/customers/1")
    certificate = call("POST", "/v2/gift_certificates", CERTIFICATE).json()
    call("GET", "/v2/gift_certificates", code=certificate["code"])
    call("GET", f"/v2/gift_certificates/{certificate['id']}")
    call("PUT", f"/v2/gift_certificates/{certificate['id']}", {**CERTIFICATE, "status": "disabled"})
    call("DELETE", f"/v2/gift_certificates/{certificate['id']}")
    call("GET", "/v3/catalog/products", include="variants,images,custom_fields", **{"id:in": "1,2"})
    call("GET", "/v3/catalog/products", include_fields="name,sku,price,categories")
    call("GET", "/v3/catalog/products/1")
    for part in ("custom-fields", "images", "variants"):
        call("GET", f"/v3/catalog/products/1/{part}")
    call("GET", "/v3/catalog/trees/categories", **{"tree_id:in": "1"})
    call("GET", "/v3/catalog/trees")
    call("GET", "/v3/channels", **{"type:in": "storefront"})
    call("GET", "/v3/channels/1")
    call("GET", "/v3/channels/1/site")
    adjustment = {"reason": "RMA-1", "items": [{"location_id": 1, "variant_id": 101, "quantity": 2}]}
    call("POST", "/v3/inventory/adjustments/relative", adjustment)
    call("PUT", "/v3/inventory/adjustments/absolute", adjustment)
    call("GET", "/v3/inventory/items", **{"product_id:in": "1"})
    call("GET", "/v3/inventory/locations")
    call("GET", "/v3/inventory/locations/1/items", **{"product_id:in": "1"})
    call("GET", "/v3/settings/inventory")
    call("PUT", "/v3/settings/inventory", {"refund_order_stock_adjustment": True})
    call("GET", "/v3/settings/email-statuses")
    call("PUT", "/v3/settings/email-statuses", {"return_confirmation_email": False})
    call("GET", "/v3/settings/store/profile")
    call("GET", "/v2/time")
    call("GET", "/v2/payments/methods")
    call("POST", "/graphql", {"query": "query{store{appExtensions{edges{node{id}}}}}"})


def _rules(sandbox: Sandbox) -> Any:
    """The API's routes as (methods, werkzeug rule), and what finds the rule of a path."""
    app = make_platform_app(sandbox)
    adapter = app.url_map.bind("localhost")
    return app, adapter


@pytest.mark.parametrize("preset", ["tiny", "demo"])
def test_every_path_keeps_the_contract(checked: Sandbox, preset: str) -> None:
    shop = open_shop(checked, preset="tiny")
    if preset == "demo":
        _look_at_the_demo_store(checked)
        return
    app, adapter = _rules(checked)
    seen: set[tuple[str, str]] = set()

    def call(method: str, path: str, body: Any = None, status: int | None = None, **query: Any) -> Any:
        answer = shop.call(method, path, body, **query)
        assert answer.status_code == status if status else answer.status_code < 300, (method, path, answer.text)
        rule, _ = adapter.match(f"/stores/{shop.store}{path}", method=method, return_rule=True)
        seen.add((method, rule.rule))
        return answer

    walk(shop, call)
    assert "\n".join(checked.violations) == ""
    every = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/stores/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert every - seen == set()


def _look_at_the_demo_store(checked: Sandbox) -> None:
    shop = open_shop(checked, "demostore1", preset="demo")
    everything = {"include": "consignments.line_items,fees", "consignment_structure": "object", "limit": 250}
    orders = [*shop.get("/v2/orders", **everything).json(), *shop.get("/v2/orders", page=2, **everything).json()]
    assert len(orders) >= 300
    for order in orders[::20]:
        for part in ("products", "shipping_addresses", "shipments", "coupons"):
            assert shop.get(f"/v2/orders/{order['id']}/{part}").status_code in (200, 204)
        assert shop.get(f"/v3/orders/{order['id']}/transactions").status_code == 200
        assert shop.get(f"/v3/orders/{order['id']}/payment_actions/refunds").status_code == 200
    for path in ("/v3/catalog/products", "/v3/customers", "/v3/orders/payment_actions/refunds", "/v3/inventory/items"):
        assert shop.get(path, limit=250).status_code == 200
    for path in ("/v2/currencies", "/v2/customer_groups", "/v3/channels", "/v3/inventory/locations", "/v2/store"):
        assert shop.get(path).status_code == 200
    assert shop.get("/v3/catalog/products", include="variants,images,custom_fields").status_code == 200
    assert shop.get("/v3/catalog/trees/categories").status_code == 200
    assert checked.violations == []


def test_only_named_doors_lie_beyond_the_contract(checked: Sandbox) -> None:
    contract = Contract(contract_or_skip())
    app, _ = _rules(checked)
    unknown = set()
    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix("/stores/<store>")
        if rule.rule.startswith("/stores/") and contract.find(path.replace("<", "").replace(">", "")) is None:
            unknown.add(path)
    assert unknown == BEYOND


def test_what_breaks_the_contract_is_noticed(checked: Sandbox) -> None:
    shop = open_shop(checked)
    shop.get("/v3/catalog/products", colour="red")
    shop.get("/v2/orders", min_id="1")
    shop.put("/v2/orders/101", {"staff_notes": 7})
    assert [violation.partition(" -> ")[0] for violation in checked.violations] == [
        "GET /v3/catalog/products",
        "PUT /v2/orders/101",
        "PUT /v2/orders/101",
    ]
    assert "'colour' is not described" in checked.violations[0]
