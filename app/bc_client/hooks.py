"""Webhook subscriptions: V3. What comes in by them is read in `incoming`."""

from collections.abc import Mapping
from typing import Any

from .calls import Calls
from .errors import BCNotFound
from .types.hooks import Hook, HooksOverview


class Hooks(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-management/webhooks (read 2026-04)"""

    def list_hooks(self) -> list[Hook]:
        """Ours in this store."""
        return list(self._pages("hooks", {}, Hook.from_wire))

    def create_hook(self, scope: str, destination: str, headers: Mapping[str, str]) -> Hook:
        """Subscribe `destination` (https, port 443) to `scope`; every delivery then carries `headers`.

        One per scope and destination, ten per scope. It may take a minute to begin, and ends by itself after 90 days
        without an event. Raises BCRejected (422: the destination is refused), BCConflict.
        """
        body = {"scope": scope, "destination": destination, "is_active": True, "headers": dict(headers)}
        return self._call(self._v3, "POST", "hooks", body, read=lambda raw: Hook.from_wire(raw["data"]))

    def update_hook(
        self,
        hook_id: int,
        *,
        is_active: bool | None = None,
        destination: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Hook:
        """Change a subscription; None leaves a field as it is. Raises BCNotFound."""
        body: dict[str, Any] = {}
        if is_active is not None:
            body["is_active"] = is_active
        if destination is not None:
            body["destination"] = destination
        if headers is not None:
            body["headers"] = dict(headers)
        return self._call(self._v3, "PUT", f"hooks/{hook_id}", body, read=lambda raw: Hook.from_wire(raw["data"]))

    def delete_hook(self, hook_id: int) -> None:
        """End a subscription; one that is gone already is fine."""
        try:
            self._call(self._v3, "DELETE", f"hooks/{hook_id}", read=lambda raw: None)
        except BCNotFound:
            return

    def hooks_admin(self) -> HooksOverview:
        """How our subscriptions fare, the ones the platform switched off and the domains it blocks included."""
        return self._call(self._v3, "GET", "hooks/admin", read=lambda raw: HooksOverview.from_wire(raw["data"]))
