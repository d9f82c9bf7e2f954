"""The little of the catalogue and its customers that rules and pages name."""

from dataclasses import dataclass
from decimal import Decimal

from ..wire import Row, Unreadable, amount, integer, rows, some_id, text


@dataclass(frozen=True)
class Product:
    """A product today; what it was when it was ordered is on the order line. `type`: physical or digital.

    `price`, `cost_price` in the store's currency; `weight` in its unit. `inventory_tracking`: none, product or variant.
    """

    id: int
    name: str
    type: str
    sku: str
    price: Decimal
    cost_price: Decimal
    weight: Decimal
    category_ids: tuple[int, ...]
    brand_id: int | None
    is_visible: bool
    inventory_tracking: str
    image_url: str
    custom_fields: tuple[tuple[str, str], ...]

    @classmethod
    def from_wire(cls, row: Row) -> "Product":
        return cls(
            id=int(row["id"]),
            name=text(row, "name"),
            type=text(row, "type") or "physical",
            sku=text(row, "sku"),
            price=amount(row, "price"),
            cost_price=amount(row, "cost_price"),
            weight=amount(row, "weight"),
            category_ids=tuple(int(category) for category in row.get("categories") or []),
            brand_id=some_id(row, "brand_id"),
            is_visible=bool(row.get("is_visible", True)),
            inventory_tracking=text(row, "inventory_tracking") or "none",
            image_url=_image(rows(row, "images")),
            custom_fields=tuple((text(field, "name"), text(field, "value")) for field in rows(row, "custom_fields")),
        )


@dataclass(frozen=True)
class Category:
    """A category of one of the store's trees. `parent_id`: None at the top."""

    id: int
    parent_id: int | None
    tree_id: int | None
    name: str
    is_visible: bool
    path: str

    @classmethod
    def from_wire(cls, row: Row) -> "Category":
        return cls(
            id=int(row["category_id"]),
            parent_id=some_id(row, "parent_id"),
            tree_id=some_id(row, "tree_id"),
            name=text(row, "name"),
            is_visible=bool(row.get("is_visible", True)),
            path=text(row.get("url") or {}, "path"),
        )


@dataclass(frozen=True)
class CustomerGroup:
    """A group of customers."""

    id: int
    name: str
    is_default: bool
    is_for_guests: bool

    @classmethod
    def from_wire(cls, row: Row) -> "CustomerGroup":
        return cls(int(row["id"]), text(row, "name"), bool(row.get("is_default")), bool(row.get("is_group_for_guests")))


@dataclass(frozen=True)
class Customer:
    """A customer. The same address may be two customers, on two channels. `group_id`: None without one.

    `store_credit`: what they have left, in the store's currency.
    """

    id: int
    email: str
    first_name: str
    last_name: str
    company: str
    phone: str
    group_id: int | None
    store_credit: Decimal
    origin_channel_id: int | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @classmethod
    def from_wire(cls, row: Row) -> "Customer":
        words = {name: text(row, name) for name in ("email", "first_name", "last_name", "company", "phone")}
        credit = sum((amount(part, "amount") for part in rows(row, "store_credit_amounts")), Decimal(0))
        return cls(
            id=int(row["id"]),
            group_id=some_id(row, "customer_group_id"),
            store_credit=credit,
            origin_channel_id=some_id(row, "origin_channel_id"),
            **words,
        )


@dataclass(frozen=True)
class InventorySettings:
    """Whether the store moves stock by itself. `adjusts_on_refund`: a full refund or a cancellation restocks."""

    adjusts_on_refund: bool
    adjusts_on_edit: bool
    updates_stock: str

    @classmethod
    def from_wire(cls, row: Row) -> "InventorySettings":
        if not isinstance(row["refund_order_stock_adjustment"], bool):
            raise Unreadable("refund_order_stock_adjustment is not a flag")
        return cls(
            adjusts_on_refund=row["refund_order_stock_adjustment"],
            adjusts_on_edit=bool(row.get("edit_order_stock_adjustment")),
            updates_stock=text(row, "update_stock_behavior"),
        )


@dataclass(frozen=True)
class Location:
    """Where stock lies. `is_external`: another system counts it there; never adjust it."""

    id: int
    code: str
    label: str
    type: str
    is_enabled: bool
    is_external: bool

    @classmethod
    def from_wire(cls, row: Row) -> "Location":
        return cls(
            id=int(row["id"]),
            code=text(row, "code"),
            label=text(row, "label"),
            type=text(row, "type_id"),
            is_enabled=bool(row.get("enabled", True)),
            is_external=bool(row.get("managed_by_external_source")),
        )


@dataclass(frozen=True)
class StockChange:
    """`quantity` more (or fewer) at a location, of a variant or of a product without variants: one of the two."""

    location_id: int
    quantity: int
    variant_id: int | None = None
    product_id: int | None = None

    def to_wire(self) -> dict[str, int]:
        thing = {"variant_id": self.variant_id} if self.variant_id else {"product_id": self.product_id}
        ((name, value),) = thing.items()
        if value is None:
            raise ValueError("a stock change of nothing")
        return {"location_id": self.location_id, name: value, "quantity": self.quantity}


def _image(images: list[Row]) -> str:
    """The address of the picture shown in lists: the thumbnail if one is marked, else the first."""
    ordered = sorted(images, key=lambda image: (not image.get("is_thumbnail"), integer(image, "sort_order")))
    return text(ordered[0], "url_thumbnail") or text(ordered[0], "url_standard") if ordered else ""
