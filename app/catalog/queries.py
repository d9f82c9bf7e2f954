"""What pages show of the catalogue."""

from collections.abc import Iterable

from sqlalchemy import select

from ..extensions import db
from .models import Category, Product
from .products import ROOT


def list_categories() -> list[Category]:
    """Every category we know, by name."""
    query = select(Category).where(Category.bc_category_id != ROOT).order_by(Category.name, Category.bc_category_id)
    return list(db.session.scalars(query))


def image_urls(bc_product_ids: Iterable[int]) -> dict[int, str]:
    """Small pictures of those products that have one."""
    query = select(Product.bc_product_id, Product.image_url).where(
        Product.bc_product_id.in_(set(bc_product_ids)), Product.image_url != ""
    )
    return {row.bc_product_id: row.image_url for row in db.session.execute(query)}
