"""V3 products, category trees, and the V2 customer groups rules can name."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from sandbox import wire
from sandbox.api import base
from sandbox.api.base import reads, the_state
from sandbox.state import Doc

bp = base.door("catalog")

_PARTS = frozenset({"variants", "images", "custom_fields", "bulk_pricing_rules", "modifiers", "options"})


def product_wire(product: Doc, parts: set[str]) -> Doc:
    """The product as V3 shows it; `parts` are the sub-resources that were asked for."""
    shown: Doc = {
        "type": "physical",
        "sku": "",
        "description": "",
        "weight": 0,
        "width": 0,
        "depth": 0,
        "height": 0,
        "price": 0,
        "cost_price": 0,
        "retail_price": 0,
        "sale_price": 0,
        "categories": [],
        "brand_id": 0,
        "inventory_level": 0,
        "inventory_tracking": "none",
        "is_visible": True,
        "availability": "available",
        "condition": "New",
        "warranty": "",
        "upc": "",
        "mpn": "",
        "date_created": "2025-01-01T00:00:00Z",
        "date_modified": "2025-01-01T00:00:00Z",
        **{name: value for name, value in wire.public(product).items() if name not in _PARTS},
    }
    for name in ("date_created", "date_modified"):
        if isinstance(shown[name], int | float):
            shown[name] = wire.iso(shown[name])
    if shown.get("base_variant_id") is None:
        shown.pop("base_variant_id", None)
    for name in sorted(parts & _PARTS):
        shown[name] = product.get(name, [])
    return shown


@bp.get("/v3/catalog/products")
@reads("store_v2_products")
def list_products(store: str) -> ResponseReturnValue:
    parts = set(base.text_list("include") or [])
    ids = base.whole_list("id:in")
    if ids is not None:
        found = [product for key in sorted(set(ids)) if (product := the_state().find(store, "product", key))]
    else:
        found = the_state().all(store, "product")
    for keep in _filters():
        found = [product for product in found if keep(product)]
    return base.v3_page([product_wire(product, parts) for product in found])


def _filters() -> list[Any]:
    """One predicate per filter of the query."""
    args, keeps = request.args, []
    if (wanted := base.whole_list("categories:in")) is not None:
        keeps.append(lambda product: bool(set(wanted) & set(product.get("categories", []))))
    if (category := base.whole("categories")) is not None:
        keeps.append(lambda product: category in product.get("categories", []))
    if (lowest := base.whole("id:greater")) is not None:
        keeps.append(lambda product: product["id"] > lowest)
    if (one := base.whole("id")) is not None:
        keeps.append(lambda product: product["id"] == one)
    if (skus := base.text_list("sku:in")) is not None:
        keeps.append(lambda product: product.get("sku") in skus)
    if "sku" in args:
        keeps.append(lambda product: product.get("sku") == args["sku"])
    if "name" in args:
        keeps.append(lambda product: product.get("name") == args["name"])
    if "keyword" in args:
        keeps.append(lambda product: args["keyword"].casefold() in f"{product['name']} {product.get('sku')}".casefold())
    if (visible := base.flag("is_visible")) is not None:
        keeps.append(lambda product: product.get("is_visible", True) == visible)
    return keeps


@bp.get("/v3/catalog/products/<int:product_id>")
@reads("store_v2_products")
def get_product(store: str, product_id: int) -> ResponseReturnValue:
    parts = set(base.text_list("include") or [])
    return base.data(product_wire(the_state().get(store, "product", product_id), parts))


@bp.get("/v3/catalog/products/<int:product_id>/custom-fields")
@reads("store_v2_products")
def list_custom_fields(store: str, product_id: int) -> ResponseReturnValue:
    return base.v3_page(the_state().get(store, "product", product_id).get("custom_fields", []))


@bp.get("/v3/catalog/products/<int:product_id>/images")
@reads("store_v2_products")
def list_images(store: str, product_id: int) -> ResponseReturnValue:
    return base.v3_page(the_state().get(store, "product", product_id).get("images", []))


@bp.get("/v3/catalog/products/<int:product_id>/variants")
@reads("store_v2_products")
def list_variants(store: str, product_id: int) -> ResponseReturnValue:
    return base.v3_page(the_state().get(store, "product", product_id).get("variants", []))


def _category(category: Doc) -> Doc:
    name = category["name"]
    return {
        "tree_id": 1,
        "parent_id": 0,
        "description": "",
        "views": 0,
        "sort_order": 0,
        "page_title": "",
        "meta_keywords": [],
        "meta_description": "",
        "layout_file": "category.html",
        "image_url": "",
        "is_visible": True,
        "search_keywords": "",
        "default_product_sort": "use_store_settings",
        "url": {"path": f"/{name.casefold().replace(' ', '-')}/", "is_customized": False},
        **category,
    }


@bp.get("/v3/catalog/trees/categories")
@reads("store_v2_products")
def list_categories(store: str) -> ResponseReturnValue:
    found = [_category(category) for category in the_state().all(store, "category")]
    for name in ("category_id", "tree_id", "parent_id"):
        wanted = base.whole_list(f"{name}:in")
        if wanted is not None:
            found = [category for category in found if category[name] in wanted]
    if "name" in request.args:
        found = [category for category in found if category["name"] == request.args["name"]]
    return base.v3_page(found)


@bp.get("/v3/catalog/trees")
@reads("store_v2_products")
def list_trees(store: str) -> ResponseReturnValue:
    channels = [channel["id"] for channel in the_state().all(store, "channel")] or [1]
    return base.v3_page([{"id": 1, "name": "Default catalog tree", "channels": channels}])


def _group(group: Doc) -> Doc:
    shown = {
        "is_default": False,
        "category_access": {"type": "all"},
        "discount_rules": [],
        "is_group_for_guests": False,
        "date_created": 1_735_689_600,
        "date_modified": 1_735_689_600,
        **group,
    }
    for name in ("date_created", "date_modified"):
        shown[name] = wire.iso(shown[name]) if isinstance(shown[name], int) else shown[name]
    return shown


@bp.get("/v2/customer_groups")
@reads("store_v2_customers")
def list_groups(store: str) -> ResponseReturnValue:
    return base.v2_page([_group(group) for group in the_state().all(store, "customer_group")])


@bp.get("/v2/customer_groups/<int:group_id>")
@reads("store_v2_customers")
def get_group(store: str, group_id: int) -> ResponseReturnValue:
    return base.answer(_group(the_state().get(store, "customer_group", group_id)))
