"""Writing what the store says of its orders into our copy. Older news never overwrites newer."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError

from ..bc_client.types.orders import LineSnapshot, OrderSnapshot
from ..extensions import current_store_id, db
from .bulk import as_json, upsert
from .models import INCOMPLETE, Order, OrderLine

_SAID = (
    "bc_status_id",
    "bc_status",
    "bc_customer_id",
    "channel_id",
    "currency",
    "total_inc_tax",
    "total_ex_tax",
    "subtotal_inc_tax",
    "shipping_inc_tax",
    "shipping_ex_tax",
    "discount",
    "coupon_discount",
    "is_tax_inclusive",
    "payment_method",
    "payment_status",
    "items_total",
    "items_shipped",
    "is_deleted",
    "is_digital",
    "customer_locale",
    "external_source",
    "external_order_id",
    "shopper_name",
    "shopper_email",
    "shopper_phone",
    "billing_address",
    "shipping_address",
    "ordered_at",
    "shipped_at",
    "coupons",
)
_COLUMNS = ("store_id", "bc_order_id", "version", *_SAID, "staff_notes", "modified_at", "synced_at", "fingerprint")
_LINE_COLUMNS = (
    "store_id",
    "order_id",
    "bc_line_id",
    "bc_product_id",
    "bc_variant_id",
    "bc_address_id",
    "bc_parent_line_id",
    "is_bundled",
    "name",
    "sku",
    "kind",
    "quantity",
    "quantity_shipped",
    "quantity_refunded",
    "price_inc_tax",
    "price_ex_tax",
    "total_inc_tax",
    "total_ex_tax",
    "total_tax",
    "paid_inc_tax",
    "options",
    "brand",
    "weight",
)
# Same second, other content: the one asked for later is right. The version is ours to count.
_NEWER = (
    "excluded.modified_at > old.modified_at OR (excluded.modified_at = old.modified_at"
    " AND excluded.synced_at >= old.synced_at"
    " AND (excluded.fingerprint <> old.fingerprint OR excluded.staff_notes <> old.staff_notes))"
)
_VANISHED = (
    "FROM order_lines AS line WHERE line.order_id = ANY(:order_ids) AND NOT EXISTS (SELECT FROM"
    " json_to_recordset(CAST(:kept AS json)) AS kept (order_id bigint, bc_line_id bigint)"
    " WHERE kept.order_id = line.order_id AND kept.bc_line_id = line.bc_line_id)"
)
_ORDERS: Table = Order.__table__  # type: ignore[assignment]
_LINES: Table = OrderLine.__table__  # type: ignore[assignment]


def save_order(snapshot: OrderSnapshot, *, asked_at: datetime) -> Order | None:
    """Write one order; see `save_orders`. Gives our copy as it is now, None for an incomplete order."""
    save_orders([snapshot], asked_at=asked_at)
    query = select(Order).where(Order.bc_order_id == snapshot.bc_order_id).execution_options(populate_existing=True)
    return db.session.scalar(query)


def save_orders(snapshots: Iterable[OrderSnapshot], *, asked_at: datetime) -> Mapping[int, int]:
    """Write orders with their lines. `asked_at`: when the store was asked, before it answered.

    Incomplete orders are left out. What is older than our copy changes nothing; `version` grows only when something
    a decision or a refund rests on is different, so the echo of our own notes does not count. Gives our id of every
    order that was written, by BigCommerce's.
    """
    db.session.flush()
    newest = _newest(snapshots)
    if not newest:
        return {}
    store_id = current_store_id()
    rows = [
        {"store_id": store_id, "bc_order_id": one.bc_order_id, "version": 1, **_order_row(one), "synced_at": asked_at}
        for one in newest
    ]
    written = upsert(
        _ORDERS,
        rows,
        key=("store_id", "bc_order_id"),
        columns=_COLUMNS,
        counter="version",
        where=_NEWER,
        returning="id, bc_order_id",
    )
    ids = {bc_order_id: order_id for order_id, bc_order_id in written}
    _save_lines([one for one in newest if one.bc_order_id in ids], ids)
    db.session.expire_all()
    return ids


def mark_deleted(bc_order_id: int) -> None:
    """The store archived the order, or has it no more. Ours stays, with its returns."""
    db.session.execute(
        update(Order)
        .where(Order.bc_order_id == bc_order_id, Order.is_deleted.is_(False))
        .values(is_deleted=True, version=Order.version + 1, fingerprint="")
    )


def _newest(snapshots: Iterable[OrderSnapshot]) -> list[OrderSnapshot]:
    """One snapshot per order, by id: a page that drifts may show an order twice."""
    found: dict[int, OrderSnapshot] = {}
    for one in snapshots:
        known = found.get(one.bc_order_id)
        if one.bc_status_id != INCOMPLETE and (known is None or known.modified_at <= one.modified_at):
            found[one.bc_order_id] = one
    return [found[bc_order_id] for bc_order_id in sorted(found)]


def _order_row(one: OrderSnapshot) -> dict[str, Any]:
    said = _said(one)
    lines = [_line_row(line) for line in one.lines]
    return {
        **said,
        "staff_notes": one.staff_notes,
        "modified_at": one.modified_at,
        "fingerprint": hashlib.sha1(as_json([said, *lines]).encode(), usedforsecurity=False).hexdigest(),
    }


def _said(one: OrderSnapshot) -> dict[str, Any]:
    """What the store says of the order itself: the columns of `_SAID`."""
    return {
        "bc_status_id": one.bc_status_id,
        "bc_status": one.status,
        "bc_customer_id": one.customer_id,
        "channel_id": one.channel_id,
        "currency": one.currency,
        "total_inc_tax": one.total_inc_tax,
        "total_ex_tax": one.total_ex_tax,
        "subtotal_inc_tax": one.subtotal_inc_tax,
        "shipping_inc_tax": one.shipping_cost_inc_tax,
        "shipping_ex_tax": one.shipping_cost_ex_tax,
        "discount": one.discount_amount,
        "coupon_discount": one.coupon_discount,
        "is_tax_inclusive": one.is_tax_inclusive,
        "payment_method": one.payment_method,
        "payment_status": one.payment_status,
        "items_total": one.items_total,
        "items_shipped": one.items_shipped,
        "is_deleted": one.is_deleted,
        "is_digital": one.order_is_digital,
        "customer_locale": one.customer_locale,
        "external_source": one.external_source,
        "external_order_id": one.external_order_id,
        "ordered_at": one.ordered_at,
        "shipped_at": one.shipped_at,
        "coupons": sorted({discount.code for line in one.lines for discount in line.applied_discounts} - {""}),
        **_shopper(one),
    }


def _shopper(one: OrderSnapshot) -> dict[str, Any]:
    return {
        "shopper_name": one.billing.name,
        "shopper_email": one.billing.email,
        "shopper_phone": one.billing.phone,
        "billing_address": one.billing.to_json(),
        "shipping_address": one.shipping.to_json() if one.shipping else {},
    }


def _line_row(line: LineSnapshot) -> dict[str, Any]:
    return {
        "bc_line_id": line.bc_line_id,
        "bc_product_id": line.product_id,
        "bc_variant_id": line.variant_id,
        "bc_address_id": line.order_address_id,
        "bc_parent_line_id": line.parent_bc_line_id,
        "is_bundled": line.is_bundled,
        "name": line.name,
        "sku": line.sku,
        "kind": line.type,
        "quantity": line.quantity,
        "quantity_shipped": line.quantity_shipped,
        "quantity_refunded": line.quantity_refunded,
        "price_inc_tax": line.price_inc_tax,
        "price_ex_tax": line.price_ex_tax,
        "total_inc_tax": line.total_inc_tax,
        "total_ex_tax": line.total_ex_tax,
        "total_tax": line.total_tax,
        "paid_inc_tax": line.discounted_total_inc_tax,
        "options": [list(option) for option in line.options],
        "brand": line.brand,
        "weight": line.weight,
    }


def _save_lines(orders: Sequence[OrderSnapshot], ids: Mapping[int, int]) -> None:
    if not orders:
        return
    store_id = current_store_id()
    rows = [
        {"store_id": store_id, "order_id": ids[one.bc_order_id], **_line_row(line)}
        for one in orders
        for line in sorted(one.lines, key=lambda line: line.bc_line_id)
    ]
    if rows:
        upsert(_LINES, rows, key=("store_id", "order_id", "bc_line_id"), columns=_LINE_COLUMNS)
    kept = [{"order_id": row["order_id"], "bc_line_id": row["bc_line_id"]} for row in rows]
    _drop_vanished({"order_ids": [ids[one.bc_order_id] for one in orders], "kept": as_json(kept)})


def _drop_vanished(which: dict[str, Any]) -> None:
    """Remove lines the store took out of an order; one that something rests on stays, with nothing left on it."""
    gone = list(db.session.scalars(text(f"SELECT line.id {_VANISHED}"), which))
    for line_id in gone:
        try:
            with db.session.begin_nested():
                db.session.execute(text("DELETE FROM order_lines WHERE id = :id"), {"id": line_id})
        except IntegrityError:
            db.session.execute(
                update(_LINES).where(_LINES.c.id == bindparam("line_id")).values(quantity=0, quantity_shipped=0),
                {"line_id": line_id},
            )
