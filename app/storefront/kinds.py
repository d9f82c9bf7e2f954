"""The kinds of things we place in a store: how to find ours, place one, keep it right and remove it.

Looking comes first, by id, then by what makes it ours: after a crash between the store's yes and our note, and after
an uninstall, the next run adopts what is there instead of adding another.
"""

from dataclasses import dataclass
from typing import Protocol

from ..bc_client import BCConflict, BCMissingScope, BCNotFound, BCRejected, BigCommerce
from ..bc_client.content import FIRST_CHANNEL
from ..bc_client.types.content import AppExtension, AppExtensionDraft, LinkPage, Page, RawPage, Script, ScriptDraft
from ..config import Settings
from . import account_script

PAGE_NAME = "Returns"
SCRIPT_NAME = "Backhaul: return items"
EXTENSION_URL = "/orders/${id}/returns"
EXTENSION_LABELS = (("de", "Retouren"), ("es", "Devoluciones"), ("fr", "Retours"), ("it", "Resi"), ("pl", "Zwroty"))


class NameTaken(Exception):
    """The merchant has something of their own where ours would stand."""


@dataclass(frozen=True)
class Spot:
    """Where one thing of ours stands or should. `channel_id` 0: the whole store. `remote_id` "": not known."""

    store_hash: str
    channel_id: int
    remote_id: str


class Kind(Protocol):
    """One kind of thing. Ids are the store's own, as text."""

    def find(self, client: BigCommerce, settings: Settings, spot: Spot) -> str | None:
        """The id of ours at `spot`, put right where it says something old; None when there is none."""

    def place(self, client: BigCommerce, settings: Settings, spot: Spot) -> str:
        """Make one; gives its id. Raises NameTaken, BCRejected."""

    def remove(self, client: BigCommerce, settings: Settings, spot: Spot) -> None:
        """Take ours away; what is gone already is fine."""


class LinkPages:
    """A link in the storefront's menu. The merchant may rename or hide it: it stays ours, and stays as they like it."""

    def find(self, client: BigCommerce, settings: Settings, spot: Spot) -> str | None:
        page = self._ours(client, settings, spot)
        if page is None:
            return None
        link = account_script.portal_address(settings, spot.store_hash)
        if page.link != link:
            client.update_page(page.id, LinkPage(spot.channel_id, page.name, link, page.is_visible))
        return str(page.id)

    def place(self, client: BigCommerce, settings: Settings, spot: Spot) -> str:
        if any(same_name(page.name, PAGE_NAME) for page in client.list_pages(spot.channel_id)):
            raise NameTaken
        page = LinkPage(spot.channel_id, PAGE_NAME, account_script.portal_address(settings, spot.store_hash))
        # One that never reached its channel is sent on; making another would meet its name.
        halfway = [other for other in self._links(client, FIRST_CHANNEL, spot) if other.name == name_halfway(page)]
        placed = client.update_page(halfway[0].id, page) if halfway else client.create_page(page)
        return str(placed.id)

    def remove(self, client: BigCommerce, settings: Settings, spot: Spot) -> None:
        page = self._ours(client, settings, spot)
        if page is not None:
            client.delete_page(page.id)

    def _ours(self, client: BigCommerce, settings: Settings, spot: Spot) -> Page | None:
        links = self._links(client, spot.channel_id, spot)
        by_id = next((page for page in links if str(page.id) == spot.remote_id), None)
        return by_id or next((page for page in links if page.is_visible or page.name == PAGE_NAME), None)

    def _links(self, client: BigCommerce, channel_id: int, spot: Spot) -> list[Page]:
        # The path names the store, so it tells ours also after we moved to another address.
        end = f"/r/{spot.store_hash}"
        pages = [page for page in client.list_pages(channel_id) if page.channel_id == channel_id]
        return [page for page in pages if page.type == "link" and page.link.endswith(end)]


class AccountScripts:
    """The script on the account pages. Everything listed is ours: other apps' scripts are not shown to us."""

    def find(self, client: BigCommerce, settings: Settings, spot: Spot) -> str | None:
        ours = self._ours(client, spot)
        if not ours:
            return None
        kept = next((script for script in ours if script.uuid == spot.remote_id), ours[0])
        for script in ours:
            if script.uuid != kept.uuid:
                client.delete_script(script.uuid)
        draft = self._draft(settings, spot)
        if (kept.src, kept.integrity_hashes) != (draft.src, tuple(draft.integrity_hashes)):
            client.update_script(kept.uuid, draft)
        return kept.uuid

    def place(self, client: BigCommerce, settings: Settings, spot: Spot) -> str:
        return client.create_script(self._draft(settings, spot)).uuid

    def remove(self, client: BigCommerce, settings: Settings, spot: Spot) -> None:
        for script in self._ours(client, spot):
            client.delete_script(script.uuid)

    def _ours(self, client: BigCommerce, spot: Spot) -> list[Script]:
        return [
            script
            for script in client.list_scripts()
            if script.channel_id == spot.channel_id and (script.name == SCRIPT_NAME or script.uuid == spot.remote_id)
        ]

    def _draft(self, settings: Settings, spot: Spot) -> ScriptDraft:
        return ScriptDraft(
            channel_id=spot.channel_id,
            name=SCRIPT_NAME,
            description="Adds “Return items” to the orders of a shopper who is signed in.",
            src=account_script.address(settings, spot.store_hash),
            visibility="storefront",
            consent_category="functional",
            integrity_hashes=(account_script.integrity(settings, spot.store_hash),),
        )


class OrderExtensions:
    """“Returns” in the action menu of the control panel's order list. Two per app and list are allowed: we take one."""

    def find(self, client: BigCommerce, settings: Settings, spot: Spot) -> str | None:
        ours = self._ours(client)
        if not ours:
            return None
        kept = next((extension for extension in ours if extension.id == spot.remote_id), ours[0])
        for extension in ours:
            if extension.id != kept.id:
                client.delete_app_extension(extension.id)
        return kept.id

    def place(self, client: BigCommerce, settings: Settings, spot: Spot) -> str:
        draft = AppExtensionDraft("LINK", "ORDERS", EXTENSION_URL, PAGE_NAME, EXTENSION_LABELS)
        return client.create_app_extension(draft).id

    def remove(self, client: BigCommerce, settings: Settings, spot: Spot) -> None:
        for extension in self._ours(client):
            client.delete_app_extension(extension.id)

    def _ours(self, client: BigCommerce) -> list[AppExtension]:
        return [
            extension
            for extension in client.list_app_extensions()
            if extension.model == "ORDERS" and extension.url == EXTENSION_URL
        ]


KINDS: dict[str, Kind] = {"page": LinkPages(), "script": AccountScripts(), "app_extension": OrderExtensions()}


def why_refused(error: BCRejected | BCConflict | BCMissingScope | NameTaken) -> str:
    """A stable code for what keeps us from placing something: name_taken, scope:<name>, gone or refused."""
    match error:
        case NameTaken() | BCConflict():
            return "name_taken"
        case BCMissingScope():
            return f"scope:{error.scope}"
        case BCNotFound():
            return "gone"
        case _:
            return "refused"


def name_halfway(page: LinkPage | RawPage) -> str:
    """The name a page bears between its making, which is on the first channel always, and its move to its own."""
    return str(page.as_made_on_the_first()["name"])


def same_name(one: str, other: str) -> bool:
    """Whether the store would take the two for the same name."""
    return one.strip().casefold() == other.strip().casefold()
