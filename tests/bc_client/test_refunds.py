from datetime import UTC, datetime
from decimal import Decimal

from app.bc_client import BigCommerce
from app.bc_client.types import RefundItem, RefundQuoteRequest, RefundRequest
from tests.bc_client.recordings import recorded, recorded_text
from tests.doubles import BigCommerceDouble

REFUNDS = "/v3/orders/101/payment_actions/refunds"
QUOTES = "/v3/orders/101/payment_actions/refund_quotes"
MARK = "RMA-7KQ2MX refund 1"


def test_a_quote_is_paid_by_one_of_its_ways_digit_for_digit(bc: BigCommerceDouble, api: BigCommerce) -> None:
    items = (RefundItem.product(201, 2, MARK), RefundItem.shipping(21, Decimal("5.50"), MARK))
    awkward = recorded_text("v3/refund_quote.json").replace("66.0", "66.10")
    bc.answers("POST", QUOTES, body=awkward, status=201)
    quote = api.quote_refund(RefundQuoteRequest(101, items))
    assert (quote.total, quote.tax, quote.tax_inclusive) == (Decimal("66.10"), Decimal("6.0"), False)
    assert [[part.provider_id for part in way] for way in quote.methods] == [
        ["testgateway"],
        ["storecredit"],
        ["custom"],
    ]
    assert quote.raw["total_refund_amount"] == "66.10"

    bc.answers("POST", REFUNDS, recorded("v3/refund_created.json"), status=201)
    api.create_refund(RefundRequest.by(101, items, quote.methods[0]))
    assert bc.mock.calls[1].request.body == (
        b'{"items":[{"item_type":"PRODUCT","item_id":201,"quantity":2,"reason":"RMA-7KQ2MX refund 1"},'
        b'{"item_type":"SHIPPING","item_id":21,"amount":5.50,"reason":"RMA-7KQ2MX refund 1"}],'
        b'"payments":[{"provider_id":"testgateway","amount":66.10,"offline":false}]}'
    )


def test_a_fee_goes_out_as_a_negative_adjustment() -> None:
    item = RefundItem("PRODUCT", 201, quantity=1, adjustments=((Decimal("3.30"), "Restocking fee"),))
    assert item.to_wire()["adjustments"] == [{"amount": Decimal("-3.30"), "description": "Restocking fee"}]


def test_what_was_asked_survives_a_column() -> None:
    item = RefundItem("PRODUCT", 201, quantity=1, reason=MARK, adjustments=((Decimal("-3.30"), "Restocking fee"),))
    shipping = RefundItem.shipping(21, Decimal("5.50"))
    assert shipping.to_json() == {"item_type": "SHIPPING", "item_id": 21, "amount": "5.50"}
    assert [RefundItem.from_json(part.to_json()) for part in (item, shipping)] == [item, shipping]


def test_a_receipt_on_the_books_is_not_yet_paid(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", REFUNDS, recorded("v3/refund_created.json"), status=201)
    receipt = api.create_refund(RefundRequest(101, (RefundItem.product(201, 2, MARK),), ()))
    assert (receipt.id, receipt.total, receipt.created_at) == (1, Decimal("66"), datetime(2026, 3, 10, 10, tzinfo=UTC))
    assert (receipt.pending, receipt.declined) == (True, False)


def test_a_created_refund_may_be_declined(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", REFUNDS, recorded("v3/refund_declined.json"), status=201)
    receipt = api.create_refund(RefundRequest(101, (RefundItem.product(201, 2, MARK),), ()))
    assert (receipt.declined, receipt.declined_message, receipt.pending) == (True, "Insufficient funds", False)


def test_our_mark_is_found_and_a_clerks_refund_is_told_apart(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", REFUNDS, recorded("v3/refunds.json"))
    ours, by_hand = api.list_refunds(101)
    assert (ours.carries(MARK), by_hand.carries(MARK)) == (True, False)
    assert (ours.user_id, by_hand.user_id, by_hand.total) == (0, 7, Decimal("33"))
    assert (ours.pending, by_hand.pending) == (False, False)
    assert [(item.item_id, item.quantity) for item in by_hand.items] == [(201, 1)]


def test_one_refund_is_read_with_its_amounts_as_text(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/orders/payment_actions/refunds/1", recorded("v3/refund.json"))
    assert api.get_refund(1).items[0].requested_amount == Decimal("66.0000")


def test_all_refunds_are_asked_for_by_order_and_time(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/orders/payment_actions/refunds", recorded("v3/refunds.json"))
    found = api.list_all_refunds(order_ids=[101, 102], created_min=datetime(2026, 3, 9, tzinfo=UTC), page=2)
    assert [receipt.id for receipt in found] == [1, 2]
    assert bc.sent()[0]["query"] == ("order_id:in=101,102&created:min=2026-03-09T00:00:00%2B00:00&page=2&limit=250")
