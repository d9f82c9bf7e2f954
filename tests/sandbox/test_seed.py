"""The demo data: what it must hold, that its money adds up, and that it is the same every time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from sandbox.seed import load_demo, make_orders
from sandbox.seed.demo import FIXTURES
from sandbox.seed.demo_make import write_fixtures
from sandbox.seed.wire import share, split_tax

TODAY = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo():
    return load_demo(TODAY)


@pytest.fixture(scope="module")
def orders(demo):
    return list(demo.orders)


def money(document, key):
    return Decimal(document[key])


def test_the_demo_store_has_the_promised_variety(demo, orders):
    assert len(orders) == demo.order_count >= 300
    assert len(demo.products) == 60
    assert len(demo.categories) == 8
    assert {"Final sale", "Digital downloads"} <= {one["name"] for one in demo.categories}
    assert {order["currency_code"] for order in orders} == {"USD", "EUR"}
    assert {order["channel_id"] for order in orders} == {1, 2} == {one["id"] for one in demo.channels}
    assert {order["is_tax_inclusive_pricing"] for order in orders} == {True, False}
    assert {0, 2, 3, 4, 5, 10, 11, 14} <= {order["status_id"] for order in orders}
    assert {0} < {order["customer_id"] for order in orders}
    assert len({one["customer_group_id"] for one in demo.customers}) == 3
    assert any(money(order, "coupon_discount") for order in orders)
    assert any(money(order, "discount_amount") for order in orders)


def test_orders_reach_back_120_days_and_none_lies_in_the_future(orders):
    ages = [TODAY - datetime.fromtimestamp(order["date_created"], UTC) for order in orders]
    assert timedelta(0) < min(ages) < timedelta(days=1)
    assert timedelta(days=118) < max(ages) <= timedelta(days=121)
    assert all(order["date_created"] <= order["date_modified"] <= TODAY.timestamp() for order in orders)


def test_something_can_be_returned_whenever_the_demo_starts(orders):
    recent = TODAY.timestamp() - 14 * 86_400
    shipped = [order for order in orders if order["status_id"] == 2 and order["date_shipped"] > recent]
    assert Counter(bool(order["customer_id"]) for order in shipped)[True] >= 5
    assert Counter(bool(order["customer_id"]) for order in shipped)[False] >= 5
    assert any(line["quantity"] == 3 for order in shipped for line in order["products"])


def test_what_was_paid_for_the_lines_and_shipping_is_the_total(orders):
    for order in orders:
        paid = sum((money(line, "discounted_total_inc_tax") for line in order["products"]), Decimal(0))
        assert paid + money(order, "shipping_cost_inc_tax") == money(order, "total_inc_tax")
        assert money(order, "total_inc_tax") - money(order, "total_ex_tax") == money(order, "total_tax")
        assert sum(money(line, "total_ex_tax") for line in order["products"]) == money(order, "subtotal_ex_tax")


def test_a_refund_agrees_with_the_lines_it_refunds(orders):
    refunded = [order for order in orders if order["refunds"]]
    assert len(refunded) >= 20
    for order in refunded:
        units = Counter()
        for refund in order["refunds"]:
            assert sum(money(item, "requested_amount") for item in refund["items"]) == money(refund, "total_amount")
            for item in refund["items"]:
                units[item["item_id"]] += item.get("quantity", 0)
        for line in order["products"]:
            assert line["quantity_refunded"] == units[line["id"]] <= line["quantity"]
        back = sum(money(refund, "total_amount") for refund in order["refunds"])
        assert (back == money(order, "total_inc_tax")) == (order["status_id"] == 4)


def test_bundle_children_cost_nothing_and_name_their_parent(orders):
    children = [(order, line) for order in orders for line in order["products"] if line["is_bundled_product"]]
    assert children
    for order, child in children:
        assert money(child, "price_inc_tax") == 0
        assert child["parent_order_product_id"] in {line["id"] for line in order["products"]}


def test_shipped_quantities_are_those_of_the_shipments(orders):
    for order in orders:
        packed = Counter()
        for shipment in order["shipments"]:
            for item in shipment["items"]:
                packed[item["order_product_id"]] += item["quantity"]
        assert {
            line["id"]: line["quantity_shipped"] for line in order["products"] if line["quantity_shipped"]
        } == packed


def test_every_shopper_is_obviously_made_up(demo, orders):
    assert all(order["billing_address"]["email"].endswith(".example") for order in orders)
    assert all(one["first_name"] == "Demo" for one in demo.customers)


def test_line_shipment_and_refund_ids_are_unique(orders):
    for part in ("products", "shipments", "refunds", "transactions"):
        ids = [piece["id"] for order in orders for piece in order[part]]
        assert len(ids) == len(set(ids))


def test_the_fixtures_are_what_the_generator_writes(tmp_path):
    write_fixtures(tmp_path)
    for path in sorted(FIXTURES.glob("*.json")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    assert sum(path.stat().st_size for path in FIXTURES.iterdir()) < 1_500_000


def test_two_passes_over_the_orders_are_equal(demo, orders):
    assert list(demo.orders) == orders


@pytest.mark.parametrize("seed", range(5))
def test_partial_shares_in_any_order_sum_to_the_whole(seed):
    dice = Random(seed)
    total, quantity = Decimal(dice.randint(1, 99_999)) / 100, dice.randint(2, 9)
    taken, parts = 0, []
    while taken < quantity:
        units = dice.randint(1, quantity - taken)
        parts.append(share(total, quantity, taken, units))
        taken += units
    assert sum(parts) == total


def test_tax_is_split_in_the_orders_own_habit():
    inside = split_tax(Decimal("119.00"), Decimal("0.19"), True)
    outside = split_tax(Decimal("100.00"), Decimal("0.0825"), False)
    assert (inside.ex, inside.inc, inside.tax) == (Decimal("100.00"), Decimal("119.00"), Decimal("19.00"))
    assert (outside.ex, outside.inc, outside.tax) == (Decimal("100.00"), Decimal("108.25"), Decimal("8.25"))


def test_synthetic_orders_come_in_the_wanted_number_and_always_the_same():
    first, second = make_orders(250, seed=7, today=TODAY), make_orders(250, seed=7, today=TODAY)
    assert list(first.orders) == list(second.orders)
    assert [order["id"] for order in first.orders] == list(range(1001, 1251))
    assert list(make_orders(5, seed=8, today=TODAY).orders) != list(make_orders(5, seed=7, today=TODAY).orders)
