"""Whole orders from a few words: what a shopper's checkout would have computed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.defaults import ADDRESS, SHIPPING_ADDRESS
from sandbox.money import ZERO, dec, rounded, text
from sandbox.state import Doc, State

GUEST = {
    "first_name": "Demo",
    "last_name": "Shopper",
    "street_1": "1 Example Street",
    "city": "Sampletown",
    "state": "New York",
    "zip": "10001",
    "country": "United States",
    "country_iso2": "US",
    "email": "shopper@shop.example",
}


def new_order(state: State, store: str, spec: Doc) -> Doc:
    """An order document (no ids yet) from a spec; everything is optional but the lines.

    {lines: [{product_id, variant_id, quantity, price (of a unit, with tax if tax_inclusive), name, sku, type,
    discount (of the line)}],
    customer_id, email, status_id, shipping, tax_rate ("0.20"), tax_inclusive, currency_code, channel_id, date_created,
    payment_method, store_credit_amount, billing_address, shipping_addresses, staff_notes, external_order_id}.
    Raises KeyError, ValueError for what makes no sense.
    """
    currency = spec.get("currency_code") or spec.get("default_currency_code") or state.store(store)["currency"]
    rate, inclusive = dec(spec.get("tax_rate")), bool(spec.get("tax_inclusive", spec.get("is_tax_inclusive_pricing")))
    address = _billing(state, store, spec)
    lines = [_line(state, store, line, rate, inclusive, currency) for line in spec["lines"]]
    if not lines:
        raise ValueError("an order needs lines")
    shipping_inc, shipping_tax = _with_tax(dec(spec.get("shipping")), rate, inclusive, currency)
    order: Doc = {
        "customer_id": int(spec.get("customer_id") or 0),
        "status_id": int(spec.get("status_id", 11)),
        "currency_code": currency,
        "default_currency_code": currency,
        "store_default_currency_code": state.store(store)["currency"],
        "channel_id": int(spec.get("channel_id") or 1),
        "is_tax_inclusive_pricing": inclusive,
        "billing_address": {**ADDRESS, **address, "form_fields": []},
        "products": lines,
        "items_total": sum(line["quantity"] for line in lines),
        "order_is_digital": all(line["type"] == "digital" for line in lines),
    }
    for name in ("payment_method", "staff_notes", "customer_message", "external_order_id", "external_source"):
        if spec.get(name):
            order[name] = spec[name]
    for name in ("date_created", "date_modified", "id"):
        if spec.get(name):
            order[name] = int(spec[name])
    if spec.get("store_credit_amount"):
        order["store_credit_amount"] = text(spec["store_credit_amount"])
    order["shipping_addresses"] = [] if order["order_is_digital"] else [_shipping(spec, address, order)]
    _sums(order, shipping_inc, shipping_tax)
    return order


def _billing(state: State, store: str, spec: Doc) -> Doc:
    customer: Doc = {}
    if spec.get("customer_id"):
        found = state.find(store, "customer", int(spec["customer_id"])) or {}
        customer = {key: found[key] for key in ("first_name", "last_name", "email") if key in found}
    email = {"email": spec["email"]} if spec.get("email") else {}
    return {**GUEST, **customer, **(spec.get("billing_address") or {}), **email}


def _shipping(spec: Doc, address: Doc, order: Doc) -> Doc:
    given = (spec.get("shipping_addresses") or [{}])[0]
    kept = {key: value for key, value in {**address, **given}.items() if key in ADDRESS}
    return {**SHIPPING_ADDRESS, **kept, "items_total": order["items_total"]}


def _with_tax(amount: Decimal, rate: Decimal, inclusive: bool, currency: str) -> tuple[Decimal, Decimal]:
    """(with tax, tax of it)."""
    if inclusive:
        return amount, amount - rounded(amount / (1 + rate), currency)
    tax = rounded(amount * rate, currency)
    return amount + tax, tax


def _line(state: State, store: str, spec: Doc, rate: Decimal, inclusive: bool, currency: str) -> Doc:
    product = state.find(store, "product", int(spec.get("product_id") or 0)) or {}
    if not product and not spec.get("name"):
        raise ValueError(f"product {spec.get('product_id')} does not exist")
    quantity = int(spec.get("quantity") or 1)
    if quantity < 1:
        raise ValueError("quantity must be positive")
    given = spec.get("price", spec.get("price_inc_tax" if inclusive else "price_ex_tax"))
    price = dec(product.get("price") if given is None else given)
    unit_inc, unit_tax = _with_tax(price, rate, inclusive, currency)
    total_inc, total_tax = _with_tax(price * quantity, rate, inclusive, currency)
    discount = dec(spec.get("discount"))
    paid, _ = _with_tax(price * quantity - discount, rate, inclusive, currency)
    return {
        "product_id": int(product.get("id") or 0),
        "variant_id": int(spec.get("variant_id") or product.get("base_variant_id") or 0),
        "name": spec.get("name") or product["name"],
        "sku": spec.get("sku") or product.get("sku", ""),
        "type": spec.get("type") or product.get("type", "physical"),
        "quantity": quantity,
        "base_price": text(price),
        "base_total": text(price * quantity),
        **_three("price", unit_inc, unit_tax),
        **_three("total", total_inc, total_tax),
        "discounted_total_inc_tax": text(paid),
        "applied_discounts": [_discount(discount)] if discount else [],
    }


def _discount(amount: Decimal) -> Doc:
    return {
        "id": "manual-discount",
        "amount": text(amount),
        "name": "Manual discount",
        "code": None,
        "target": "product",
    }


def _three(name: str, inc: Decimal, tax: Decimal) -> dict[str, Any]:
    return {f"{name}_inc_tax": text(inc), f"{name}_ex_tax": text(inc - tax), f"{name}_tax": text(tax)}


def _sums(order: Doc, shipping_inc: Decimal, shipping_tax: Decimal) -> None:
    paid = tax = full = full_tax = ZERO
    for line in order["products"]:
        line_full, line_tax, line_paid = (
            dec(line[key]) for key in ("total_inc_tax", "total_tax", "discounted_total_inc_tax")
        )
        full, full_tax, paid = full + line_full, full_tax + line_tax, paid + line_paid
        tax += rounded(line_tax * line_paid / line_full, order["default_currency_code"]) if line_full else ZERO
    order.update(_three("subtotal", full, full_tax))
    order.update(_three("shipping_cost", shipping_inc, shipping_tax))
    order.update(_three("total", paid + shipping_inc, tax + shipping_tax))
    order["base_shipping_cost"] = text(shipping_inc - shipping_tax)
    order["discount_amount"] = text(full - paid)
    for address in order["shipping_addresses"]:
        address.update(_three("cost", shipping_inc, shipping_tax))
        address["base_cost"] = text(shipping_inc - shipping_tax)
