"""V3 inventory: locations, what lies there, adjustments. Adding is not idempotent, as at the service."""

from __future__ import annotations

import uuid
from typing import Any

from flask.typing import ResponseReturnValue

from sandbox import state_catalog
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.state import Doc

bp = base.door("inventory")

MOST_ITEMS = 2_000
LARGEST = 2_147_483_647


def _location(location: Doc) -> Doc:
    return {
        "code": f"LOC-{location['id']}",
        "label": "Default location",
        "description": "",
        "managed_by_external_source": False,
        "type_id": "PHYSICAL",
        "enabled": True,
        "time_zone": "Etc/UTC",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        "storefront_visibility": True,
        **location,
    }


@bp.get("/v3/inventory/locations")
@reads("store_locations", "store_inventory")
def list_locations(store: str) -> ResponseReturnValue:
    found = [_location(location) for location in the_state().all(store, "location")]
    ids = base.whole_list("location_id:in")
    if ids is not None:
        found = [location for location in found if location["id"] in ids]
    return base.v3_page(found)


def _adjust(method: str) -> ResponseReturnValue:
    body = base.json_object()
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise Problem(422, f"items must hold 1 to {MOST_ITEMS} entries.", {"items": "is required"})
    state, store = the_state(), base.g.store
    with state.writing():
        for item in items:
            entry = _entry(store, item)
            now = entry["quantity"]
            after = item["quantity"] if method == "absolute" else now + item["quantity"]
            if not 0 <= after <= LARGEST:
                raise Problem(422, "The stock would leave its bounds.", {"quantity": f"there are {now}"})
            state_catalog.change_stock(state, store, entry, item["quantity"], method)
    return base.answer({"transaction_id": str(uuid.uuid4())})


def _entry(store: str, item: Any) -> Doc:
    """The stock entry the item names; raises Problem(422)."""
    if not isinstance(item, dict) or not isinstance(item.get("quantity"), int) or "location_id" not in item:
        raise Problem(422, "An item needs location_id and a whole quantity.", {"items": "invalid"})
    location = the_state().find(store, "location", item["location_id"])
    if location is None:
        raise Problem(422, f"Location {item['location_id']} does not exist.", {"location_id": "unknown"})
    if location.get("managed_by_external_source"):
        raise Problem(422, "The location is managed by an external source.", {"location_id": "external"})
    entry = state_catalog.find_stock(the_state(), store, item["location_id"], item)
    if entry is None:
        raise Problem(422, "The item does not track inventory at this location.", {"items": "unknown item"})
    return entry


@bp.post("/v3/inventory/adjustments/relative")
@writes("store_inventory")
def adjust_relative(store: str) -> ResponseReturnValue:
    return _adjust("relative")


@bp.put("/v3/inventory/adjustments/absolute")
@writes("store_inventory")
def adjust_absolute(store: str) -> ResponseReturnValue:
    return _adjust("absolute")


def _stock(store: str) -> list[Doc]:
    found = the_state().all(store, "stock")
    for name, key in (("variant_id:in", "variant_id"), ("product_id:in", "product_id")):
        wanted = base.whole_list(name)
        if wanted is not None:
            found = [entry for entry in found if entry.get(key, 0) in wanted]
    skus = base.text_list("sku:in")
    return found if skus is None else [entry for entry in found if entry.get("sku") in skus]


def _identity(entry: Doc) -> Doc:
    return {
        "sku": entry.get("sku", ""),
        "variant_id": entry.get("variant_id", 0),
        "product_id": entry["product_id"],
    }


@bp.get("/v3/inventory/locations/<int:location_id>/items")
@reads("store_inventory")
def list_location_items(store: str, location_id: int) -> ResponseReturnValue:
    the_state().get(store, "location", location_id)
    shown = [
        {
            "identity": _identity(entry),
            "available_to_sell": entry["quantity"],
            "total_inventory_onhand": entry["quantity"],
            "settings": {"safety_stock": 0, "is_in_stock": entry["quantity"] > 0, "warning_level": 0},
        }
        for entry in _stock(store)
        if entry["location_id"] == location_id
    ]
    return base.v3_page(shown)


@bp.get("/v3/inventory/items")
@reads("store_inventory")
def list_items(store: str) -> ResponseReturnValue:
    places = {location["id"]: _location(location) for location in the_state().all(store, "location")}
    wanted = base.whole_list("location_id:in")
    by_item: dict[tuple[int, int], Doc] = {}
    for entry in _stock(store):
        if wanted is not None and entry["location_id"] not in wanted:
            continue
        key = (entry["product_id"], entry.get("variant_id", 0))
        item = by_item.setdefault(key, {"identity": _identity(entry), "locations": []})
        place = places.get(entry["location_id"], {})
        item["locations"].append(
            {
                "location_id": entry["location_id"],
                "location_code": place.get("code", ""),
                "location_name": place.get("label", ""),
                "available_to_sell": entry["quantity"],
                "total_inventory_onhand": entry["quantity"],
                "location_enabled": place.get("enabled", True),
            }
        )
    return base.v3_page(list(by_item.values()))
