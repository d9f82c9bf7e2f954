"""What a policy's check may know of the store and what things are called, from our copy of its catalogue."""

import logging
from collections.abc import Iterable

from sqlalchemy import exists, func, select, union

from ..catalog.customers import ensure_groups
from ..catalog.models import Category, CustomerGroup, Product
from ..catalog.products import ROOT, ensure_categories
from ..extensions import db
from ..lib.errors import RemoteError
from ..orders.models import Order, OrderLine
from ..policies.document import PolicyDocument
from ..policies.findings import Shop
from ..policies.reading import EU, plain_text
from ..policies.wording import Names
from ..stores.client import client_for, guarded
from ..stores.models import Store
from ..stores.queries import settings_of

log = logging.getLogger(__name__)


def learn_names(store: Store) -> None:
    """Have the store's categories and customer groups: a call each, now and then.

    A store that does not answer leaves us with what we have.
    """
    try:
        with guarded(store), client_for(store, urgent=True) as client:
            ensure_categories(client)
            ensure_groups(client)
    except RemoteError as error:
        log.info("what the store has is not known: %s", type(error).__name__)


def shop_of(store: Store, document: PolicyDocument) -> Shop:
    """What is known of the store, as far as `document` names it. Products are those that were ever ordered."""
    named = {fact for fact, _ in document.facts_named()}
    parents = _parents()
    return Shop(
        category_ids=frozenset(parents) if parents is not None else None,
        below=_below(parents or {}),
        used_category_ids=_used(parents) if parents is not None and "product.category" in named else None,
        skus=_texts(OrderLine.sku, Product.sku) if "product.sku" in named else None,
        brands=_texts(OrderLine.brand) if "product.brand" in named else None,
        custom_fields=_custom_fields() if "product.custom_field" in named else None,
        sells_to_eu=_sells_to_eu(),
        has_address=bool(settings_of(store).return_address.strip()),
    )


def names_of_store() -> Names:
    """What the store calls what rules name by number."""
    query = select(Category.bc_category_id, Category.name).where(Category.bc_category_id != ROOT)
    groups = select(CustomerGroup.bc_group_id, CustomerGroup.name)
    return Names(
        categories={row.bc_category_id: row.name for row in db.session.execute(query)},
        groups={row.bc_group_id: row.name for row in db.session.execute(groups)},
    )


def _parents() -> dict[int, int] | None:
    """Parent by category; None while the trees were never read."""
    rows = db.session.execute(select(Category.bc_category_id, Category.bc_parent_id)).all()
    parents = {row.bc_category_id: row.bc_parent_id for row in rows}
    return {one: parent for one, parent in parents.items() if one != ROOT} if ROOT in parents else None


def _below(parents: dict[int, int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for one in parents:
        for above in _above(one, parents):
            found.setdefault(above, set()).add(one)
    return {above: frozenset(ones) for above, ones in found.items()}


def _above(one: int, parents: dict[int, int]) -> Iterable[int]:
    seen = {one}
    while (one := parents.get(one, ROOT)) != ROOT and one not in seen:
        seen.add(one)
        yield one


def _used(parents: dict[int, int]) -> frozenset[int]:
    ids = select(func.jsonb_array_elements_text(Product.bc_category_ids)).where(Product.is_gone.is_(False))
    direct = {int(one) for one in db.session.scalars(ids)}
    return frozenset(direct | {above for one in direct for above in _above(one, parents)})


def _texts(*columns: object) -> frozenset[str]:
    query = union(*(select(column).where(column != "").distinct() for column in columns))  # type: ignore[call-overload]
    return frozenset(plain_text(text) for text in db.session.scalars(query))


def _custom_fields() -> frozenset[str]:
    pairs = db.session.scalars(select(func.jsonb_array_elements(Product.custom_fields)).distinct())
    return frozenset(plain_text(str(pair[0])) for pair in pairs)


def _sells_to_eu() -> bool:
    country = Order.shipping_address["country_iso2"].astext
    return bool(db.session.scalar(select(exists().where(country.in_(EU)))))
