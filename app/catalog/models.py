"""Products, categories, customers and their groups, as far as somebody asked for them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Amount, Base, Json, StoreRow


class Product(StoreRow, Base):
    """A product of the store, fetched when an order line first needed it."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("store_id", "bc_product_id"),)

    bc_product_id: Mapped[int]
    name: Mapped[str]
    sku: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="physical")
    bc_category_ids: Mapped[Json] = mapped_column(default=list)
    custom_fields: Mapped[Json] = mapped_column(default=list, server_default="[]")
    """[[name, value], ...]"""
    price: Mapped[Amount] = mapped_column(default=Decimal(0), server_default="0")
    """In the store's currency, today: what a bundle's parts are weighed by."""
    image_url: Mapped[str] = mapped_column(default="")
    is_gone: Mapped[bool] = mapped_column(default=False)
    """The store no longer has it."""
    fetched_at: Mapped[datetime]


class Category(StoreRow, Base):
    """A category of the store's trees."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("store_id", "bc_category_id"),)

    bc_category_id: Mapped[int]
    bc_parent_id: Mapped[int] = mapped_column(default=0)
    name: Mapped[str]
    fetched_at: Mapped[datetime]


class CustomerGroup(StoreRow, Base):
    """A group of the store's customers."""

    __tablename__ = "customer_groups"
    __table_args__ = (UniqueConstraint("store_id", "bc_group_id"),)

    bc_group_id: Mapped[int]
    name: Mapped[str]
    fetched_at: Mapped[datetime]


class Customer(StoreRow, Base):
    """Which group a customer is in; nothing else of them."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("store_id", "bc_customer_id"),)

    bc_customer_id: Mapped[int]
    bc_group_id: Mapped[int] = mapped_column(default=0)
    """0: in none, or a customer the store no longer has."""
    fetched_at: Mapped[datetime]
