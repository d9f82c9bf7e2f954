"""Products as far as somebody asked for them, and the trees of categories they hang in."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from ..bc_client import BigCommerce
from ..bc_client.types.catalog import Category as StoreCategory
from ..bc_client.types.catalog import Product as StoreProduct
from ..extensions import current_store_id, db
from ..lib import clock
from .models import Category, Product

HOOK_SCOPES = (
    "store/product/updated",
    "store/product/deleted",
    "store/category/created",
    "store/category/updated",
    "store/category/deleted",
)
"""What tells us that our copy is no longer right."""
FRESH_FOR = timedelta(hours=24)
ROOT = 0
"""The parent of every top category. Its own row says when the trees were read."""
_STALE = datetime(1970, 1, 1, tzinfo=UTC)
# UNION, not UNION ALL: a tree that bites its own tail still ends.
_WITH_ANCESTORS = text(
    "WITH RECURSIVE up AS (SELECT jsonb_array_elements_text(bc_category_ids)::bigint AS id FROM products"
    " WHERE bc_product_id = :bc_product_id"
    " UNION SELECT c.bc_parent_id FROM categories c JOIN up ON c.bc_category_id = up.id WHERE c.bc_parent_id <> 0)"
    " SELECT id FROM up"
)


def ensure_products(client: BigCommerce, bc_product_ids: Iterable[int]) -> None:
    """Have these products and every category, read within the last day: 250 products to a call. Raises BCError."""
    wanted = {bc_product_id for bc_product_id in bc_product_ids if bc_product_id > 0}
    if not wanted:
        return
    fresh = select(Product.bc_product_id).where(
        Product.bc_product_id.in_(wanted), Product.fetched_at > clock.now() - FRESH_FOR
    )
    missing = sorted(wanted - set(db.session.scalars(fresh)))
    if missing:
        _save_products(missing, client.list_products(missing))
    ensure_categories(client)


def ensure_categories(client: BigCommerce) -> None:
    """Have the trees of categories, read within the last day. Raises BCError."""
    read_at = db.session.scalar(select(Category.fetched_at).where(Category.bc_category_id == ROOT))
    if read_at is None or read_at <= clock.now() - FRESH_FOR:
        _save_categories(client.list_categories())


def categories_of(bc_product_id: int) -> frozenset[int]:
    """The product's categories and everything above them; none while we do not know the product."""
    return frozenset(db.session.scalars(_WITH_ANCESTORS, {"bc_product_id": bc_product_id}))


def image_url(bc_product_id: int) -> str | None:
    """A small picture of the product, if we know of one."""
    found = db.session.scalar(select(Product.image_url).where(Product.bc_product_id == bc_product_id))
    return found or None


def forget_product(bc_product_id: int) -> None:
    """The store changed it: it is read again when next needed. One we never had stays unknown."""
    db.session.execute(update(Product).where(Product.bc_product_id == bc_product_id).values(fetched_at=_STALE))


def forget_categories() -> None:
    """The store changed its trees: they are read again when next needed."""
    db.session.execute(update(Category).where(Category.bc_category_id == ROOT).values(fetched_at=_STALE))


def _save_products(asked: Iterable[int], found: Iterable[StoreProduct]) -> None:
    there = {product.id: product for product in found}
    store_id, now = current_store_id(), clock.now()
    gone = [bc_product_id for bc_product_id in asked if bc_product_id not in there]
    rows = [
        {
            "store_id": store_id,
            "bc_product_id": product.id,
            "name": product.name,
            "sku": product.sku,
            "kind": product.type,
            "bc_category_ids": list(product.category_ids),
            "custom_fields": [list(field) for field in product.custom_fields],
            "price": product.price,
            "image_url": product.image_url,
            "is_gone": False,
            "fetched_at": now,
        }
        for product in sorted(there.values(), key=lambda product: product.id)
    ]
    if rows:
        _upsert_products(rows, [name for name in rows[0] if name not in ("store_id", "bc_product_id")])
    if gone:
        # What it was called and where it hung stays: orders still name it.
        blank = {"store_id": store_id, "name": "", "is_gone": True, "fetched_at": now}
        _upsert_products([{**blank, "bc_product_id": one} for one in gone], ["is_gone", "fetched_at"])


def _upsert_products(rows: list[dict[str, Any]], changing: Sequence[str]) -> None:
    statement = insert(Product).values(rows)
    changes = {name: statement.excluded[name] for name in changing}
    db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "bc_product_id"], set_=changes))


def _save_categories(found: Iterable[StoreCategory]) -> None:
    store_id, now = current_store_id(), clock.now()
    rows = [{"store_id": store_id, "bc_category_id": ROOT, "bc_parent_id": ROOT, "name": "", "fetched_at": now}]
    rows += [
        {
            "store_id": store_id,
            "bc_category_id": category.id,
            "bc_parent_id": category.parent_id or ROOT,
            "name": category.name,
            "fetched_at": now,
        }
        for category in {category.id: category for category in found}.values()
    ]
    # Big shops have thousands: never more parameters than one statement takes.
    for start in range(0, len(rows), 1000):
        statement = insert(Category).values(rows[start : start + 1000])
        changes = {name: statement.excluded[name] for name in ("bc_parent_id", "name", "fetched_at")}
        db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "bc_category_id"], set_=changes))
    db.session.query(Category).filter(Category.fetched_at < now).delete(synchronize_session=False)
    db.session.expire_all()
