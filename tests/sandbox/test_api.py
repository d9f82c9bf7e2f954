"""The API's manners: empty lists, pages, filters, limits, errors, and what lies behind a restart."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from sandbox.server import Sandbox
from tests.sandbox.conftest import ALL_SCOPES, Shop, install, open_shop


def test_an_empty_v2_list_is_204_without_a_body(shop: Shop) -> None:
    answer = shop.get("/v2/orders", status_id=13)
    assert (answer.status_code, answer.content) == (204, b"")
    assert shop.get("/v2/orders/101/coupons").status_code == 204


def test_v2_writes_money_as_text_and_dates_as_rfc_2822(shop: Shop) -> None:
    order = shop.get("/v2/orders/101").json()
    assert (order["total_inc_tax"], order["total_ex_tax"], order["total_tax"]) == ("104.5000", "95.0000", "9.5000")
    assert parsedate_to_datetime(order["date_created"]).tzinfo is not None
    assert (order["status_id"], order["status"], order["refunded_amount"]) == (2, "Shipped", "0.0000")
    assert order["products"]["resource"] == "/orders/101/products"


def test_one_call_brings_orders_with_their_lines(shop: Shop) -> None:
    query = {"include": "consignments.line_items", "consignment_structure": "object", "limit": 250}
    order = shop.get("/v2/orders", **query).json()[0]
    lines = order["consignments"]["shipping"][0]["line_items"]
    assert lines == shop.get("/v2/orders/101/products").json()
    assert [line["discounted_total_inc_tax"] for line in lines] == ["39.6000", "59.4000"]
    # Without the structure the old shape is a link.
    assert "url" in shop.get("/v2/orders", include="consignments.line_items").json()[0]["consignments"]


def test_pages_follow_one_another(shop: Shop) -> None:
    for _ in range(4):
        shop.order()
    pages = [shop.get("/v2/orders", limit=2, page=page) for page in (1, 2, 3, 4)]
    assert [[order["id"] for order in page.json()] for page in pages[:3]] == [[101, 102], [103, 104], [105]]
    assert pages[3].status_code == 204
    products = shop.get("/v3/catalog/products", limit=2, page=2).json()
    assert [product["id"] for product in products["data"]] == [3]
    assert products["meta"]["pagination"]["total_pages"] == 2
    assert products["meta"]["pagination"]["links"]["previous"] == "?limit=2&page=1"


def test_chosen_fields_do_not_drop_the_included_parts(shop: Shop) -> None:
    query = {"id:in": "1", "include": "images,custom_fields", "include_fields": "name,sku"}
    (product,) = shop.get("/v3/catalog/products", **query).json()["data"]
    assert set(product) == {"id", "name", "sku", "images", "custom_fields"}


@pytest.mark.parametrize("path", ["/v2/orders", "/v3/catalog/products", "/v3/customers"])
def test_more_than_250_at_once_is_413(shop: Shop, path: str) -> None:
    assert shop.get(path, limit=251).status_code == 413
    assert shop.get(path, limit=250).status_code == 200


def test_orders_are_found_by_what_the_service_can_filter(shop: Shop) -> None:
    now = int(time.time())
    old = shop.order(date_created=now - 9000, date_modified=now - 9000, email="Other@Shop.example")["order"]["id"]
    shop.order(external_order_id="RMA-1", channel_id=2)

    def ids(**query: object) -> list[int]:
        answer = shop.get("/v2/orders", **query)
        return [order["id"] for order in answer.json()] if answer.status_code == 200 else []

    assert ids(email="other@shop.example") == [old] == [102]
    assert ids(external_order_id="RMA-1") == ids(channel_id=2) == [103]
    assert ids(min_id=102) == [102, 103]
    assert ids(customer_id=1) == ids(status_id=2) == [101]
    recent = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(now - 600))
    assert ids(min_date_modified=recent, sort="date_modified:asc") == [101, 103]
    assert ids(sort="date_modified:desc")[-1] == old
    assert shop.get("/v2/orders", sort="shoe_size").status_code == 400
    assert shop.get("/v2/orders", min_date_modified="yesterday").status_code == 400


def test_counts_come_by_status(shop: Shop) -> None:
    shop.order()
    answer = shop.get("/v2/orders/count").json()
    counts = {status["name"]: status["count"] for status in answer["statuses"] if status["count"]}
    assert (answer["count"], counts) == (2, {"Shipped": 1, "Awaiting Fulfillment": 1})


def test_staff_notes_are_overwritten_whole(shop: Shop) -> None:
    shop.put("/v2/orders/101", {"staff_notes": "first"})
    assert shop.put("/v2/orders/101", {"staff_notes": "second"}).json()["staff_notes"] == "second"
    assert shop.put("/v2/orders/101", {"external_id": "x"}).status_code == 400


def test_an_archived_order_leaves_the_list_but_not_the_store(shop: Shop) -> None:
    assert shop.delete("/v2/orders/101").status_code == 204
    assert shop.get("/v2/orders").status_code == 204
    assert shop.get("/v2/orders/101").json()["is_deleted"] is True


@pytest.mark.parametrize("path", ["/v2/orders/999", "/v2/made_up", "/v3/made_up", "/v3/orders/999/metafields"])
def test_what_is_not_there_is_404_in_the_versions_own_shape(shop: Shop, path: str) -> None:
    answer = shop.get(path)
    body = answer.json()
    assert answer.status_code == 404
    assert (body[0] if path.startswith("/v2") else body)["status"] == 404


def test_every_answer_says_how_many_calls_are_left(shop: Shop) -> None:
    shop.habits(rate_quota=3)
    answers = [shop.get("/v2/store") for _ in range(3)]

    left = [int(answer.headers["X-Rate-Limit-Requests-Left"]) for answer in answers]
    assert left == [2, 1, 0]
    refused = shop.get("/v2/store")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Requests-Quota"]) == (429, "3")
    assert 0 < int(refused.headers["X-Rate-Limit-Time-Reset-Ms"]) <= 30_000
    assert 0 < int(refused.headers["X-Retry-After"]) <= 30
    shop.control("POST", "/clock/advance", {"seconds": 31})
    assert shop.get("/v2/store").status_code == 200


def test_a_restart_keeps_the_state(tmp_path: Path) -> None:
    path, clock = tmp_path / "state.db", tmp_path / "clock"
    first = Sandbox(path, app_url="http://127.0.0.1:9", scopes=ALL_SCOPES, clock_file=clock).start()
    shop = open_shop(first)
    made = shop.order()
    shop.control("PUT", "/clock", {"offset_s": 86_400})
    shop.put(f"/v2/orders/{made['order']['id']}", {"staff_notes": "remember me"})
    first.stop()
    second = Sandbox(path, app_url="http://127.0.0.1:9", scopes=ALL_SCOPES, clock_file=clock).start()
    try:
        again = Shop(second, shop.store, shop.token)
        assert again.get("/v2/orders/102").json()["staff_notes"] == "remember me"
        assert again.order()["order"]["id"] == 103
        assert again.control("GET", "/clock")["offset_s"] == 86_400
        assert install(second, shop.store) != shop.token
    finally:
        second.stop()


def test_a_large_store_answers_quickly(sandbox: Sandbox) -> None:
    shop = Shop(sandbox, "largestore", "")
    shop.control("POST", "/stores", {"hash": "largestore", "count": 3000})
    shop.token = install(sandbox, "largestore")
    started, seen = time.monotonic(), 0
    for page in range(1, 13):
        query = {"include": "consignments.line_items", "consignment_structure": "object", "limit": 250, "page": page}
        seen += len(shop.get("/v2/orders", **query).json())
    for order_id in range(1001, 1501):
        shop.control("PATCH", f"/stores/largestore/orders/{order_id}", {"touch": True})
    assert seen == 3000
    assert time.monotonic() - started < 20


def test_a_stopped_store_answers_nobody_any_more() -> None:
    sandbox = Sandbox(app_url="http://127.0.0.1:9", scopes=ALL_SCOPES).start()
    shop = open_shop(sandbox)
    assert shop.get("/v2/store").status_code == 200
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        shop.get("/v2/store")


def test_a_reset_store_starts_over(shop: Shop) -> None:
    shop.order()
    shop.control("POST", "/stores", {"hash": shop.store, "preset": "tiny", "timezone": "Europe/Berlin"})
    assert shop.get("/v2/store").status_code == 401
    shop.token = install(shop.sandbox, shop.store)
    assert [order["id"] for order in shop.get("/v2/orders").json()] == [101]
    assert shop.get("/v2/store").json()["timezone"]["name"] == "Europe/Berlin"
