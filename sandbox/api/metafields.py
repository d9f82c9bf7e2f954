"""V3 order metafields, one by one and in batches. An app sees and changes its own only."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from sandbox import state_hooks, state_orders, wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.state import Doc

bp = base.door("metafields")

PERMISSIONS = ("app_only", "read", "write", "read_and_sf_access", "write_and_sf_access")
LIMITS = {"namespace": 64, "key": 64, "value": 65_535}
MOST_PER_ORDER = 250


def metafield_wire(field: Doc) -> Doc:
    shown = {**field}
    for name in ("date_created", "date_modified"):
        shown[name] = wire.iso(field[name])
    return shown


def _mine(fields: list[Doc]) -> list[Doc]:
    return [field for field in fields if field["owner_client_id"] == g.client_id]


def _filtered(fields: list[Doc]) -> list[Doc]:
    for name in ("key", "namespace"):
        if name in request.args:
            fields = [field for field in fields if field[name] == request.args[name]]
        wanted = base.text_list(f"{name}:in")
        if wanted is not None:
            fields = [field for field in fields if field[name] in wanted]
    fields.sort(key=lambda field: field["id"], reverse=request.args.get("direction") == "desc")
    return [metafield_wire(field) for field in fields]


def _check(body: Any, *, whole: bool = True) -> Doc:
    """The fields one may set; raises Problem(422) naming what is wrong."""
    if not isinstance(body, dict):
        raise Problem(422, "A metafield must be an object.")
    wrong: Doc = {}
    for name, most in LIMITS.items():
        value = body.get(name)
        if value is None and not whole:
            continue
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            wrong[name] = f"must be a text of 1 to {most} characters"
    if (whole or "permission_set" in body) and body.get("permission_set") not in PERMISSIONS:
        wrong["permission_set"] = f"must be one of {', '.join(PERMISSIONS)}"
    if len(body.get("description") or "") > 255:
        wrong["description"] = "must not exceed 255 characters"
    if wrong:
        raise Problem(422, "The metafield is invalid.", wrong)
    names = (*LIMITS, "permission_set", "description")
    return {name: body[name] for name in names if body.get(name) is not None}


def _create(order_id: int, body: Any) -> Doc:
    state, facts = the_state(), _check(body)
    state_orders.get_order(state, g.store, order_id)
    present = _mine(state.all_of(g.store, "metafield", order_id))
    if any(field["namespace"] == facts["namespace"] and field["key"] == facts["key"] for field in present):
        raise Problem(409, "The metafield already exists.", {"key": "namespace and key are taken"})
    if len(present) >= MOST_PER_ORDER:
        raise Problem(422, "The order has the most metafields it can have.", {"resource_id": "limit of 250 reached"})
    now = state.now()
    field = {
        "id": state.next_id(g.store, "metafield"),
        "description": "",
        **facts,
        "resource_type": "order",
        "resource_id": order_id,
        "date_created": now,
        "date_modified": now,
        "owner_client_id": g.client_id,
    }
    state.put(g.store, "metafield", field["id"], field)
    state.own(g.store, "metafield", order_id, field["id"])
    _tell(field, "created")
    return field


def _change(field: Doc, body: Any) -> Doc:
    facts = _check(body, whole=False)
    siblings = _mine(the_state().all_of(g.store, "metafield", field["resource_id"]))
    changed = {**field, **facts, "date_modified": the_state().now()}
    name = (changed["namespace"], changed["key"])
    if any(other["id"] != field["id"] and (other["namespace"], other["key"]) == name for other in siblings):
        raise Problem(409, "The metafield already exists.", {"key": "namespace and key are taken"})
    the_state().put(g.store, "metafield", field["id"], changed)
    _tell(changed, "updated")
    return changed


def _delete(field: Doc) -> None:
    the_state().delete(g.store, "metafield", field["id"])
    the_state().disown(g.store, "metafield", field["resource_id"], field["id"])
    _tell(field, "deleted")


def _tell(field: Doc, name: str) -> None:
    data = {
        "type": "order_metafield",
        "id": field["id"],
        "metafield_id": field["id"],
        "resource_id": str(field["resource_id"]),
    }
    state_hooks.emit(the_state(), g.store, f"store/order/metafield/{name}", data)


def _get(metafield_id: int, order_id: int | None = None) -> Doc:
    field = the_state().get(g.store, "metafield", metafield_id)
    if field["owner_client_id"] != g.client_id or order_id not in (None, field["resource_id"]):
        raise Problem(404, "The metafield was not found.")
    return field


@bp.get("/v3/orders/<int:order_id>/metafields")
@reads("store_v2_orders")
def list_metafields(store: str, order_id: int) -> ResponseReturnValue:
    state_orders.get_order(the_state(), store, order_id)
    return base.v3_page(_filtered(_mine(the_state().all_of(store, "metafield", order_id))))


@bp.post("/v3/orders/<int:order_id>/metafields")
@writes("store_v2_orders")
def create_metafield(store: str, order_id: int) -> ResponseReturnValue:
    with the_state().writing():
        return base.data(metafield_wire(_create(order_id, base.json_object())))


@bp.get("/v3/orders/<int:order_id>/metafields/<int:metafield_id>")
@reads("store_v2_orders")
def get_metafield(store: str, order_id: int, metafield_id: int) -> ResponseReturnValue:
    return base.data(metafield_wire(_get(metafield_id, order_id)))


@bp.put("/v3/orders/<int:order_id>/metafields/<int:metafield_id>")
@writes("store_v2_orders")
def put_metafield(store: str, order_id: int, metafield_id: int) -> ResponseReturnValue:
    with the_state().writing():
        return base.data(metafield_wire(_change(_get(metafield_id, order_id), base.json_object())))


@bp.delete("/v3/orders/<int:order_id>/metafields/<int:metafield_id>")
@writes("store_v2_orders")
def delete_metafield(store: str, order_id: int, metafield_id: int) -> ResponseReturnValue:
    with the_state().writing():
        _delete(_get(metafield_id, order_id))
    return base.nothing()


@bp.get("/v3/orders/metafields")
@reads("store_v2_orders")
def list_all_metafields(store: str) -> ResponseReturnValue:
    return base.v3_page(_filtered(_mine(the_state().all(store, "metafield"))))


def _batch(entries: list[Any], do: Any) -> ResponseReturnValue:
    """Each entry for itself; 200 when all succeeded, 422 with the list of errors when any failed."""
    done: list[Any] = []
    errors: list[Doc] = []
    with the_state().writing():
        for entry in entries:
            try:
                done.append(do(entry))
            except Problem as problem:
                errors.append({"status": problem.status, "title": problem.title, "type": "", "errors": problem.errors})
    meta = {"total": len(entries), "success": len(done), "failed": len(errors)}
    return base.answer({"data": done, "errors": errors, "meta": meta}, 422 if errors else 200)


def _whole_of(entry: Any, name: str) -> int:
    if not isinstance(entry, dict) or not isinstance(entry.get(name), int):
        raise Problem(422, f"{name} is required.", {name: "is required"})
    return int(entry[name])


@bp.post("/v3/orders/metafields")
@writes("store_v2_orders")
def create_many(store: str) -> ResponseReturnValue:
    def create(entry: Any) -> Doc:
        order_id = _whole_of(entry, "resource_id")
        if state_orders.find_order(the_state(), store, order_id) is None:
            raise Problem(404, f"Order {order_id} was not found.")
        return metafield_wire(_create(order_id, entry))

    return _batch(base.json_list(), create)


def _find_mine(metafield_id: int) -> Doc:
    field = the_state().find(g.store, "metafield", metafield_id)
    if field is None or field["owner_client_id"] != g.client_id:
        raise Problem(404, f"Metafield {metafield_id} was not found.")
    return field


@bp.put("/v3/orders/metafields")
@writes("store_v2_orders")
def change_many(store: str) -> ResponseReturnValue:
    return _batch(base.json_list(), lambda entry: metafield_wire(_change(_find_mine(_whole_of(entry, "id")), entry)))


@bp.delete("/v3/orders/metafields")
@writes("store_v2_orders")
def delete_many(store: str) -> ResponseReturnValue:
    def delete(entry: Any) -> int:
        field = _find_mine(_whole_of({"id": entry}, "id"))
        _delete(field)
        return int(field["id"])

    return _batch(base.json_list(), delete)
