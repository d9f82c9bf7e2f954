"""Orders and shipments: V2."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .calls import PAGE, Calls
from .types.orders import OrderCount, OrderSnapshot, ShipmentSnapshot

# Both are needed: without the structure the consignments come in a legacy shape without line items.
_WITH_LINES: Mapping[str, Any] = {
    "include": ["consignments", "consignments.line_items"],
    "consignment_structure": "object",
}


class Orders(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-management/orders (read 2026-04)"""

    def list_orders(
        self,
        *,
        page: int = 1,
        min_id: int | None = None,
        limit: int = PAGE,
        min_date_modified: datetime | None = None,
        max_date_modified: datetime | None = None,
        sort: str = "id:asc",
    ) -> list[OrderSnapshot]:
        """One page of orders with their lines: up to 250 in one call. Empty past the end.

        Pages drift while orders change: go by `min_id` with the default sort, or overlap and upsert. Archived orders
        are left out by the store. Incomplete orders (status 0) are in.
        """
        query = {
            **_WITH_LINES,
            "page": page,
            "limit": limit,
            "sort": sort,
            "min_id": min_id,
            "min_date_modified": min_date_modified,
            "max_date_modified": max_date_modified,
        }
        return self._list("orders", query, OrderSnapshot.from_wire)

    def get_order(self, bc_order_id: int) -> OrderSnapshot:
        """One order with its lines, in one call. Raises BCNotFound."""
        return self._call(self._v2, "GET", f"orders/{bc_order_id}", query=_WITH_LINES, read=OrderSnapshot.from_wire)

    def count_orders(self) -> OrderCount:
        """How many orders the store has, in all and by status."""
        return self._call(self._v2, "GET", "orders/count", read=OrderCount.from_wire)

    def update_order(
        self, bc_order_id: int, *, staff_notes: str | None = None, external_order_id: str | None = None
    ) -> None:
        """Change fields of an order; None leaves one as it is.

        `staff_notes` (65,535 characters) is overwritten whole and without a version: read, change, write, read again.
        Raises BCNotFound, BCRejected. The change comes back as a webhook of ours.
        """
        fields = {"staff_notes": staff_notes, "external_order_id": external_order_id}
        body = {name: value for name, value in fields.items() if value is not None}
        self._call(self._v2, "PUT", f"orders/{bc_order_id}", body, read=lambda raw: None)

    def list_shipments(self, bc_order_id: int) -> list[ShipmentSnapshot]:
        """What was sent out for an order; empty when nothing was (the store answers 204). Raises BCNotFound."""
        return self._list(f"orders/{bc_order_id}/shipments", {"limit": PAGE}, ShipmentSnapshot.from_wire)
