"""The store itself, its channels and their sites."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..wire import Row, integer, text


@dataclass(frozen=True)
class StoreInfo:
    """A store's profile. `timezone`: an IANA name ("UTC" where the store's own is not one). `currency`: ISO 4217.

    `control_panel_url`: the origin that frames the app. `country_code`: ISO 3166-1 alpha-2.
    """

    store_hash: str
    name: str
    domain: str
    secure_url: str
    control_panel_url: str
    status: str
    timezone: str
    language: str
    currency: str
    country: str
    country_code: str
    address: str
    phone: str
    admin_email: str
    order_email: str
    is_price_entered_with_tax: bool
    default_channel_id: int
    account_uuid: str
    plan_name: str
    weight_units: str

    @classmethod
    def from_wire(cls, row: Row) -> "StoreInfo":
        same_name = (
            "name",
            "domain",
            "status",
            "language",
            "currency",
            "country",
            "country_code",
            "address",
            "phone",
            "admin_email",
            "order_email",
            "account_uuid",
            "plan_name",
            "weight_units",
        )
        return cls(
            store_hash=str(row["id"]),
            secure_url=text(row, "secure_url").rstrip("/"),
            control_panel_url=text(row, "control_panel_base_url").rstrip("/"),
            timezone=_zone(row.get("timezone")),
            is_price_entered_with_tax=bool(row.get("is_price_entered_with_tax")),
            default_channel_id=integer(row, "default_channel_id") or 1,
            **{name: text(row, name) for name in same_name},
        )


@dataclass(frozen=True)
class Channel:
    """Where the store sells. `type`: storefront, pos, marketplace or marketing."""

    id: int
    name: str
    type: str
    platform: str
    status: str

    @classmethod
    def from_wire(cls, row: Row) -> "Channel":
        return cls(int(row["id"]), text(row, "name"), text(row, "type"), text(row, "platform"), text(row, "status"))


@dataclass(frozen=True)
class Site:
    """The address of a channel, without a slash at its end."""

    id: int
    channel_id: int
    url: str

    @classmethod
    def from_wire(cls, row: Row) -> "Site":
        return cls(int(row["id"]), int(row["channel_id"]), text(row, "url").rstrip("/"))


def _zone(timezone: object) -> str:
    name = timezone.get("name") if isinstance(timezone, dict) else None
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
