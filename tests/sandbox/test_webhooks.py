"""Webhooks: who gets what, signed how, retried when, lost and doubled on request."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from sandbox.hooks import RETRY_AFTER_S, DomainRule
from sandbox.server import Sandbox
from tests.sandbox.conftest import ALL_SCOPES, Receiver, Shop, eventually, open_shop, product_item


def hook(shop: Shop, receiver: Receiver, scope: str = "store/order/*", **more: Any) -> dict[str, Any]:
    answer = shop.post("/v3/hooks", {"scope": scope, "destination": receiver.url, "is_active": True, **more})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert isinstance(data, dict)
    return data


def touch(shop: Shop, order_id: int = 101) -> None:
    shop.control("PATCH", f"/stores/{shop.store}/orders/{order_id}", {"touch": True})


def test_an_event_arrives_with_our_headers_and_a_valid_signature(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver, headers={"X-Backhaul": "our secret"})
    touch(shop)
    eventually(lambda: receiver.got)
    _, headers, body = receiver.got[0]
    assert headers["x-backhaul"] == "our secret"
    key = base64.b64encode(shop.sandbox.client_secret.encode()).decode()
    payload = Webhook(key).verify(body, headers)
    assert (payload["scope"], payload["producer"]) == ("store/order/updated", f"stores/{shop.store}")
    assert payload["data"] == {"type": "order", "id": 101}
    assert isinstance(payload["store_id"], str)
    assert len(payload["hash"]) == 40


def test_every_kind_of_change_tells_its_own_story(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver)
    hook(shop, receiver, "store/shipment/*")
    made = shop.order()
    order_id = made["order"]["id"]
    shop.control("PATCH", f"/stores/{shop.store}/orders/{order_id}", {"ship": True})
    refund = shop.refund(order_id, product_item(made, 1)).json()["data"]
    field = {"permission_set": "app_only", "namespace": "returns", "key": "summary", "value": "{}"}
    shop.post(f"/v3/orders/{order_id}/metafields", field)
    shop.delete(f"/v2/orders/{order_id}")
    wanted = {
        "store/order/created", "store/order/updated", "store/order/statusUpdated", "store/order/archived",
        "store/order/refund/created", "store/order/metafield/created", "store/order/transaction/created",
        "store/order/transaction/updated", "store/shipment/created",
    }  # fmt: skip
    eventually(lambda: wanted <= {body["scope"] for body in receiver.bodies()})
    told = receiver.bodies("store/order/refund/created")[0]["data"]
    assert told == {"type": "order", "id": order_id, "refund": {"refund_id": refund["id"]}}
    moves = [body["data"]["status"] for body in receiver.bodies("store/order/statusUpdated")]
    assert {"previous_status_id": 2, "new_status_id": 14} in moves
    assert receiver.bodies("store/shipment/created")[0]["data"]["orderId"] == order_id


def test_an_exact_scope_gets_nothing_else(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver, "store/order/statusUpdated")
    touch(shop)
    shop.control("PATCH", f"/stores/{shop.store}/orders/101", {"status_id": 10})
    eventually(lambda: receiver.got)
    time.sleep(0.2)
    assert [body["scope"] for body in receiver.bodies()] == ["store/order/statusUpdated"]


def test_a_refused_delivery_is_tried_again_with_the_same_id(shop: Shop, receiver: Receiver) -> None:
    shop.habits(retry_scale=0.001)
    hook(shop, receiver, "store/order/updated")
    receiver.status = 500
    touch(shop)
    eventually(lambda: len(receiver.got) >= 3)
    receiver.status = 200
    tried = len(receiver.got)
    eventually(lambda: len(receiver.got) > tried)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert len({body for _, _, body in receiver.got}) == 1


def test_after_the_last_retry_the_hook_is_deactivated(shop: Shop, receiver: Receiver) -> None:
    shop.habits(retry_scale=0.0)
    made = hook(shop, receiver, "store/order/updated")
    receiver.status = 503
    touch(shop)
    path = f"/v3/hooks/{made['id']}"
    eventually(lambda: not shop.get(path).json()["data"]["is_active"])
    assert len(receiver.got) == 1 + len(RETRY_AFTER_S) == 12
    listed = shop.get("/v3/hooks/admin").json()["data"]["hooks_list"]
    assert [entry["status"] for entry in listed] == ["deactivated"]
    receiver.status = 200
    shop.put(path, {"is_active": True})
    touch(shop)
    eventually(lambda: len(receiver.got) == 13)


def test_a_moved_clock_makes_retries_due(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver, "store/order/updated")
    receiver.status = 500
    touch(shop)
    eventually(lambda: receiver.got)
    time.sleep(0.2)
    assert len(receiver.got) == 1
    shop.control("POST", "/clock/advance", {"seconds": 61})
    eventually(lambda: len(receiver.got) == 2)


def test_hooks_can_be_lost_doubled_delayed_and_reordered(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver, "store/order/updated")
    shop.fault("hook_lose", times=1, match={"hook": "order/updated"})
    touch(shop)
    time.sleep(0.2)
    assert receiver.got == []
    assert [entry["outcome"] for entry in shop.log("hooks")] == ["lost"]
    shop.fault("hook_duplicate", times=1)
    touch(shop)
    eventually(lambda: len(receiver.got) == 2)
    assert receiver.got[0][2] == receiver.got[1][2]
    receiver.got.clear()
    shop.fault("hook_delay", times=1, delay_s=0.4)
    started = time.time()
    touch(shop)
    eventually(lambda: receiver.got)
    assert receiver.got[0][0] - started >= 0.4
    receiver.got.clear()
    other = shop.order()["order"]["id"]
    shop.fault("hook_reorder", times=2, delay_s=0.4)
    touch(shop)
    touch(shop, other)
    eventually(lambda: len(receiver.got) == 2)
    assert [body["data"]["id"] for body in receiver.bodies()] == [other, 101]


def test_a_domain_that_fails_too_often_is_blocked() -> None:
    rule = DomainRule()
    for number in range(99):
        rule.note("app.example", 1000.0 + number / 10, number % 5 != 0, 180)
    assert rule.blocked_until("app.example", 1010.0) == 0
    rule.note("app.example", 1010.0, False, 180)
    assert rule.blocked_until("app.example", 1010.0) == 1190.0
    assert rule.blocked_until("other.example", 1010.0) == 0
    assert rule.blocked_until("app.example", 1190.0) == 0


def test_nine_in_ten_are_good_enough() -> None:
    rule = DomainRule()
    for number in range(200):
        rule.note("app.example", 1000.0, number % 10 != 9, 180)
    assert rule.blocked_until("app.example", 1000.0) == 0


def test_blocked_events_wait_and_the_block_is_listed(shop: Shop, receiver: Receiver) -> None:
    hook(shop, receiver, "store/order/updated")
    domain = receiver.url.split("/")[2]
    for _ in range(100):
        shop.sandbox.background.domains.note(domain, shop.sandbox.clock.now(), False, 180)
    touch(shop)
    time.sleep(0.2)
    assert receiver.got == []
    blocked = shop.get("/v3/hooks/admin").json()["data"]["blocked_domains"]
    assert [(entry["destination"], entry["time_left"] > 170) for entry in blocked] == [(f"http://{domain}", True)]
    shop.control("POST", "/clock/advance", {"seconds": 181})
    eventually(lambda: receiver.got)


@pytest.mark.parametrize(
    "body",
    [
        {"destination": "https://app.example/hooks"},
        {"scope": "store/order/*"},
        {"scope": "store/order/*", "destination": "http://app.example/hooks"},
    ],
)
def test_a_hook_needs_a_scope_and_an_https_destination(shop: Shop, body: dict[str, str]) -> None:
    assert shop.post("/v3/hooks", body).status_code == 422
    assert shop.get("/v3/hooks").json()["data"] == []


def test_one_hook_per_scope_and_destination_and_ten_per_scope(shop: Shop) -> None:
    def make(number: int) -> int:
        body = {"scope": "store/order/*", "destination": f"https://app.example/{number}"}
        return shop.post("/v3/hooks", body).status_code

    assert [make(number) for number in range(10)] == [200] * 10
    assert (make(0), make(10)) == (422, 422)


def test_undelivered_events_survive_a_restart(tmp_path: Any, receiver: Receiver) -> None:
    path = tmp_path / "state.db"
    first = Sandbox(path, app_url="http://127.0.0.1:9", scopes=ALL_SCOPES).start()
    shop = open_shop(first)
    hook(shop, receiver, "store/order/updated")
    shop.fault("hook_delay", times=1, delay_s=1.0)
    touch(shop)
    first.stop()
    assert receiver.got == []
    second = Sandbox(path, app_url="http://127.0.0.1:9", scopes=ALL_SCOPES).start()
    try:
        eventually(lambda: receiver.got)
    finally:
        second.stop()
