"""The store's profile, channels and e-mail settings."""

from collections.abc import Mapping

from .calls import Calls
from .errors import BCNotFound
from .types.store import Channel, Site, StoreInfo


class Stores(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-management/store-information (read 2026-04)"""

    def get_store(self) -> StoreInfo:
        """The store's profile: V2, there is no V3 of it. Also the cheapest way to learn whether the token lives."""
        return self._call(self._v2, "GET", "store", read=StoreInfo.from_wire)

    def list_channels(self) -> list[Channel]:
        """Every channel, whatever its state."""
        return list(self._pages("channels", {}, Channel.from_wire))

    def find_channel_site(self, channel_id: int) -> Site | None:
        """The channel's address; None for a channel without one (a marketplace, a till)."""
        try:
            return self.get_channel_site(channel_id)
        except BCNotFound:
            return None

    def get_channel_site(self, channel_id: int) -> Site:
        """The channel's address. Raises BCNotFound for a channel without one."""
        return self._call(self._v3, "GET", f"channels/{channel_id}/site", read=lambda raw: Site.from_wire(raw["data"]))

    def get_email_statuses(self) -> dict[str, bool]:
        """Which of the store's own mails are on: `return_confirmation_email`, `return_statuschange_email`, …"""
        return self._call(
            self._v3,
            "GET",
            "settings/email-statuses",
            read=lambda raw: {str(name): value for name, value in raw["data"].items() if isinstance(value, bool)},
        )

    def put_email_statuses(self, changes: Mapping[str, bool]) -> None:
        """Switch some of the store's own mails on or off; the others stay. Needs store_v2_information to modify."""
        self._call(self._v3, "PUT", "settings/email-statuses", dict(changes), read=lambda raw: None)
