"""The policy page of the entered store, from the policy in force and our copy of what its rules name."""

from sqlalchemy import select

from ..catalog.customers import list_groups
from ..catalog.models import Product
from ..catalog.queries import list_categories
from ..extensions import db
from ..lib import clock
from ..stores.models import Store
from ..stores.queries import settings_of
from ..stores.settings import StoreSettings
from .conditions import Compare, In, leaves
from .document import PolicyDocument
from .from_settings import document_of
from .page import PolicyPage, Shop, page_of
from .versions import find_published, read_document
from .window import day_of

_BUILT_IN_PACKING = StoreSettings.model_fields["instructions"].default


def policy_in_force(store: Store, channel_id: int | None) -> PolicyDocument:
    """What `versions.current_policy` gives, without publishing anything on the way."""
    published = find_published(channel_id)
    return read_document(published.document) if published is not None else document_of(settings_of(store))


def policy_page(store: Store, document: PolicyDocument, *, locale: str, portal: str) -> PolicyPage:
    """The page of `document` as it reads today. `portal`: the address where the store's shoppers ask for a return."""
    return page_of(document, _shop(store, document, portal), locale, day_of(clock.now(), store.timezone))


def products_named(document: PolicyDocument) -> frozenset[int]:
    """The products its conditions name, by BigCommerce's number."""
    found: set[int] = set()
    for leaf in (leaf for rule in document.rules for leaf in leaves(rule.when) if leaf.fact == "product.id"):
        found.update(leaf.values if isinstance(leaf, In) else (leaf.value,) if isinstance(leaf, Compare) else ())  # type: ignore[arg-type]
    return frozenset(found)


def _shop(store: Store, document: PolicyDocument, portal: str) -> Shop:
    settings = settings_of(store)
    named = {fact for fact, _ in document.facts_named()}
    categories = list_categories() if "product.category" in named else []
    groups = list_groups() if "shopper.group" in named else []
    return Shop(
        currency=store.currency,
        timezone=store.timezone,
        portal=portal,
        withdrawal=f"{portal}/withdraw" if settings.withdrawal_offered else "",
        return_address=settings.return_address,
        packing=settings.instructions if settings.instructions != _BUILT_IN_PACKING else "",
        categories={category.bc_category_id: category.name for category in categories},
        products=_products(products_named(document)),
        groups={group.bc_group_id: group.name for group in groups},
    )


def _products(bc_product_ids: frozenset[int]) -> dict[int, str]:
    if not bc_product_ids:
        return {}
    query = select(Product.bc_product_id, Product.name).where(Product.bc_product_id.in_(bc_product_ids))
    return {row.bc_product_id: row.name for row in db.session.execute(query)}
