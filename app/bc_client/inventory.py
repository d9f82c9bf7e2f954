"""Stock: V3. Goods are put back by whoever received them, once, with a journal: adjusting is not idempotent."""

from collections.abc import Sequence

from .calls import Calls
from .types.catalog import InventorySettings, Location, StockChange


class Inventory(Calls):
    """Source: https://developer.bigcommerce.com/docs/store-operations/catalog/inventory-adjustments (read 2026-04)"""

    def get_inventory_settings(self) -> InventorySettings:
        """Whether the store restocks by itself when an order is refunded in full: look before restocking."""
        return self._call(
            self._v3, "GET", "settings/inventory", read=lambda raw: InventorySettings.from_wire(raw["data"])
        )

    def list_locations(self) -> list[Location]:
        """Where stock lies."""
        return list(self._pages("inventory/locations", {}, Location.from_wire))

    def adjust_relative(self, reason: str, changes: Sequence[StockChange]) -> str:
        """Add to (or take from) the stock, at most 2,000 changes; gives the store's transaction id.

        Not idempotent, and not visible at once. Only products that track their stock, never at external locations.
        Raises BCRejected (422: untracked or unknown), BCUnavailable (look at the stock before repeating).
        """
        body = {"reason": reason, "items": [change.to_wire() for change in changes]}
        return self._call(
            self._v3, "POST", "inventory/adjustments/relative", body, read=lambda raw: str(raw["transaction_id"])
        )
