"""What the store says about an order. Amounts are exact decimals in the order's transactional `currency`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..wire import Row, Unreadable, amount, integer, moment, rows, some_id, some_moment, text


@dataclass(frozen=True)
class Address:
    """A postal address with its person; every field may be "". `country_code`: ISO 3166-1 alpha-2."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street_1: str = ""
    street_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    country_code: str = ""
    phone: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def to_json(self) -> dict[str, str]:
        """For a column: {name, company, street_1, street_2, city, state, zip, country, country_iso2}."""
        plain = {part: getattr(self, part) for part in ("name", "company", "street_1", "street_2", "city", "state")}
        return {**plain, "zip": self.postal_code, "country": self.country, "country_iso2": self.country_code}

    @classmethod
    def from_wire(cls, row: Row) -> "Address":
        plain = ("first_name", "last_name", "company", "street_1", "street_2", "city", "state", "country", "phone")
        return cls(
            **{name: text(row, name) for name in plain},
            postal_code=text(row, "zip"),
            country_code=text(row, "country_iso2"),
            email=text(row, "email"),
        )


@dataclass(frozen=True)
class Discount:
    """One discount on a line. `target`: "order" or "product"."""

    id: str
    amount: Decimal
    name: str
    code: str
    target: str

    @classmethod
    def from_wire(cls, row: Row) -> "Discount":
        words = {name: text(row, name) for name in ("id", "name", "code", "target")}
        return cls(amount=amount(row, "amount"), **words)


@dataclass(frozen=True)
class LineSnapshot:
    """One line of an order. `bc_line_id` is the item id of a refund; `order_address_id` that of its shipping.

    `type`: physical, digital or giftcertificate. `discounted_total_inc_tax`: what the shopper paid for the line after
    all discounts. `parent_bc_line_id`: the bundle this line is a part of (then it costs nothing of its own).
    Where there is no product (a custom line), variant or address, their ids are 0.
    """

    bc_line_id: int
    product_id: int
    variant_id: int
    name: str
    sku: str
    type: str
    quantity: int
    quantity_shipped: int
    quantity_refunded: int
    price_inc_tax: Decimal
    price_ex_tax: Decimal
    base_price: Decimal
    total_inc_tax: Decimal
    total_ex_tax: Decimal
    total_tax: Decimal
    discounted_total_inc_tax: Decimal
    options: tuple[tuple[str, str], ...]
    order_address_id: int
    parent_bc_line_id: int | None
    is_bundled: bool
    brand: str
    weight: Decimal
    applied_discounts: tuple[Discount, ...]
    native_return_id: int | None = None

    @classmethod
    def from_wire(cls, row: Row, consignment_id: int = 0) -> "LineSnapshot":
        """`consignment_id`: the address the line ships to, for a line that does not name it itself.

        Raises Unreadable for a link where a line should be: `include` was not honoured.
        """
        if "id" not in row or "quantity" not in row:
            raise Unreadable("a line item without id or quantity")
        money = ("price_inc_tax", "price_ex_tax", "base_price", "total_inc_tax", "total_ex_tax", "total_tax")
        return cls(
            bc_line_id=int(row["id"]),
            product_id=integer(row, "product_id"),
            variant_id=integer(row, "variant_id"),
            name=text(row, "name"),
            sku=text(row, "sku"),
            type=text(row, "type") or "physical",
            quantity=integer(row, "quantity"),
            quantity_shipped=integer(row, "quantity_shipped"),
            quantity_refunded=integer(row, "quantity_refunded"),
            **{name: amount(row, name) for name in money},
            discounted_total_inc_tax=_paid(row),
            options=tuple(_option(option) for option in rows(row, "product_options")),
            order_address_id=integer(row, "order_address_id") or consignment_id,
            parent_bc_line_id=some_id(row, "parent_order_product_id"),
            is_bundled=bool(row.get("is_bundled_product")),
            brand=text(row, "brand"),
            weight=amount(row, "weight"),
            applied_discounts=tuple(Discount.from_wire(discount) for discount in rows(row, "applied_discounts")),
            native_return_id=some_id(row, "return_id"),
        )


@dataclass(frozen=True)
class OrderSnapshot:
    """An order with its lines, as it was at `modified_at`.

    `currency` is what was paid in, `display_currency` what the shopper saw. `shipped_at` is set only once everything
    is shipped. `shipping`: the first consignment's address, None for an order nothing of which is shipped.
    `customer_id`: 0 for a guest. V2's `refunded_amount` always says 0 and is not here: ask for the refunds.
    """

    bc_order_id: int
    bc_status_id: int
    status: str
    customer_id: int
    channel_id: int
    currency: str
    display_currency: str
    total_inc_tax: Decimal
    total_ex_tax: Decimal
    total_tax: Decimal
    subtotal_inc_tax: Decimal
    subtotal_ex_tax: Decimal
    shipping_cost_inc_tax: Decimal
    shipping_cost_ex_tax: Decimal
    handling_cost_inc_tax: Decimal
    discount_amount: Decimal
    coupon_discount: Decimal
    store_credit_amount: Decimal
    gift_certificate_amount: Decimal
    is_tax_inclusive: bool
    ordered_at: datetime
    modified_at: datetime
    shipped_at: datetime | None
    payment_method: str
    payment_status: str
    items_total: int
    items_shipped: int
    is_deleted: bool
    order_is_digital: bool
    staff_notes: str
    customer_message: str
    customer_locale: str
    external_source: str
    external_order_id: str
    billing: Address
    shipping: Address | None
    lines: tuple[LineSnapshot, ...] = field(default=())

    @classmethod
    def from_wire(cls, row: Row) -> "OrderSnapshot":
        """Raises Unreadable for an order without its consignments: a copy without lines must not look complete."""
        consignments = row.get("consignments")
        if not isinstance(consignments, dict) or "url" in consignments:
            raise Unreadable("the order came without its consignments")
        shipping = rows(consignments, "shipping")
        ordered_at = moment(row["date_created"])
        currency = text(row, "default_currency_code") or text(row, "currency_code")
        return cls(
            bc_order_id=int(row["id"]),
            bc_status_id=int(row["status_id"]),
            customer_id=integer(row, "customer_id"),
            channel_id=integer(row, "channel_id") or 1,
            currency=currency,
            display_currency=text(row, "currency_code") or currency,
            is_tax_inclusive=bool(row.get("is_tax_inclusive_pricing")),
            ordered_at=ordered_at,
            modified_at=some_moment(row, "date_modified") or ordered_at,
            shipped_at=some_moment(row, "date_shipped"),
            items_total=integer(row, "items_total"),
            items_shipped=integer(row, "items_shipped"),
            is_deleted=bool(row.get("is_deleted")),
            order_is_digital=bool(row.get("order_is_digital")),
            billing=Address.from_wire(row.get("billing_address") or {}),
            shipping=Address.from_wire(shipping[0]) if shipping else None,
            lines=tuple(sorted(_lines(consignments), key=lambda line: line.bc_line_id)),
            **_amounts(row),
            **_words(row),
        )


@dataclass(frozen=True)
class ShipmentSnapshot:
    """A parcel the store sent out. `items`: (bc_line_id, quantity). There is no delivered date in BigCommerce."""

    id: int
    bc_order_id: int
    order_address_id: int
    created_at: datetime
    tracking_number: str
    tracking_carrier: str
    tracking_link: str
    shipping_method: str
    shipping_provider: str
    comments: str
    items: tuple[tuple[int, int], ...]

    @classmethod
    def from_wire(cls, row: Row) -> "ShipmentSnapshot":
        words = ("tracking_number", "tracking_carrier", "shipping_method", "shipping_provider", "comments")
        return cls(
            id=int(row["id"]),
            bc_order_id=int(row["order_id"]),
            order_address_id=integer(row, "order_address_id"),
            created_at=moment(row["date_created"]),
            tracking_link=text(row, "tracking_link") or text(row, "generated_tracking_link"),
            items=tuple((int(item["order_product_id"]), integer(item, "quantity")) for item in rows(row, "items")),
            **{name: text(row, name) for name in words},
        )


@dataclass(frozen=True)
class OrderCount:
    """How many orders there are, archived ones apart; `by_status`: status id -> number."""

    total: int
    by_status: dict[int, int]

    @classmethod
    def from_wire(cls, row: Row) -> "OrderCount":
        by_status = {int(status["id"]): integer(status, "count") for status in rows(row, "statuses")}
        return cls(total=int(row["count"]), by_status=by_status)


def _amounts(row: Row) -> dict[str, Any]:
    names = (
        "total_inc_tax",
        "total_ex_tax",
        "total_tax",
        "subtotal_inc_tax",
        "subtotal_ex_tax",
        "shipping_cost_inc_tax",
        "shipping_cost_ex_tax",
        "handling_cost_inc_tax",
        "discount_amount",
        "coupon_discount",
        "store_credit_amount",
        "gift_certificate_amount",
    )
    return {name: amount(row, name) for name in names}


def _words(row: Row) -> dict[str, Any]:
    names = (
        "status",
        "payment_method",
        "payment_status",
        "staff_notes",
        "customer_message",
        "customer_locale",
        "external_source",
        "external_order_id",
    )
    return {name: text(row, name) for name in names}


def _lines(consignments: Row) -> Iterator[LineSnapshot]:
    """The lines of every kind of consignment: shipped, picked up, downloaded, mailed."""
    for consignment in rows(consignments, "shipping"):
        for item in rows(consignment, "line_items"):
            yield LineSnapshot.from_wire(item, integer(consignment, "id"))
    mailed = rows(consignments.get("email") or {}, "gift_certificates")
    for consignment in rows(consignments, "pickups") + rows(consignments, "downloads") + mailed:
        for item in rows(consignment, "line_items"):
            yield LineSnapshot.from_wire(item)


def _paid(row: Row) -> Decimal:
    """What was paid for the line; older orders lack the field, then the total less the discounts we are told of."""
    if row.get("discounted_total_inc_tax") not in (None, ""):
        return amount(row, "discounted_total_inc_tax")
    discounts = sum((amount(discount, "amount") for discount in rows(row, "applied_discounts")), Decimal(0))
    return max(Decimal(0), amount(row, "total_inc_tax") - discounts)


def _option(row: Row) -> tuple[str, str]:
    name = text(row, "display_name_customer") or text(row, "display_name") or text(row, "name")
    return name, text(row, "display_value_customer") or text(row, "display_value") or text(row, "value")
