"""What the products of an order were: kept with its lines as soon as it is known, from our copy of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ..catalog.models import Category, Product
from ..catalog.products import ROOT, categories_of
from ..extensions import db
from ..orders.models import Order, OrderLine


@dataclass(frozen=True)
class ProductFacts:
    categories: frozenset[int]
    """With everything above them."""
    custom_fields: tuple[tuple[str, str], ...]
    price: Decimal
    """In the store's currency."""

    def to_json(self) -> dict[str, Any]:
        return {
            "categories": sorted(self.categories),
            "custom_fields": [list(field) for field in self.custom_fields],
            "price": f"{self.price:f}",
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ProductFacts":
        return cls(
            frozenset(kept["categories"]),
            tuple((name, value) for name, value in kept["custom_fields"]),
            Decimal(kept["price"]),
        )


# What the merchant wrote into an order by hand is no product of the catalogue.
_BY_HAND = ProductFacts(frozenset(), (), Decimal(0))


def products_of(order: Order) -> dict[int, ProductFacts | None]:
    """Per order line what its product was when first known; None while the store has not told us."""
    now = _now_of({line.bc_product_id for line in order.lines if line.bc_product_id and not line.product_then})
    return {line.id: _then(line) or now.get(line.bc_product_id) for line in order.lines}


def keep_products(order: Order) -> None:
    """Write down with its lines what their products are now, unless something was written down before."""
    for line_id, facts in products_of(order).items():
        line = next(one for one in order.lines if one.id == line_id)
        if line.bc_product_id and not line.product_then and facts is not None:
            line.product_then = facts.to_json()


def _then(line: OrderLine) -> ProductFacts | None:
    if not line.bc_product_id:
        return _BY_HAND
    return ProductFacts.from_json(line.product_then) if line.product_then else None


def _now_of(bc_product_ids: set[int]) -> dict[int, ProductFacts]:
    """Those the store has told us about, by BigCommerce's number."""
    if not bc_product_ids:
        return {}
    if db.session.scalar(select(Category.id).where(Category.bc_category_id == ROOT)) is None:
        return {}
    query = select(Product).where(Product.bc_product_id.in_(bc_product_ids))
    return {
        product.bc_product_id: ProductFacts(
            categories_of(product.bc_product_id),
            tuple((name, value) for name, value in product.custom_fields),
            product.price,
        )
        for product in db.session.scalars(query.execution_options(populate_existing=True))
        # Of a product that was gone before we asked nothing is known.
        if product.bc_category_ids or not product.is_gone
    }
