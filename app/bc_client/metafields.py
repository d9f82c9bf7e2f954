"""Order metafields: V3. Only what our own client id wrote is seen."""

from typing import Any

from .calls import Calls
from .errors import BCConflict, BCNotFound
from .types.metafields import Metafield

_TRIES = 3


class Metafields(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-management/orders/order-metafields (read 2026-04)"""

    def list_order_metafields(self, bc_order_id: int, namespace: str | None = None) -> list[Metafield]:
        """Ours on an order, in one namespace or all. Raises BCNotFound."""
        return list(self._pages(f"orders/{bc_order_id}/metafields", {"namespace": namespace}, Metafield.from_wire))

    def find_order_metafield(self, bc_order_id: int, namespace: str, key: str) -> Metafield | None:
        """One of ours on an order by its name."""
        query = {"namespace": namespace, "key": key}
        found = self._pages(f"orders/{bc_order_id}/metafields", query, Metafield.from_wire)
        # The filters are checked again: a store that ignored one must not make us overwrite another key.
        return next((field for field in found if (field.namespace, field.key) == (namespace, key)), None)

    def put_order_metafield(
        self, bc_order_id: int, namespace: str, key: str, value: str, permission_set: str
    ) -> Metafield:
        """Make it so, whether it is there or not; writes nothing when it is so already. Safe to repeat.

        `namespace` and `key` 1–64 characters, `value` 1–65,535; `permission_set`: app_only, read, write,
        read_and_sf_access or write_and_sf_access. Somebody creating it (409) or deleting it (404) between our look
        and our write is looked at again. Raises BCNotFound without such an order, BCConflict when the race goes on.
        """
        wanted = {"permission_set": permission_set, "namespace": namespace, "key": key, "value": value}
        lost: BCConflict | BCNotFound | None = None
        for _ in range(_TRIES):
            there = self.find_order_metafield(bc_order_id, namespace, key)
            if there and (there.value, there.permission_set) == (value, permission_set):
                return there
            try:
                return self._write(bc_order_id, there, wanted)
            except (BCConflict, BCNotFound) as error:
                lost = error
        assert lost is not None
        raise lost

    def _write(self, bc_order_id: int, there: Metafield | None, wanted: dict[str, Any]) -> Metafield:
        path = f"orders/{bc_order_id}/metafields"
        method, path = ("PUT", f"{path}/{there.id}") if there else ("POST", path)
        return self._call(self._v3, method, path, wanted, read=lambda raw: Metafield.from_wire(raw["data"]))

    def delete_order_metafield(self, bc_order_id: int, metafield_id: int) -> None:
        """Remove one of ours; one that is gone already is fine."""
        try:
            self._call(self._v3, "DELETE", f"orders/{bc_order_id}/metafields/{metafield_id}", read=lambda raw: None)
        except BCNotFound:
            return
