"""Refunds: what the store pays back, what it refuses, and what it does afterwards."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Shop, eventually, product_item


def test_a_refund_is_scheduled_and_paid_later(shop: Shop) -> None:
    shop.habits(refund_async_s=0.2)
    made = shop.order(customer_id=1, shipping="5.00")
    order_id = made["order"]["id"]
    answer = shop.refund(order_id, product_item(made, 2, reason="RMA-1"))
    assert answer.status_code == 201
    refund = answer.json()["data"]
    assert (refund["total_amount"], refund["items"][0]["reason"]) == (24, "RMA-1")
    assert refund["payments"][0]["transaction_id"] == ""
    seen = shop.look(order_id)
    assert (seen["order"]["status_id"], seen["order"]["refunded_amount"]) == (14, "0.0000")
    assert (seen["lines"][0]["quantity_refunded"], seen["lines"][0]["is_refunded"]) == (2, False)
    paid = eventually(lambda: shop.look(order_id)["refunds"][0]["payments"][0]["transaction_id"])
    events = shop.get(f"/v3/orders/{order_id}/transactions").json()["data"]
    assert [(event["event"], str(event["id"])) for event in events][1] == ("refund", paid)


def test_a_whole_refund_ends_in_status_refunded(shop: Shop) -> None:
    made = shop.order()
    assert shop.refund(made["order"]["id"], product_item(made, 3)).status_code == 201
    seen = shop.look(made["order"]["id"])
    assert (seen["order"]["status_id"], seen["order"]["payment_status"]) == (4, "refunded")
    assert shop.quote(made["order"]["id"], product_item(made, 1)).status_code == 422


@pytest.mark.parametrize(("restocks", "after"), [(True, 53), (False, 50)])
def test_a_whole_refund_restocks_when_the_setting_says_so(shop: Shop, restocks: bool, after: int) -> None:
    shop.habits(restock_on_refund=restocks)
    setting = shop.get("/v3/settings/inventory").json()["data"]["refund_order_stock_adjustment"]
    made = shop.order()
    shop.refund(made["order"]["id"], product_item(made, 3))
    assert (setting, shop.look(made["order"]["id"])["stock"]) == (restocks, {"1:1:101": after})


def test_payments_must_match_the_quote(shop: Shop) -> None:
    made = shop.order()
    path = f"/v3/orders/{made['order']['id']}/payment_actions/refunds"
    body: dict[str, Any] = {"items": [product_item(made, 1)]}
    wrong = shop.post(path, {**body, "payments": [{"provider_id": "testgateway", "amount": 11.99, "offline": False}]})
    assert (wrong.status_code, wrong.json()["data"][0]["status"]) == (422, 422)
    foreign = shop.post(path, {**body, "payments": [{"provider_id": "braintree", "amount": 12, "offline": False}]})
    assert foreign.status_code == 422
    assert [entry["executed"] for entry in shop.log("refund_posts")] == [False, False]
    assert shop.look(made["order"]["id"])["refunds"] == []


def test_a_guest_gets_no_store_credit(shop: Shop) -> None:
    made = shop.order()
    ways = shop.quote(made["order"]["id"], product_item(made, 1)).json()["data"]["refund_methods"]
    assert "storecredit" not in {entry["provider_id"] for way in ways for entry in way}
    body = {
        "items": [product_item(made, 1)],
        "payments": [{"provider_id": "storecredit", "amount": 12, "offline": False}],
    }
    refused = shop.post(f"/v3/orders/{made['order']['id']}/payment_actions/refunds", body)
    assert refused.json()["data"][0]["title"] == "Unable to provide store credit for a guest customer."


def test_store_credit_lands_on_the_customers_account(shop: Shop) -> None:
    shop.habits(refund_async_s=0.0)
    made = shop.order(customer_id=1)
    assert shop.refund(made["order"]["id"], product_item(made, 1), way=1).status_code == 201

    def balance() -> float:
        found = shop.get("/v3/customers", id__in="1", include="storecredit").json()["data"][0]
        return float(found["store_credit_amounts"][0]["amount"])

    assert eventually(balance) == 12


def test_a_split_payment_is_offered_as_a_split(shop: Shop) -> None:
    made = shop.order(customer_id=1, store_credit_amount="30.00")
    ways = shop.quote(made["order"]["id"], product_item(made, 3)).json()["data"]["refund_methods"]
    assert [(entry["provider_id"], entry["amount"]) for entry in ways[0]] == [("testgateway", 6), ("storecredit", 30)]


def test_the_merchants_own_figures_replace_the_quote(shop: Shop) -> None:
    made = shop.order()
    body = {
        "items": [product_item(made, 1)],
        "payments": [{"provider_id": "testgateway", "amount": 5, "offline": False}],
        "merchant_calculated_override": {"total_amount": 5, "total_tax": 1},
    }
    refund = shop.post(f"/v3/orders/{made['order']['id']}/payment_actions/refunds", body).json()["data"]
    assert (refund["total_amount"], refund["total_tax"], refund["uses_merchant_override_values"]) == (5, 1, True)


def test_a_second_refund_while_one_is_under_way_is_refused(shop: Shop) -> None:
    shop.habits(refund_work_s=0.5)
    made = shop.order()
    answers: list[int] = []

    def post(token: str) -> None:
        other = Shop(shop.sandbox, shop.store, token)
        answers.append(other.refund(made["order"]["id"], product_item(made, 1)).status_code)

    threads = [threading.Thread(target=post, args=(shop.token,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 422]
    assert len(shop.look(made["order"]["id"])["refunds"]) == 1
    assert shop.refund(made["order"]["id"], product_item(made, 1)).status_code == 201


def test_a_refund_can_be_declined_at_once(shop: Shop) -> None:
    made = shop.order()
    shop.fault("refund_decline", times=1)
    refund = shop.refund(made["order"]["id"], product_item(made, 3)).json()["data"]
    assert (refund["payments"][0]["is_declined"], bool(refund["payments"][0]["declined_message"])) == (True, True)
    seen = shop.look(made["order"]["id"])
    assert (seen["lines"][0]["quantity_refunded"], seen["order"]["status_id"]) == (0, 11)


def test_a_refund_can_be_declined_later_and_gives_the_units_back(shop: Shop) -> None:
    made = shop.order()
    shop.fault("refund_decline_later", times=1, delay_s=0.3)
    refund = shop.refund(made["order"]["id"], product_item(made, 3)).json()["data"]
    assert refund["payments"][0]["is_declined"] is False
    path = f"/v3/orders/payment_actions/refunds/{refund['id']}"
    eventually(lambda: shop.get(path).json()["data"]["payments"][0]["is_declined"])
    seen = shop.look(made["order"]["id"])
    assert (seen["lines"][0]["quantity_refunded"], seen["order"]["status_id"]) == (0, 11)
    assert shop.quote(made["order"]["id"], product_item(made, 3)).status_code == 201


def test_a_late_execution_answers_502_and_pays_anyway(shop: Shop) -> None:
    made = shop.order()
    shop.fault("refund_late_execution", times=1, delay_s=0.4)
    assert shop.refund(made["order"]["id"], product_item(made, 1)).status_code == 502
    assert shop.look(made["order"]["id"])["refunds"] == []
    assert shop.refund(made["order"]["id"], product_item(made, 1)).status_code == 422
    eventually(lambda: shop.look(made["order"]["id"])["refunds"])
    late, refused = shop.log("refund_posts")
    assert (late["executed"], late["status"], refused["executed"]) == (True, 502, False)


def test_a_refund_can_show_up_late_in_the_list(shop: Shop) -> None:
    made = shop.order()
    shop.fault("refund_late_listing", times=1, delay_s=0.4)
    refund_id = shop.refund(made["order"]["id"], product_item(made, 1)).json()["data"]["id"]
    path = f"/v3/orders/{made['order']['id']}/payment_actions/refunds"
    assert shop.get(path).json()["data"] == []
    assert shop.get(f"/v3/orders/payment_actions/refunds/{refund_id}").status_code == 404
    assert eventually(lambda: shop.get(path).json()["data"])[0]["id"] == refund_id


def test_reasons_can_get_lost(shop: Shop) -> None:
    made = shop.order()
    shop.fault("refund_no_reason_echo", times=1)
    shop.refund(made["order"]["id"], product_item(made, 1, reason="our mark"))
    found = shop.get("/v3/orders/payment_actions/refunds", order_id__in=made["order"]["id"]).json()["data"]
    assert found[0]["items"][0]["reason"] == ""


def test_the_work_can_be_done_and_the_answer_lost(shop: Shop) -> None:
    made = shop.order()
    where = {"method": "POST", "path": "payment_actions/refunds$"}
    shop.fault("error_after", times=1, match=where)
    assert shop.refund(made["order"]["id"], product_item(made, 1)).status_code == 502
    shop.fault("drop_after", times=1, match=where)
    with pytest.raises(requests.ConnectionError):
        shop.refund(made["order"]["id"], product_item(made, 1))
    assert len(shop.look(made["order"]["id"])["refunds"]) == 2
    assert [entry["executed"] for entry in shop.log("refund_posts")] == [True, True]


def test_the_clerk_refunds_by_hand(shop: Shop) -> None:
    made = shop.order()
    order_id = made["order"]["id"]
    items = [{"item_id": made["lines"][0]["id"], "quantity": 1}]
    refund = shop.control("POST", f"/stores/{shop.store}/orders/{order_id}/refund_by_hand", {"items": items})
    assert (refund["total_amount"], refund["user_id"] > 0) == (12, True)
    assert shop.look(order_id)["order"]["status_id"] == 14
    assert shop.log("refund_posts") == []
