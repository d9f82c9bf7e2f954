"""The parcels of an order. There is no bulk call for them, so they are fetched for one order, when first needed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select

from ..bc_client import BigCommerce
from ..bc_client.types.orders import ShipmentSnapshot
from ..extensions import current_store_id, db
from ..lib import clock
from .bulk import upsert
from .models import Order, Shipment

_TABLE: Table = Shipment.__table__  # type: ignore[assignment]
_COLUMNS = ("store_id", "order_id", "bc_shipment_id", "shipped_at", "tracking_number", "carrier", "items")


def ensure_shipments(client: BigCommerce, order: Order) -> list[Shipment]:
    """The order's parcels, fetched unless ours account for everything the store says it shipped. Raises BCError."""
    if order.shipments_known_at is None or _units_known(order) < order.items_shipped:
        refresh_shipments(client, order)
    return list_shipments(order.id)


def refresh_shipments(client: BigCommerce, order: Order) -> None:
    """Fetch the order's parcels anew; what the store deleted goes. Raises BCError."""
    order_id, bc_order_id = order.id, order.bc_order_id
    asked_at = clock.now()
    found = client.list_shipments(bc_order_id)
    rows = [_row(order_id, one) for one in sorted(found, key=lambda one: one.id)]
    if rows:
        upsert(_TABLE, rows, key=("store_id", "bc_shipment_id"), columns=_COLUMNS)
    kept = [one.id for one in found]
    db.session.query(Shipment).filter(Shipment.order_id == order_id, Shipment.bc_shipment_id.not_in(kept)).delete(
        synchronize_session=False
    )
    db.session.query(Order).filter(Order.id == order_id).update(
        {Order.shipments_known_at: asked_at}, synchronize_session=False
    )
    db.session.expire_all()


def list_shipments(order_id: int) -> list[Shipment]:
    """The parcels we know of, oldest first."""
    return list(
        db.session.scalars(
            select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.shipped_at, Shipment.id)
        )
    )


def last_shipped_at(order_id: int) -> datetime | None:
    """When the latest parcel we know of left; None when we know of none."""
    return db.session.scalar(select(func.max(Shipment.shipped_at)).where(Shipment.order_id == order_id))


def _units_known(order: Order) -> int:
    return sum(int(item["quantity"]) for shipment in list_shipments(order.id) for item in shipment.items)


def _row(order_id: int, one: ShipmentSnapshot) -> dict[str, Any]:
    return {
        "store_id": current_store_id(),
        "order_id": order_id,
        "bc_shipment_id": one.id,
        "shipped_at": one.created_at,
        "tracking_number": one.tracking_number,
        "carrier": one.tracking_carrier,
        "items": [{"bc_line_id": line_id, "quantity": quantity} for line_id, quantity in one.items],
    }
