"""What an app places in a store: metafields, pages, scripts, app extensions, stock, certificates."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, open_shop

FIELD = {"permission_set": "app_only", "namespace": "returns", "key": "RMA-1", "value": "{}"}
MAKE = """
mutation AppExtension($input: CreateAppExtensionInput!) {
  appExtension { createAppExtension(input: $input) { appExtension { id context model url label { defaultValue } } } }
}
"""
LOOK = "query { store { appExtensions { edges { node { id context model url label { defaultValue } } } } } }"
EXTENSION = {
    "context": "PANEL",
    "model": "ORDERS",
    "url": "/orders/${id}/returns",
    "label": {"defaultValue": "Returns", "locales": []},
}


def test_a_metafield_exists_once_per_namespace_and_key(shop: Shop) -> None:
    path = "/v3/orders/101/metafields"
    assert [shop.post(path, FIELD).status_code for _ in range(2)] == [200, 409]
    assert shop.post(path, {**FIELD, "key": "RMA-2"}).status_code == 200
    assert [field["key"] for field in shop.get(path, key="RMA-2").json()["data"]] == ["RMA-2"]
    assert shop.get("/v3/orders/102/metafields").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"value": ""}, {"value": "x" * 65_536}, {"key": "k" * 65}, {"permission_set": "everyone"}, {"namespace": None}],
)
def test_a_metafield_out_of_bounds_is_422_and_not_kept(shop: Shop, wrong: dict[str, Any]) -> None:
    assert shop.post("/v3/orders/101/metafields", {**FIELD, **wrong}).status_code == 422
    assert shop.get("/v3/orders/101/metafields").json()["data"] == []


def test_a_batch_does_what_it_can_and_lists_the_rest(shop: Shop) -> None:
    entries = [{**FIELD, "resource_id": 101}, {**FIELD, "resource_id": 101}, {**FIELD, "resource_id": 999}]
    answer = shop.post("/v3/orders/metafields", entries)
    body = answer.json()
    assert (answer.status_code, body["meta"]) == (422, {"total": 3, "success": 1, "failed": 2})
    assert [error["status"] for error in body["errors"]] == [409, 404]
    assert len(shop.look(101)["metafields"]) == 1


def test_another_apps_things_are_invisible(shop: Shop) -> None:
    field = shop.post("/v3/orders/101/metafields", FIELD).json()["data"]
    shop.post("/v3/hooks", {"scope": "store/order/*", "destination": "https://app.example/hooks"})
    state = shop.sandbox.state
    token = state.find("", "token", shop.token)
    assert token is not None
    state.put("", "token", "foreign", {**token, "client_id": "another-app"})
    other = Shop(shop.sandbox, shop.store, "foreign")
    assert other.get("/v3/orders/101/metafields").json()["data"] == []
    assert other.get(f"/v3/orders/101/metafields/{field['id']}").status_code == 404
    assert other.delete("/v3/orders/metafields", [field["id"]]).status_code == 422
    assert other.get("/v3/hooks").json()["data"] == []
    assert shop.get("/v3/orders/101/metafields").json()["data"] == [field]


def test_a_page_name_is_taken_once_per_channel(shop: Shop) -> None:
    link = {"name": "Returns", "type": "link", "link": "https://app.example/r/teststore1"}
    assert shop.post("/v3/content/pages", link).status_code == 201
    assert shop.post("/v3/content/pages", link).status_code == 409
    assert shop.post("/v3/content/pages", {**link, "channel_id": 2}).status_code == 201
    assert [page["channel_id"] for page in shop.get("/v3/content/pages").json()["data"]] == [1, 2]
    assert shop.post("/v3/content/pages", {"name": "Nowhere", "type": "link"}).status_code == 422


def test_scripts_on_account_pages_need_the_checkout_scope(shop: Shop) -> None:
    script = {"name": "Returns", "kind": "src", "src": "https://app.example/a.js"}
    assert shop.post("/v3/content/scripts", {**script, "visibility": "all_pages"}).status_code == 403
    made = shop.post("/v3/content/scripts", {**script, "visibility": "storefront"}).json()["data"]
    assert made["api_client_id"] == shop.sandbox.client_id
    assert shop.post("/v3/content/scripts", {**script, "src": ""}).status_code == 422
    for number in range(9):
        assert shop.post("/v3/content/scripts", {**script, "name": f"{number}"}).status_code == 200
    assert shop.post("/v3/content/scripts", script).status_code == 422


def graphql(shop: Shop, query: str, **variables: Any) -> dict[str, Any]:
    answer = shop.post("/graphql", {"query": query, "variables": variables})
    assert answer.status_code == 200
    body = answer.json()
    assert isinstance(body, dict)
    return body


def test_app_extensions_are_made_listed_changed_and_removed(shop: Shop) -> None:
    made = graphql(shop, MAKE, input=EXTENSION)["data"]["appExtension"]["createAppExtension"]["appExtension"]
    assert made["url"] == "/orders/${id}/returns"
    edges = graphql(shop, LOOK)["data"]["store"]["appExtensions"]["edges"]
    assert [edge["node"]["id"] for edge in edges] == [made["id"]] == ["bc/store/appExtension/1"]
    given = '{id: "%s", data: {label: {defaultValue: "Back"}}}'
    change = "mutation { appExtension { updateAppExtension(input: " + given + ") { id } } }"
    updated = graphql(shop, change % made["id"])["data"]["appExtension"]["updateAppExtension"]["appExtension"]
    assert updated["label"]["defaultValue"] == "Back"
    remove = "mutation($input: DeleteAppExtensionInput!) {appExtension{deleteAppExtension(input:$input){id}}}"
    gone = graphql(shop, remove, input={"id": made["id"]})["data"]["appExtension"]["deleteAppExtension"]
    assert gone == {"deletedAppExtensionId": made["id"]}
    assert graphql(shop, LOOK)["data"]["store"]["appExtensions"]["edges"] == []


def test_a_third_extension_of_a_model_is_a_graphql_error_with_status_200(shop: Shop) -> None:
    for _ in range(2):
        assert "errors" not in graphql(shop, MAKE, input=EXTENSION)
    refused = graphql(shop, MAKE, input=EXTENSION)
    assert (refused["data"], "2 extensions per model" in refused["errors"][0]["message"]) == (None, True)


def test_stock_moves_by_the_amount_each_time(shop: Shop) -> None:
    item = {"location_id": 1, "sku": "PLAIN-1", "quantity": 2}
    for _ in range(2):
        assert shop.post("/v3/inventory/adjustments/relative", {"items": [item]}).status_code == 200
    assert shop.control("GET", f"/stores/{shop.store}")["stock"]["1:PLAIN-1"] == 54
    assert shop.put("/v3/inventory/adjustments/absolute", {"items": [{**item, "quantity": 7}]}).status_code == 200
    unknown = {**item, "sku": "NOPE"}
    assert shop.post("/v3/inventory/adjustments/relative", {"items": [item, unknown]}).status_code == 422
    assert shop.control("GET", f"/stores/{shop.store}")["stock"]["1:PLAIN-1"] == 7


def test_a_location_run_by_somebody_else_is_left_alone(sandbox: Sandbox) -> None:
    shop = open_shop(sandbox, "demostore1", preset="demo")
    places = shop.get("/v3/inventory/locations").json()["data"]
    external = next(place["id"] for place in places if place["managed_by_external_source"])
    item = {"location_id": external, "product_id": 1, "quantity": 1}
    assert shop.post("/v3/inventory/adjustments/relative", {"items": [item]}).status_code == 422


def test_a_certificates_code_is_unique_and_found_again(shop: Shop) -> None:
    people = {"to_name": "Demo Shopper", "to_email": "shopper@shop.example"}
    people |= {"from_name": "Demo Store", "from_email": "shop@store.example"}
    body = {**people, "amount": "10.00", "code": "RETURN-0123456789ABCDEF"}
    made = shop.post("/v2/gift_certificates", body)
    assert (made.status_code, made.json()["code"]) == (201, "RETURN-0123456789ABC")
    assert shop.post("/v2/gift_certificates", body).status_code == 409
    found = shop.get("/v2/gift_certificates", code="RETURN-0123456789ABC").json()
    assert [(one["balance"], one["status"]) for one in found] == [("10.0000", "active")]
    assert shop.get("/v2/gift_certificates", code="OTHER").status_code == 204
    assert shop.log("mail") == []


def test_customers_store_credit_is_set_not_added(shop: Shop) -> None:
    for amount in (5, 8):
        shop.put("/v3/customers", [{"id": 1, "store_credit_amounts": [{"amount": amount}]}])
    assert shop.get("/v2/customers/1").json()["store_credit"] == "8.0000"
