"""Documents as the V2 API shows them: strings for money, RFC 2822 dates in UTC, links to sub-resources."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from sandbox.defaults import ADDRESS, LINE, ORDER, SHIPPING_ADDRESS, STATUS_NAMES

Doc = dict[str, Any]
_NOT_SHOWN = frozenset({"products", "shipping_addresses", "shipments", "coupons", "fees", "taxes", "messages"})


def public(doc: Doc) -> Doc:
    """The document without the keys that begin with an underscore: those are for the store's own arithmetic."""
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def rfc2822(unix: int) -> str:
    """A V2 date; an unset one is the empty string."""
    return format_datetime(datetime.fromtimestamp(unix, UTC)) if unix else ""


def iso(unix: float) -> str:
    """A V3 date."""
    return datetime.fromtimestamp(int(unix), UTC).isoformat().replace("+00:00", "Z")


def parse_moment(raw: str) -> float:
    """Unix seconds of an RFC 2822 or ISO 8601 date or moment, UTC where it says nothing. Raises ValueError."""
    # A plus sign that was not encoded arrives as a space; the service forgives it.
    try:
        moment = datetime.fromisoformat(raw.strip().replace(" ", "+") if "T" in raw else raw.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(raw)
        except (TypeError, IndexError) as broken:
            raise ValueError(raw) from broken
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def order_wire(order: Doc, base: str, *, consignments: bool = False, fees: bool = False) -> Doc:
    """The order as `GET /v2/orders` shows it. `base` is the store's API root, for links."""
    shown = {**ORDER, **{key: value for key, value in public(order).items() if key not in _NOT_SHOWN}}
    here = f"/orders/{order['id']}"
    shown["status"] = STATUS_NAMES[shown["status_id"]]
    shown["custom_status"] = shown["custom_status"] or shown["status"]
    for key in ("date_created", "date_modified", "date_shipped"):
        shown[key] = rfc2822(shown[key])
    shown["billing_address"] = {**ADDRESS, "form_fields": [], **order.get("billing_address", {})}
    shown.setdefault("default_currency_code", shown.get("currency_code", "USD"))
    shown.setdefault("store_default_currency_code", shown["default_currency_code"])
    for part, path in (("products", "products"), ("shipping_addresses", "shippingaddresses"), ("coupons", "coupons")):
        shown[part] = {"url": f"{base}/v2{here}/{path}", "resource": f"{here}/{path}"}
    shown["fees"] = order.get("fees", []) if fees else {"url": f"{base}/v2{here}/fees", "resource": f"{here}/fees"}
    if consignments:
        shown["consignments"] = consignments_wire(order, base)
    else:
        shown["consignments"] = {"url": f"{base}/v2{here}/consignments", "resource": f"{here}/consignments"}
    return shown


def line_wire(order: Doc, line: Doc) -> Doc:
    """A line as `GET /v2/orders/{id}/products` shows it."""
    shown = {**LINE, **public(line), "order_id": order["id"]}
    addresses = order.get("shipping_addresses") or [{"id": 0}]
    shown.setdefault("order_address_id", 0 if shown["type"] == "digital" else addresses[0]["id"])
    for key in ("name_customer", "name_merchant"):
        shown.setdefault(key, shown["name"])
    shown.setdefault("discounted_total_inc_tax", shown["total_inc_tax"])
    for key in ("applied_discounts", "product_options", "configurable_fields"):
        shown.setdefault(key, [])
    return shown


def address_wire(order: Doc, address: Doc, base: str) -> Doc:
    """A shipping address as `GET /v2/orders/{id}/shipping_addresses` shows it."""
    path = f"/orders/{order['id']}/shippingaddresses/{address['id']}/shipping_quotes"
    return {
        **SHIPPING_ADDRESS,
        **public(address),
        "order_id": order["id"],
        "shipping_quotes": {"url": f"{base}/v2{path}", "resource": path},
    }


def shipment_wire(order: Doc, shipment: Doc) -> Doc:
    """A shipment as `GET /v2/orders/{id}/shipments` shows it. There is no delivered date."""
    addresses = {address["id"]: address for address in order.get("shipping_addresses", [])}
    target = addresses.get(shipment["order_address_id"], {})
    return {
        "id": shipment["id"],
        "order_id": order["id"],
        "customer_id": order.get("customer_id", 0),
        "order_address_id": shipment["order_address_id"],
        "date_created": rfc2822(shipment["date_created"]),
        "tracking_number": shipment.get("tracking_number", ""),
        "merchant_shipping_cost": "0.0000",
        "shipping_method": shipment.get("shipping_method", "Flat Rate"),
        "shipping_provider": shipment.get("shipping_provider", ""),
        "shipping_provider_display_name": shipment.get("shipping_provider_display_name", ""),
        "tracking_carrier": shipment.get("tracking_carrier", ""),
        "tracking_link": shipment.get("tracking_link", ""),
        "generated_tracking_link": shipment.get("generated_tracking_link", ""),
        "comments": shipment.get("comments", ""),
        "billing_address": {**ADDRESS, **order.get("billing_address", {})},
        "shipping_address": {key: target.get(key, "") for key in ADDRESS},
        "items": shipment["items"],
    }


def consignments_wire(order: Doc, base: str) -> Doc:
    """The consignments in their object structure, lines included."""
    lines = [line_wire(order, line) for line in order.get("products", [])]
    shipping = []
    for address in order.get("shipping_addresses", []):
        shown = address_wire(order, address, base)
        for key in ("base_cost", "cost_ex_tax", "cost_inc_tax", "cost_tax", "base_handling_cost"):
            shown[key] = float(shown[key])
        for key in ("handling_cost_ex_tax", "handling_cost_inc_tax", "handling_cost_tax"):
            shown[key] = float(shown[key])
        shown["line_items"] = [
            line for line in lines if line["type"] == "physical" and line["order_address_id"] == address["id"]
        ]
        shipping.append(shown)
    email = order.get("billing_address", {}).get("email", "")
    digital = [line for line in lines if line["type"] == "digital"]
    certificates = [line for line in lines if line["type"] == "giftcertificate"]
    return {
        "pickups": [],
        "shipping": shipping,
        "downloads": [{"recipient_email": email, "line_items": digital}] if digital else [],
        "email": {
            "gift_certificates": [{"recipient_email": email, "line_items": certificates}] if certificates else []
        },
    }
