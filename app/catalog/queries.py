"""What we know of products and categories, for showing. Nothing here asks the store."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from ..extensions import db
from .models import Category, Product


def image_urls(bc_product_ids: Iterable[int]) -> dict[int, str]:
    """Picture by BigCommerce's product id; products without one, or not known to us, are left out."""
    rows = db.session.execute(
        select(Product.bc_product_id, Product.image_url).where(
            Product.bc_product_id.in_(set(bc_product_ids)), Product.image_url != ""
        )
    )
    return {row.bc_product_id: row.image_url for row in rows}


def list_categories() -> Sequence[Category]:
    """The categories we know, by name."""
    return db.session.scalars(select(Category).order_by(Category.name, Category.bc_category_id)).all()
