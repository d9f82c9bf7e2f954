"""Products and categories, as far as somebody asked for them."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Json, StoreRow


class Product(StoreRow, Base):
    """A product of the store, fetched when an order line first needed it."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("store_id", "bc_product_id"),)

    bc_product_id: Mapped[int]
    name: Mapped[str]
    sku: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="physical")
    bc_category_ids: Mapped[Json] = mapped_column(default=list)
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
