"""From a short description of an order to the order as BigCommerce would spell it.

Fields that every order has alike are left out: the store knows their defaults (`sandbox.defaults`).
Money on a line: `total_*` is before discounts, `discounted_total_inc_tax` is what the shopper paid for it, and the paid
lines plus shipping add up to the order's `total_inc_tax`. Tax is rounded per line, half up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sandbox.seed.types import Wire, cents, v2_money

ZERO = Decimal(0)
PAYMENT_STATUS = {0: "", 1: "pending", 4: "refunded", 5: "void", 6: "declined", 7: "", 14: "partially refunded"}
CURRENCY_IDS = {"USD": 1, "EUR": 2, "GBP": 3}
ADDRESS_KEYS = (
    "first_name", "last_name", "company", "street_1", "street_2", "city", "state", "zip", "country", "country_iso2",
    "phone", "email",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineSpec:
    """`price` is one unit in the order's own tax habit; `discount` and `coupon` are for the whole line, same habit."""

    product: Wire
    variant: Wire
    quantity: int
    price: Decimal
    discount: Decimal = ZERO
    coupon: Decimal = ZERO
    discount_name: str = "Automatic discount"
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class ShipmentSpec:
    at: datetime
    parts: Sequence[tuple[int, int]]
    """(index of the line, quantity)."""
    tracking_number: str = ""
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class RefundSpec:
    at: datetime
    parts: Sequence[tuple[int, int]]
    shipping: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderSpec:
    id: int
    placed_at: datetime
    person: Wire
    """Address keys of V2 plus `customer_id` (0 for a guest)."""
    lines: Sequence[LineSpec]
    status_id: int = 10
    currency: str = "USD"
    store_currency: str = "USD"
    exchange_rate: Decimal = Decimal(1)
    tax_rate: Decimal = ZERO
    tax_inclusive: bool = False
    shipping: Decimal = ZERO
    channel_id: int = 1
    shipments: Sequence[ShipmentSpec] = ()
    refunds: Sequence[RefundSpec] = ()
    coupon_code: str = ""
    payment_method: str = "Test Payment Gateway"
    provider_id: str = "testgateway"
    store_credit: Decimal = ZERO
    gift_certificate: Decimal = ZERO
    staff_notes: str = ""
    customer_message: str = ""
    external_source: str | None = None
    external_order_id: str = ""


@dataclass
class Ids:
    """Line, shipment, refund and transaction ids run through the whole store, as the real ones do."""

    line: int = 20001
    shipment: int = 301
    refund: int = 1
    transaction: int = 5001
    coupon: int = 1


@dataclass(frozen=True, slots=True)
class Split:
    ex: Decimal
    inc: Decimal

    @property
    def tax(self) -> Decimal:
        return self.inc - self.ex


def split_tax(amount: Decimal, rate: Decimal, inclusive: bool) -> Split:
    """`amount` in the store's habit becomes both sides of the tax, rounded once."""
    if inclusive:
        return Split(ex=cents(amount / (1 + rate)), inc=cents(amount))
    return Split(ex=cents(amount), inc=cents(amount * (1 + rate)))


def share(total: Decimal, quantity: int, before: int, taken: int) -> Decimal:
    """Value of `taken` units after `before` units: any order of partial shares adds up to `total`."""
    return cents(total * (before + taken) / quantity) - cents(total * before / quantity)


def build_order(spec: OrderSpec, ids: Ids) -> Wire:
    """The whole order with everything that hangs off it; takes its ids from `ids`."""
    physical = any(line.product["type"] == "physical" for line in spec.lines)
    address_id = spec.id + 7000 if physical else 0
    shipped = _quantities(spec.shipments, len(spec.lines))
    refunded = _quantities(spec.refunds, len(spec.lines))
    first = ids.line
    lines = [_line(spec, i, first, address_id, shipped[i], refunded[i]) for i in range(len(spec.lines))]
    ids.line += len(lines)
    ship = split_tax(spec.shipping, spec.tax_rate, spec.tax_inclusive)
    order = _order(spec, lines, ship, physical)
    order["products"] = lines
    order["shipping_addresses"] = [_address(spec, order, address_id, ship)] if physical else []
    order["shipments"] = [_shipment(part, lines, address_id, ids) for part in spec.shipments]
    order["coupons"] = _coupons(spec, ids)
    order["refunds"] = _refunds(spec, lines, ship, address_id, ids)
    order["transactions"] = _transactions(spec, order, ids)
    return order


def _quantities(documents: Sequence[ShipmentSpec] | Sequence[RefundSpec], lines: int) -> list[int]:
    counted = [0] * lines
    for document in documents:
        for index, quantity in document.parts:
            counted[index] += quantity
    return counted


def _line(spec: OrderSpec, index: int, first_id: int, address_id: int, shipped: int, refunded: int) -> Wire:
    line = spec.lines[index]
    digital = line.product["type"] == "digital"
    unit = split_tax(line.price, spec.tax_rate, spec.tax_inclusive)
    total = split_tax(line.price * line.quantity, spec.tax_rate, spec.tax_inclusive)
    paid = split_tax(line.price * line.quantity - line.discount - line.coupon, spec.tax_rate, spec.tax_inclusive)
    return {
        "id": first_id + index,
        "product_id": line.product["id"],
        "variant_id": line.variant["id"],
        "order_address_id": 0 if digital else address_id,
        "name": line.product["name"],
        "sku": line.variant["sku"],
        "type": line.product["type"],
        "base_price": v2_money(line.price),
        "price_ex_tax": v2_money(unit.ex), "price_inc_tax": v2_money(unit.inc), "price_tax": v2_money(unit.tax),
        "base_total": v2_money(line.price * line.quantity),
        "total_ex_tax": v2_money(total.ex), "total_inc_tax": v2_money(total.inc), "total_tax": v2_money(total.tax),
        "discounted_total_inc_tax": v2_money(paid.inc),
        "quantity": line.quantity,
        "quantity_shipped": shipped,
        "quantity_refunded": refunded,
        "is_refunded": refunded >= line.quantity,
        "weight": v2_money(Decimal(str(line.product.get("weight", 0)))),
        "is_bundled_product": line.parent is not None,
        "_paid_tax": v2_money(paid.tax),
        **_seldom(spec, line, first_id, first_id + index),
    }  # fmt: skip


def _seldom(spec: OrderSpec, line: LineSpec, first_id: int, line_id: int) -> Wire:
    """What most lines lack; leaving it out keeps the documents of a large file small."""
    found = {
        "brand": line.product.get("_brand"),
        "parent_order_product_id": None if line.parent is None else first_id + line.parent,
        "applied_discounts": _discounts(spec, line),
        "product_options": _options(line.variant, line_id),
    }
    return {key: value for key, value in found.items() if value}


def _discounts(spec: OrderSpec, line: LineSpec) -> list[Wire]:
    found = []
    if line.discount:
        found.append({"id": "automatic-1", "amount": v2_money(line.discount), "name": line.discount_name,
                      "code": None, "target": "product"})  # fmt: skip
    if line.coupon:
        found.append({"id": "coupon", "amount": v2_money(line.coupon), "name": f"Coupon {spec.coupon_code}",
                      "code": spec.coupon_code, "target": "order"})  # fmt: skip
    return found


def _options(variant: Wire, order_product_id: int) -> list[Wire]:
    return [
        {
            "id": variant["id"] * 10 + n,
            "option_id": value["option_id"],
            "order_product_id": order_product_id,
            "product_option_id": value["option_id"],
            "display_name": value["option_display_name"],
            "display_name_customer": value["option_display_name"],
            "display_name_merchant": value["option_display_name"],
            "display_value": value["label"],
            "display_value_customer": value["label"],
            "display_value_merchant": value["label"],
            "value": str(value["id"]),
            "type": "Multiple choice",
            "name": value["option_display_name"],
            "display_style": "Rectangle",
        }
        for n, value in enumerate(variant.get("option_values", ()))
    ]


def _order(spec: OrderSpec, lines: list[Wire], ship: Split, physical: bool) -> Wire:
    counted = [line for line in lines if line["type"] == "physical" and not line["is_bundled_product"]]
    total, shipped = sum(line["quantity"] for line in counted), sum(line["quantity_shipped"] for line in counted)
    shipments = [int(shipment.at.timestamp()) for shipment in spec.shipments]
    events = [int(spec.placed_at.timestamp()), *shipments, *(int(refund.at.timestamp()) for refund in spec.refunds)]
    return {
        "id": spec.id,
        "customer_id": spec.person.get("customer_id", 0),
        "channel_id": spec.channel_id,
        "cart_id": f"00000000-0000-4000-8000-{spec.id:012d}",
        "date_created": events[0],
        "date_modified": max(events),
        "date_shipped": max(shipments) if shipments and shipped >= total else 0,
        "status_id": spec.status_id,
        "items_total": sum(line["quantity"] for line in lines if not line["is_bundled_product"]),
        "items_shipped": shipped,
        "order_is_digital": not physical,
        "shipping_address_count": 1 if physical else 0,
        "billing_address": {**{key: spec.person.get(key, "") for key in ADDRESS_KEYS}, "form_fields": []},
        "geoip_country": spec.person.get("country", ""), "geoip_country_iso2": spec.person.get("country_iso2", ""),
        "staff_notes": spec.staff_notes,
        "customer_message": spec.customer_message,
        "external_source": spec.external_source,
        "external_order_id": spec.external_order_id,
        **_sums(spec, lines, ship),
    }  # fmt: skip


def _sums(spec: OrderSpec, lines: list[Wire], ship: Split) -> Wire:
    """The order's money: what the lines and the shipping come to, how it was paid, in which currency."""

    def of_lines(key: str) -> Decimal:
        return sum((Decimal(line[key]) for line in lines), ZERO)

    paid_inc, paid_tax = of_lines("discounted_total_inc_tax"), of_lines("_paid_tax")
    default_id = CURRENCY_IDS.get(spec.currency, 1)
    return {
        "subtotal_ex_tax": v2_money(of_lines("total_ex_tax")), "subtotal_inc_tax": v2_money(of_lines("total_inc_tax")),
        "subtotal_tax": v2_money(of_lines("total_tax")),
        "base_shipping_cost": v2_money(spec.shipping),
        "shipping_cost_ex_tax": v2_money(ship.ex), "shipping_cost_inc_tax": v2_money(ship.inc),
        "shipping_cost_tax": v2_money(ship.tax),
        "total_inc_tax": v2_money(paid_inc + ship.inc),
        "total_ex_tax": v2_money(paid_inc - paid_tax + ship.ex),
        "total_tax": v2_money(paid_tax + ship.tax),
        "discount_amount": v2_money(sum((line.discount for line in spec.lines), ZERO)),
        "coupon_discount": v2_money(sum((line.coupon for line in spec.lines), ZERO)),
        "payment_method": spec.payment_method,
        "payment_provider_id": spec.provider_id,
        "payment_status": PAYMENT_STATUS.get(spec.status_id, "captured"),
        "store_credit_amount": v2_money(spec.store_credit),
        "gift_certificate_amount": v2_money(spec.gift_certificate),
        "currency_id": default_id, "currency_code": spec.currency, "currency_exchange_rate": "1.0000000000",
        "default_currency_id": default_id, "default_currency_code": spec.currency,
        "store_default_currency_code": spec.store_currency,
        "store_default_to_transactional_exchange_rate": f"{spec.exchange_rate:.10f}",
        "is_tax_inclusive_pricing": spec.tax_inclusive,
        "_tax_rate": f"{spec.tax_rate:.4f}",
    }  # fmt: skip


def _address(spec: OrderSpec, order: Wire, address_id: int, ship: Split) -> Wire:
    return {
        **{key: spec.person.get(key, "") for key in ADDRESS_KEYS},
        "id": address_id,
        "items_total": order["items_total"],
        "items_shipped": order["items_shipped"],
        "base_cost": v2_money(spec.shipping),
        "cost_ex_tax": v2_money(ship.ex), "cost_inc_tax": v2_money(ship.inc), "cost_tax": v2_money(ship.tax),
        "shipping_zone_name": spec.person.get("country", ""),
    }  # fmt: skip


def _shipment(shipment: ShipmentSpec, lines: list[Wire], address_id: int, ids: Ids) -> Wire:
    ids.shipment += 1
    return {
        "id": ids.shipment - 1,
        "order_address_id": address_id,
        "date_created": int(shipment.at.timestamp()),
        "tracking_number": shipment.tracking_number,
        "shipping_provider_display_name": shipment.carrier,
        "items": [
            {"order_product_id": lines[i]["id"], "product_id": lines[i]["product_id"], "quantity": quantity}
            for i, quantity in shipment.parts
        ],
    }


def _coupons(spec: OrderSpec, ids: Ids) -> list[Wire]:
    amount = sum((line.coupon for line in spec.lines), ZERO)
    if not amount:
        return []
    ids.coupon += 1
    return [{"id": ids.coupon - 1, "coupon_id": 1, "order_id": spec.id, "code": spec.coupon_code,
             "amount": v2_money(amount), "type": 2, "discount": float(amount)}]  # fmt: skip


def _refunds(spec: OrderSpec, lines: list[Wire], ship: Split, address_id: int, ids: Ids) -> list[Wire]:
    done = [0] * len(lines)
    found = []
    for refund in spec.refunds:
        found.append(_refund(spec, refund, lines, done, ship, address_id, ids))
        for index, quantity in refund.parts:
            done[index] += quantity
    return found


def _refund(
    spec: OrderSpec, refund: RefundSpec, lines: list[Wire], done: list[int], ship: Split, address_id: int, ids: Ids
) -> Wire:
    items, total, tax = [], ZERO, ZERO
    for i, taken in refund.parts:
        line = lines[i]
        amount = share(Decimal(line["discounted_total_inc_tax"]), line["quantity"], done[i], taken)
        total += amount
        tax += share(Decimal(line["_paid_tax"]), line["quantity"], done[i], taken)
        items.append({"item_type": "PRODUCT", "item_id": line["id"], "quantity": taken, "reason": refund.reason,
                      "adjustments": [], "requested_amount": v2_money(amount)})  # fmt: skip
    if refund.shipping and ship.inc:
        total, tax = total + ship.inc, tax + ship.tax
        items.append({"item_type": "SHIPPING", "item_id": address_id, "reason": refund.reason, "adjustments": [],
                      "requested_amount": v2_money(ship.inc)})  # fmt: skip
    ids.refund += 1
    refund_id = ids.refund - 1
    payment = {"id": refund_id, "provider_id": spec.provider_id, "amount": v2_money(total), "offline": False,
               "is_declined": False, "declined_message": "", "transaction_id": f"sim-refund-{refund_id}"}  # fmt: skip
    return {
        "id": refund_id,
        "order_id": spec.id,
        "user_id": 1,
        "created": int(refund.at.timestamp()),
        "reason": refund.reason,
        "total_amount": v2_money(total),
        "total_tax": v2_money(tax),
        "uses_merchant_override_values": False,
        "items": items,
        "payments": [payment],
    }


def _transactions(spec: OrderSpec, order: Wire, ids: Ids) -> list[Wire]:
    if spec.status_id in (0, 5, 6, 7):
        return []
    at = order["date_created"]
    found = [("purchase", order["total_inc_tax"], at)]
    found += [("refund", refund["total_amount"], refund["created"]) for refund in order["refunds"]]
    first = ids.transaction
    ids.transaction += len(found)
    return [
        {
            "id": first + n,
            "order_id": str(spec.id),
            "event": event,
            "method": "credit_card",
            "amount": v2_money(Decimal(amount)),
            "currency": spec.currency,
            "gateway": spec.provider_id,
            "gateway_transaction_id": f"sim-{first + n}",
            "status": "ok",
            "test": True,
            "fraud_review": False,
            "reference_transaction_id": None if n == 0 else first,
            "date_created": moment,
        }
        for n, (event, amount, moment) in enumerate(found)
    ]
