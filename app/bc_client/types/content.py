"""What we place in a store: pages, scripts, app extensions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..wire import Row, integer, text


@dataclass(frozen=True)
class Page:
    """A page of a storefront. `type`: page, raw, contact_form, link or blog; `link` only for a link.

    `body`: of a raw page, where it was asked for.
    """

    id: int
    channel_id: int
    name: str
    type: str
    link: str
    url: str
    is_visible: bool
    body: str = ""

    @classmethod
    def from_wire(cls, row: Row) -> "Page":
        return cls(
            id=int(row["id"]),
            channel_id=integer(row, "channel_id") or 1,
            name=text(row, "name"),
            type=text(row, "type"),
            link=text(row, "link"),
            url=text(row, "url"),
            is_visible=bool(row.get("is_visible")),
            body=text(row, "body"),
        )


@dataclass(frozen=True)
class LinkPage:
    """A page to be: an entry in the storefront's menu that leads elsewhere. `name` is unique per channel, 1–100."""

    channel_id: int
    name: str
    link: str
    is_visible: bool = True

    def to_wire(self) -> dict[str, Any]:
        return {
            "channel_id": self.channel_id,
            "name": self.name,
            "type": "link",
            "link": self.link,
            "is_visible": self.is_visible,
        }

    def as_made_on_the_first(self) -> dict[str, Any]:
        """What the making says for a page that will move to another channel: hidden, under a name of its own."""
        wire = {**self.to_wire(), "name": f"{self.name[:90]} {self.channel_id}", "is_visible": False}
        del wire["channel_id"]
        return wire


@dataclass(frozen=True)
class RawPage:
    """A page to be: a document of its own at `url` ("/return-policy/"), shown without the theme."""

    channel_id: int
    name: str
    body: str
    url: str
    is_visible: bool = True

    def to_wire(self) -> dict[str, Any]:
        return {
            "channel_id": self.channel_id,
            "name": self.name,
            "type": "raw",
            "body": self.body,
            "url": self.url,
            "content_type": "text/html",
            "is_visible": self.is_visible,
        }

    def as_made_on_the_first(self) -> dict[str, Any]:
        """What the making says for a page that will move to another channel: hidden, and in nobody's way."""
        wire = {**self.to_wire(), "name": f"{self.name[:90]} {self.channel_id}", "is_visible": False}
        del wire["channel_id"], wire["url"]
        return wire


@dataclass(frozen=True)
class Script:
    """A script of ours in a storefront. `visibility`: storefront, all_pages, checkout or order_confirmation."""

    uuid: str
    channel_id: int
    name: str
    src: str
    visibility: str
    consent_category: str
    enabled: bool
    integrity_hashes: tuple[str, ...]

    @classmethod
    def from_wire(cls, row: Row) -> "Script":
        hashes = row.get("integrity_hashes") or []
        return cls(
            uuid=str(row["uuid"]),
            channel_id=integer(row, "channel_id") or 1,
            name=text(row, "name"),
            src=text(row, "src"),
            visibility=text(row, "visibility"),
            consent_category=text(row, "consent_category"),
            enabled=bool(row.get("enabled", True)),
            integrity_hashes=tuple(_hash(value) for value in hashes),
        )


@dataclass(frozen=True)
class ScriptDraft:
    """A script to be, loaded from `src`. It goes with the app (`auto_uninstall`).

    `visibility` all_pages needs the Checkout Content scope. Without a `consent_category` a store with a consent banner
    hides it. `integrity_hashes`: up to five, "sha384-…".
    """

    channel_id: int
    name: str
    src: str
    description: str = ""
    visibility: str = "storefront"
    consent_category: str = "essential"
    load_method: str = "defer"
    location: str = "footer"
    integrity_hashes: Sequence[str] = field(default=())

    def to_wire(self) -> dict[str, Any]:
        return {
            "channel_id": self.channel_id,
            "name": self.name,
            "description": self.description,
            "kind": "src",
            "src": self.src,
            "load_method": self.load_method,
            "location": self.location,
            "visibility": self.visibility,
            "auto_uninstall": True,
            "consent_category": self.consent_category,
            "enabled": True,
            "integrity_hashes": list(self.integrity_hashes),
        }


@dataclass(frozen=True)
class AppExtension:
    """An entry in the control panel's lists. `model`: ORDERS, CUSTOMERS, …; `context`: PANEL or LINK."""

    id: str
    context: str
    model: str
    url: str
    label: str

    @classmethod
    def from_wire(cls, row: Row) -> "AppExtension":
        words = {name: text(row, name) for name in ("context", "model", "url")}
        return cls(id=str(row["id"]), label=text(row.get("label") or {}, "defaultValue"), **words)


@dataclass(frozen=True)
class AppExtensionDraft:
    """An entry to be. `url` holds a literal `${id}`, at most 255 characters; `label` English, ideally at most 25.

    `translations`: (locale, label) pairs.
    """

    context: str
    model: str
    url: str
    label: str
    translations: tuple[tuple[str, str], ...] = ()

    def label_to_wire(self) -> dict[str, Any]:
        locales = [{"value": value, "localeCode": locale} for locale, value in self.translations]
        return {"defaultValue": self.label, "locales": locales}

    def to_wire(self) -> dict[str, Any]:
        return {"context": self.context, "model": self.model, "url": self.url, "label": self.label_to_wire()}


def _hash(value: Any) -> str:
    """Sent as text; the read-back has been seen as an object with the hash inside."""
    return str(value.get("hash", "")) if isinstance(value, dict) else str(value)
