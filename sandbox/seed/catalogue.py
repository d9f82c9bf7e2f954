"""From a short description of a catalogue to V3 products, categories and stock."""

from __future__ import annotations

from typing import Any

from sandbox.seed.types import Wire

PICTURE_PATH = "/product_images/{id}.svg"


def categories(rows: list[dict[str, Any]]) -> list[Wire]:
    """`rows`: {id, name, description}. One tree (id 1), no nesting."""
    return [
        {
            "category_id": row["id"],
            "category_uuid": f"00000000-0000-4000-9000-{row['id']:012d}",
            "tree_id": 1,
            "parent_id": 0,
            "name": row["name"],
            "description": row.get("description", ""),
            "views": 0,
            "sort_order": n,
            "page_title": "",
            "meta_keywords": [],
            "meta_description": "",
            "layout_file": "category.html",
            "image_url": "",
            "is_visible": True,
            "search_keywords": "",
            "default_product_sort": "use_store_settings",
            "url": {"path": f"/{_slug(row['name'])}/", "is_customized": False},
        }
        for n, row in enumerate(rows)
    ]


_PRODUCT_DEFAULTS: Wire = {
    "width": 0, "depth": 0, "height": 0, "retail_price": 0, "sale_price": 0, "tax_class_id": 0, "brand_id": 0,
    "inventory_level": 0, "inventory_warning_level": 0, "is_free_shipping": False, "is_visible": True, "warranty": "",
    "upc": "", "availability": "available", "condition": "New", "sort_order": 0,
}  # fmt: skip


def product(row: dict[str, Any], shop_url: str) -> Wire:
    """`row`: {id, name, sku, price, cost, weight, category, type, brand, description, options {name: [labels]},
    fields {name: value}}.

    A product without options has one variant, as at the service; its sku is the product's.
    """
    picture = shop_url + PICTURE_PATH.format(id=row["id"])
    variants = _variants(row, picture)
    return {
        **_PRODUCT_DEFAULTS,
        "id": row["id"],
        "name": row["name"],
        "type": row.get("type", "physical"),
        "sku": row["sku"],
        "description": f"<p>{row.get('description', '')}</p>",
        "weight": row.get("weight", 0),
        "price": row["price"],
        "cost_price": row.get("cost", 0),
        "calculated_price": row["price"],
        "categories": [row["category"]],
        "inventory_tracking": _tracking(row),
        "is_featured": row["id"] % 9 == 0,
        "base_variant_id": None if "options" in row else variants[0]["id"],
        "custom_url": {"url": f"/{_slug(row['name'])}/", "is_customized": False},
        "custom_fields": [
            {"id": row["id"] * 10 + n, "name": name, "value": value}
            for n, (name, value) in enumerate(row.get("fields", {}).items())
        ],
        "images": [_image(row, picture)],
        "variants": variants,
        "_brand": row.get("brand", ""),
    }


def _tracking(row: dict[str, Any]) -> str:
    if row.get("type") == "digital":
        return "none"
    return "variant" if "options" in row else "product"


def _image(row: dict[str, Any], picture: str) -> Wire:
    return {
        "id": row["id"] * 10,
        "product_id": row["id"],
        "is_thumbnail": True,
        "sort_order": 0,
        "description": row["name"],
        "image_file": f"{row['id']}.svg",
        "url_zoom": picture,
        "url_standard": picture,
        "url_thumbnail": picture,
        "url_tiny": picture,
    }


def _variants(row: dict[str, Any], picture: str) -> list[Wire]:
    base = {"product_id": row["id"], "price": row["price"], "weight": row.get("weight", 0), "image_url": picture}
    if "options" not in row:
        return [{**base, "id": row["id"] * 100, "sku": row["sku"], "option_values": []}]
    (name, labels), *_ = row["options"].items()
    return [
        {
            **base,
            "id": row["id"] * 100 + n,
            "sku": f"{row['sku']}-{label.replace(' ', '').upper()}",
            "option_values": [
                {"id": row["id"] * 100 + n, "label": label, "option_id": row["id"], "option_display_name": name}
            ],
        }
        for n, label in enumerate(labels, start=1)
    ]


def stock(products: list[Wire], location_id: int, each: int) -> list[Wire]:
    """`each` pieces of every tracked variant at one location."""
    return [
        {
            "location_id": location_id,
            "sku": variant["sku"],
            "variant_id": variant["id"],
            "product_id": item["id"],
            "available_to_sell": each,
            "total_inventory_onhand": each,
        }
        for item in products
        if item["inventory_tracking"] != "none"
        for variant in item["variants"]
    ]


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
