from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.bc_client import BCNotFound, BCUnavailable, BigCommerce
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble


def test_an_order_comes_with_its_lines_in_one_call(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders/101", recorded("v2/order.json"))
    order = api.get_order(101)
    assert bc.sent()[0]["query"] == "include=consignments,consignments.line_items&consignment_structure=object"
    assert (order.bc_order_id, order.bc_status_id, order.status, order.customer_id) == (101, 2, "Shipped", 12)
    assert (order.currency, order.display_currency, order.total_inc_tax) == ("USD", "USD", Decimal("109.5"))
    assert (order.shipping_cost_inc_tax, order.coupon_discount) == (Decimal("5.5"), Decimal("10.98"))
    assert order.ordered_at == datetime(2026, 3, 3, 10, 15, tzinfo=UTC)
    assert order.modified_at == datetime(2026, 3, 5, 21, 40, 11, tzinfo=UTC)
    assert order.shipped_at == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert (order.billing.name, order.billing.email) == ("Demo Shopper 12", "shopper12@demo.example")
    assert order.shipping is not None
    assert order.shipping.to_json() == {
        "name": "Demo Shopper 12",
        "company": "",
        "street_1": "12 Sample Street",
        "street_2": "",
        "city": "Springfield",
        "state": "Oregon",
        "zip": "97477",
        "country": "United States",
        "country_iso2": "US",
    }
    assert order.staff_notes == "Call before noon."


def test_a_line_knows_what_was_paid_for_it_and_where_it_went(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders/101", recorded("v2/order.json"))
    shirt, guide = api.get_order(101).lines
    assert (shirt.bc_line_id, shirt.product_id, shirt.variant_id, shirt.order_address_id) == (201, 31, 77, 21)
    assert (shirt.quantity, shirt.quantity_shipped, shirt.quantity_refunded) == (3, 3, 0)
    assert (shirt.price_inc_tax, shirt.total_inc_tax) == (Decimal("36.66"), Decimal("109.98"))
    assert shirt.discounted_total_inc_tax == Decimal("99")
    assert shirt.options == (("Size", "M"), ("Colour", "Blue"))
    assert [(cut.amount, cut.code, cut.target) for cut in shirt.applied_discounts] == [
        (Decimal("10.98"), "SPRING10", "order")
    ]
    assert (guide.type, guide.order_address_id, guide.price_ex_tax) == ("digital", 0, Decimal("4.5455"))


def test_a_bundled_line_knows_its_parent(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders", recorded("v2/orders.json"))
    bundle, part = api.list_orders()[1].lines
    assert (bundle.parent_bc_line_id, bundle.is_bundled) == (None, False)
    assert (part.parent_bc_line_id, part.is_bundled, part.total_inc_tax) == (203, True, Decimal(0))


def test_a_page_of_orders_is_one_call(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders", recorded("v2/orders.json"))
    orders = api.list_orders(min_id=101, sort="id:asc")
    assert [
        (order.bc_order_id, order.currency, order.is_tax_inclusive, order.channel_id, order.shipped_at is None)
        for order in orders
    ] == [(101, "USD", False, 1, False), (102, "EUR", True, 2, True)]
    assert api.calls == 1
    assert bc.sent()[0]["query"].endswith("&page=1&limit=250&sort=id:asc&min_id=101")


def test_the_transactional_currency_is_the_one_that_counts(bc: BigCommerceDouble, api: BigCommerce) -> None:
    order = {**recorded("v2/order.json"), "currency_code": "EUR", "default_currency_code": "USD"}
    bc.answers("GET", "/v2/orders/101", order)
    read = api.get_order(101)
    assert (read.currency, read.display_currency) == ("USD", "EUR")


def _without_lines(change: dict[str, Any]) -> dict[str, Any]:
    return {**recorded("v2/order.json"), **change}


@pytest.mark.parametrize(
    "order_case",
    [
        _without_lines({"consignments": {"url": "https://x.example", "resource": "/orders/101/consignments"}}),
        _without_lines({"consignments": None}),
        _without_lines({"consignments": []}),
        _without_lines({"consignments": {"shipping": [{"id": 21, "line_items": [{"url": "u", "resource": "r"}]}]}}),
        _without_lines({"consignments": {"shipping": [{"id": 21, "line_items": {"url": "u", "resource": "r"}}]}}),
    ],
)
def test_an_order_whose_lines_did_not_come_is_not_an_order_without_lines(
    bc: BigCommerceDouble, api: BigCommerce, order_case: dict[str, Any]
) -> None:
    bc.answers("GET", "/v2/orders/101", order_case)
    with pytest.raises(BCUnavailable):
        api.get_order(101)


def test_older_lines_without_the_discounted_total_are_reckoned(bc: BigCommerceDouble, api: BigCommerce) -> None:
    order = recorded("v2/order.json")
    del order["consignments"]["shipping"][0]["line_items"][0]["discounted_total_inc_tax"]
    bc.answers("GET", "/v2/orders/101", order)
    assert api.get_order(101).lines[0].discounted_total_inc_tax == Decimal("99")


def test_lines_picked_up_and_mailed_are_lines_too(bc: BigCommerceDouble, api: BigCommerce) -> None:
    order = recorded("v2/order.json")
    shipped = order["consignments"]["shipping"][0]["line_items"][0]
    order["consignments"]["pickups"] = [{"id": 1, "line_items": [{**shipped, "id": 300, "order_address_id": 0}]}]
    order["consignments"]["email"] = {
        "gift_certificates": [
            {
                "recipient_email": "shopper13@demo.example",
                "line_items": [{**shipped, "id": 301, "type": "giftcertificate"}],
            }
        ]
    }
    bc.answers("GET", "/v2/orders/101", order)
    assert [(line.bc_line_id, line.type) for line in api.get_order(101).lines] == [
        (201, "physical"),
        (202, "digital"),
        (300, "physical"),
        (301, "giftcertificate"),
    ]


def test_orders_are_counted_by_status(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders/count", recorded("v2/orders_count.json"))
    count = api.count_orders()
    assert (count.total, count.by_status) == (2, {2: 1, 11: 1})


def test_staff_notes_are_written_alone(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("PUT", "/v2/orders/101", recorded("v2/order.json"))
    api.update_order(101, staff_notes="Returns: RMA-7KQ2MX")
    assert bc.sent()[0]["body"] == {"staff_notes": "Returns: RMA-7KQ2MX"}


def test_shipments_tell_when_and_how(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders/101/shipments", recorded("v2/shipments.json"))
    (shipment,) = api.list_shipments(101)
    assert (shipment.created_at, shipment.tracking_number) == (datetime(2026, 3, 4, 9, tzinfo=UTC), "DEMO0000001")
    assert shipment.tracking_link == "https://tracking.example/DEMO0000001"
    assert shipment.items == ((201, 3),)


def test_an_order_that_is_not_there_is_not_found(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders/9", recorded("v2/not_found.json"), status=404)
    with pytest.raises(BCNotFound):
        api.get_order(9)
