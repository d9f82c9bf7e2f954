"""The policy page in the storefront: a raw page that says what the policy in force says.

The merchant may rename it, move it or hide it; what it says is kept to what the engine does.
"""

from contextlib import suppress

from ..bc_client import BCMissingScope, BCNotFound, BCRejected, BigCommerce
from ..bc_client.content import FIRST_CHANNEL
from ..bc_client.types.content import Page, RawPage
from ..catalog.customers import ensure_groups
from ..catalog.products import ensure_categories, ensure_products
from ..config import Settings
from ..policies.document import PolicyDocument
from ..policies.page_conditions import MOST
from ..policies.published import policy_in_force, policy_page, products_named
from ..policies.words import NAMES, Words
from ..stores.queries import get_store
from . import policy_html
from .account_script import portal_address
from .kinds import NameTaken, Spot, name_halfway, same_name

URL = "/return-policy/"


class PolicyPages:
    """One on each chosen channel, in the language of its policy, with the way to the other languages."""

    def find(self, client: BigCommerce, settings: Settings, spot: Spot) -> str | None:
        page = self._ours(client, spot, spot.channel_id)
        if page is None:
            return None
        draft = self._draft(client, settings, spot)
        if page.body.strip() != draft.body.strip():
            # Its name, address and place in the menu are the merchant's to choose.
            client.update_page(
                page.id, RawPage(spot.channel_id, page.name, draft.body, page.url or URL, page.is_visible)
            )
        return str(page.id)

    def place(self, client: BigCommerce, settings: Settings, spot: Spot) -> str:
        draft = self._draft(client, settings, spot)
        if any(
            same_name(page.name, draft.name) or page.url.strip("/") == URL.strip("/")
            for page in client.list_pages(spot.channel_id)
        ):
            raise NameTaken
        halfway = self._ours(client, spot, FIRST_CHANNEL, name=name_halfway(draft))
        placed = client.update_page(halfway.id, draft) if halfway is not None else client.create_page(draft)
        return str(placed.id)

    def remove(self, client: BigCommerce, settings: Settings, spot: Spot) -> None:
        page = self._ours(client, spot, spot.channel_id)
        if page is not None:
            client.delete_page(page.id)

    def _ours(self, client: BigCommerce, spot: Spot, channel_id: int, name: str = "") -> Page | None:
        """The page with our mark on it: the one we know by its number first; `name`: only one of that name."""
        raw = [page for page in client.list_pages(channel_id) if page.type == "raw" and page.channel_id == channel_id]
        raw = [page for page in raw if not name or page.name == name]
        for page in sorted(raw, key=lambda page: str(page.id) != spot.remote_id):
            if not name and str(page.id) != spot.remote_id and _is_halfway(page):
                continue
            with suppress(BCNotFound):
                whole = client.get_page(page.id)
                if _mark(spot.store_hash) in whole.body:
                    return whole
        return None

    def _draft(self, client: BigCommerce, settings: Settings, spot: Spot) -> RawPage:
        document = policy_in_force(get_store(), spot.channel_id)
        _learn_names(client, document)
        return RawPage(spot.channel_id, Words(document.locale).say("title"), _body(settings, spot, document), URL)


def _body(settings: Settings, spot: Spot, document: PolicyDocument) -> str:
    store, portal = get_store(), portal_address(settings, spot.store_hash)
    page = policy_page(store, document, locale=document.locale, portal=portal)
    others = [
        (code, name, f"{portal}/policy?lang={code}&channel={spot.channel_id}")
        for code, name in NAMES.items()
        if code != page.language
    ]
    return policy_html.document(page, name=store.name, mark=_mark(spot.store_hash), languages=others)


def _mark(store_hash: str) -> str:
    return f"Backhaul: return policy of {store_hash}"


def _is_halfway(page: Page) -> bool:
    """Made on the first channel for another one, and not moved yet."""
    return page.channel_id == FIRST_CHANNEL and not page.is_visible and page.name.rpartition(" ")[2].isdecimal()


def _learn_names(client: BigCommerce, document: PolicyDocument) -> None:
    """Have what its rules name by number, so that the page can say what it is called."""
    named = {fact for fact, _ in document.facts_named()}
    # Where the store does not let us look, the numbers stand.
    with suppress(BCMissingScope, BCRejected):
        if "product.category" in named:
            ensure_categories(client)
        if "product.id" in named:
            ensure_products(client, sorted(products_named(document))[:MOST])
        if "shopper.group" in named:
            ensure_groups(client)
