from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog.models import Category, Product
from app.catalog.products import categories_of, ensure_products, forget_categories, forget_product, image_url
from app.catalog.queries import image_urls, list_categories
from app.extensions import as_store
from app.lib import clock
from app.stores.client import client_for
from app.stores.models import Store
from tests import factories
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble


@pytest.fixture
def served(bc: BigCommerceDouble) -> BigCommerceDouble:
    bc.answers("GET", "/v3/catalog/products", recorded("v3/products.json"))
    bc.answers("GET", "/v3/catalog/trees/categories", recorded("v3/categories.json"))
    return bc


def ensure(store: Store, *bc_product_ids: int) -> None:
    with client_for(store) as client:
        ensure_products(client, bc_product_ids)


def test_many_products_and_all_categories_cost_two_calls(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31, 31, 0)
    ensure(store, 31)
    assert len(served.sent()) == 2
    product = db.session.scalar(select(Product))
    assert (product.bc_product_id, product.name, product.is_gone) == (31, "Linen shirt", False)
    assert [category.name for category in list_categories()] == ["Clothing", "Shirts"]


def test_nothing_wanted_asks_nothing(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    ensure(store, 0)
    assert bc.sent() == []


def test_a_product_is_in_everything_above_its_categories(db: Any, store: Store) -> None:
    now = clock.now()
    for number, parent in ((5, 0), (8, 5), (9, 8), (20, 0), (30, 31), (31, 30)):
        db.session.add(
            Category(store_id=store.id, bc_category_id=number, bc_parent_id=parent, name=f"C{number}", fetched_at=now)
        )
    for number, categories in ((1, [9]), (2, [20, 8]), (3, []), (4, [30]), (5, [77])):
        db.session.add(
            Product(store_id=store.id, bc_product_id=number, name="P", bc_category_ids=categories, fetched_at=now)
        )
    db.session.commit()
    assert categories_of(1) == {9, 8, 5}
    assert categories_of(2) == {20, 8, 5}
    assert categories_of(3) == frozenset()
    assert categories_of(4) == {30, 31}
    assert categories_of(5) == {77}
    assert categories_of(999) == frozenset()
    other = factories.a_store(store_hash="xyz")
    with as_store(other.id):
        assert categories_of(1) == frozenset()


def test_a_day_later_they_are_read_again(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31)
    clock.use(lambda: datetime.now(UTC) + timedelta(hours=25))
    ensure(store, 31)
    assert len(served.sent()) == 4


def test_what_a_webhook_called_changed_is_read_again(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31)
    forget_product(31)
    forget_product(999)
    ensure(store, 31)
    assert len(served.sent()) == 3
    forget_categories()
    ensure(store, 31)
    assert len(served.sent()) == 4


def test_a_product_the_store_no_longer_has_keeps_its_name(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31)
    served.forget()
    served.answers("GET", "/v3/catalog/products", {"data": [], "meta": {"pagination": {"total_pages": 1}}})
    forget_product(31)
    ensure(store, 31, 44)
    products = db.session.scalars(select(Product).order_by(Product.bc_product_id)).all()
    assert [(one.bc_product_id, one.name, one.is_gone) for one in products] == [
        (31, "Linen shirt", True),
        (44, "", True),
    ]
    assert categories_of(31) == {5, 8}
    ensure(store, 31, 44)
    assert len(served.sent()) == 1


def test_a_category_the_store_no_longer_has_goes(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31)
    served.forget()
    answer = recorded("v3/categories.json")
    served.answers("GET", "/v3/catalog/trees/categories", {**answer, "data": answer["data"][:1]})
    clock.use(lambda: datetime.now(UTC) + timedelta(minutes=1))
    forget_categories()
    ensure(store, 31)
    assert [category.bc_category_id for category in list_categories()] == [5]


def test_pictures_are_those_we_know(db: Any, store: Store, served: BigCommerceDouble) -> None:
    ensure(store, 31)
    known = db.session.scalar(select(Product.image_url))
    assert (image_url(31), image_url(999)) == (known or None, None)
    assert image_urls([31, 999]) == ({31: known} if known else {})
