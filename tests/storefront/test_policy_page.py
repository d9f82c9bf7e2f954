"""The policy page in the storefront: placed, kept to what the policy says, never over the merchant's own."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from app.bc_client import BCUnavailable
from app.catalog.models import Category
from app.extensions import as_store, db
from app.flows.change_settings import change_settings
from app.lib import clock
from app.lib.errors import NotFound
from app.policies.document import PolicyDocument, parse_document
from app.policies.versions import follow_store, publish
from app.returns.actor import Actor
from app.storefront import ensure
from app.storefront.ensure import publish_pages
from app.stores.models import Store
from app.stores.queries import save_settings, settings_of
from tests import factories
from tests.doubles import BigCommerceDouble
from tests.storefront.shop import Shop

STAFF = Actor("staff", 1, "Demo Staff")


@pytest.fixture
def shop(bc: BigCommerceDouble) -> Shop:
    return Shop(bc.mock)


def _policy(days: int, locale: str = "en", **parts: Any) -> PolicyDocument:
    return parse_document(
        {"name": "Any", "locale": locale, "reasons": [{"code": "fit", "label": {"en": "Does not fit"}}],
         "defaults": {"window": {"days": days}}, **parts}
    )  # fmt: skip


def run(store: Store, **arguments: Any) -> None:
    ensure.ensure(store.id, **arguments)
    db.session.commit()


def choose(store: Store, *channels: int) -> None:
    save_settings(store, settings_of(store).model_copy(update={"portal_channels": channels}))
    db.session.commit()


def state(channel: int = 1) -> tuple[str, str]:
    placement = ensure.get_placement("policy_page", channel)
    return placement.state, placement.detail


def the_page(shop: Shop) -> dict[str, Any]:
    (page,) = shop.documents.values()
    return page


class _Tags(HTMLParser):
    """Every tag and every address of a document; complains about what does not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def test_it_is_placed_in_the_menu_and_says_what_the_policy_says(store: Store, shop: Shop) -> None:
    publish(_policy(21), by="Demo Staff")
    run(store)
    page = the_page(shop)
    assert (page["type"], page["name"], page["url"], page["is_visible"]) == (
        "raw", "Return policy", "/return-policy/", True,
    )  # fmt: skip
    assert "21 days. We count from the day after your parcel arrives." in page["body"]
    assert 'href="http://127.0.0.1:5080/r/abc123"' in page["body"]
    assert state() == ("placed", "")


def test_it_stands_alone_without_script_and_well_formed(store: Store, shop: Shop) -> None:
    run(store)
    read = _Tags(the_page(shop)["body"])
    assert not read.tags & {"script", "link", "img", "iframe", "form", "object"}
    ours = [address for address in read.addresses if address != "/"]
    assert all(address.startswith("http://127.0.0.1:5080/r/abc123") for address in ours)
    assert [address for address in ours if "lang=" in address] == [
        f"http://127.0.0.1:5080/r/abc123/policy?lang={code}&channel=1" for code in ("de", "fr", "es")
    ]


def test_everything_the_merchant_wrote_is_escaped(store: Store, shop: Shop) -> None:
    evil = '"><script>alert(1)</script>'
    store.name = evil
    page = {"intro": {"en": evil}, "condition": {"en": evil}, "packing": {"en": evil}}
    rule = {
        "name": "R", "words": {"en": evil}, "when": {"test": "compare", "fact": "line.reason", "op": "is",
        "value": "fit"}, "effects": {"outcome": {"decision": "refuse", "sentence": {"en": evil}}, "send_to": "x"},
    }  # fmt: skip
    places = [{"code": "x", "name": {"en": evil}, "address": evil}]
    reasons = [{"code": "fit", "label": {"en": evil}}]
    publish(_policy(21, page=page, rules=[rule], places=places, reasons=reasons), by="Demo Staff")
    run(store)
    body = the_page(shop)["body"]
    assert "script" not in _Tags(body).tags
    assert body.count("&lt;script&gt;") >= 7


def test_a_new_policy_changes_the_page_and_a_second_look_does_not(store: Store, shop: Shop) -> None:
    run(store)
    before = list(shop.writes)
    run(store)
    assert shop.writes == before
    publish(_policy(45), by="Demo Staff")
    run(store)
    assert shop.writes == [*before, "PUT pages"]
    assert "45 days." in the_page(shop)["body"]
    assert "30 days." not in the_page(shop)["body"]


def test_publishing_and_settings_have_it_looked_at(store: Store, jobs: Callable[[], list[Any]]) -> None:
    publish_pages()
    db.session.commit()
    assert jobs() == [("storefront.ensure", {"store_id": store.id})]
    change_settings(store, {"window_days": 60}, STAFF)
    assert len(jobs()) == 2
    change_settings(store, {"window_days": 60}, STAFF)
    assert len(jobs()) == 2


def test_what_the_merchant_wrote_over_it_is_put_right_but_name_place_and_menu_stay_theirs(
    store: Store, shop: Shop
) -> None:
    run(store)
    page = the_page(shop)
    body = page["body"]
    page.update(name="Send it back", url="/help/returns/", is_visible=False, body=body.replace("30 days", "99 days"))
    run(store)
    assert (page["name"], page["url"], page["is_visible"]) == ("Send it back", "/help/returns/", False)
    assert page["body"] == body
    assert state() == ("placed", "")


@pytest.mark.parametrize(
    "theirs",
    [
        {"name": "return policy ", "type": "page", "body": "<p>Ours</p>"},
        {"name": "Return policy", "type": "raw", "body": "<p>Ours</p>"},
        {"name": "Policies", "type": "page", "url": "/return-policy/", "body": "<p>Ours</p>"},
    ],
)
def test_a_page_of_the_merchants_own_is_not_overwritten(store: Store, shop: Shop, theirs: dict[str, Any]) -> None:
    number = shop.add_page(**{"url": "/ours/", **theirs})
    before = dict(shop.pages[number])
    run(store)
    assert shop.pages[number] == before
    assert state() == ("blocked", "name_taken")
    assert [page["name"] for page in shop.documents.values()] == ["Return policy"] * (theirs["type"] == "raw")
    # Their page moves out of the way: ours is placed with the next look.
    shop.pages[number].update(name="Old", url="/old/")
    run(store)
    assert state() == ("placed", "")
    assert shop.pages[number]["body"] == "<p>Ours</p>"


def test_one_the_merchant_made_a_page_of_their_own_is_theirs(store: Store, shop: Shop) -> None:
    run(store)
    page = the_page(shop)
    page.update(type="page", body="<p>Mine now</p>")
    run(store)
    assert page["body"] == "<p>Mine now</p>"
    assert state()[0] == "missing"
    run(store, repair=True)
    assert page["body"] == "<p>Mine now</p>"
    assert state() == ("blocked", "name_taken")


def test_removed_on_request_it_stays_away_until_it_is_placed_again(store: Store, shop: Shop) -> None:
    run(store)
    ensure.remove("policy_page", 1)
    db.session.commit()
    publish(_policy(45), by="Demo Staff")
    run(store, repair=True)
    assert shop.documents == {}
    assert state() == ("removed", "")
    ensure.place_again("policy_page", 1)
    db.session.commit()
    assert "45 days." in the_page(shop)["body"]


def test_each_channel_shows_its_own_policy_and_follows_the_store_again(store: Store, shop: Shop) -> None:
    choose(store, 1, 2)
    publish(_policy(21), by="Demo Staff")
    publish(_policy(14, locale="de"), by="Demo Staff", channel_id=2)
    run(store)
    pages = {page["channel_id"]: page for page in shop.documents.values()}
    assert ("21 days." in pages[1]["body"], pages[1]["name"]) == (True, "Return policy")
    assert ("14 Tage." in pages[2]["body"], pages[2]["name"]) == (True, "Rückgabe")
    assert 'lang="de"' in pages[2]["body"]
    assert "channel=2" in pages[2]["body"]
    follow_store(2, by="Demo Staff")
    run(store)
    assert "21 days." in pages[2]["body"]
    choose(store, 1)
    run(store)
    assert [page["channel_id"] for page in shop.documents.values()] == [1]


def test_one_that_never_reached_its_channel_is_sent_on(store: Store, shop: Shop) -> None:
    choose(store, 2)
    run(store)
    ensure.remove("policy_page", 2)
    db.session.commit()
    shop.refusals_of_moves = 1
    with pytest.raises(BCUnavailable):
        ensure.place_again("policy_page", 2)
    db.session.rollback()
    halfway = the_page(shop)
    assert (halfway["channel_id"], halfway["name"], halfway["is_visible"]) == (1, "Return policy 2", False)
    ensure.place_again("policy_page", 2)
    db.session.commit()
    assert (the_page(shop)["channel_id"], the_page(shop)["name"]) == (2, "Return policy")


def test_an_answer_that_was_lost_leaves_one_page(store: Store, shop: Shop) -> None:
    run(store)
    ensure.remove("policy_page", 1)
    db.session.commit()
    shop.lose_answers = True
    with pytest.raises(BCUnavailable):
        ensure.place_again("policy_page", 1)
    db.session.rollback()
    shop.lose_answers = False
    ensure.place_again("policy_page", 1)
    db.session.commit()
    assert len(shop.documents) == 1
    assert state() == ("placed", "")


def test_categories_are_called_by_their_names(store: Store, shop: Shop, bc: BigCommerceDouble) -> None:
    now = clock.now()
    for number, name in ((0, ""), (5, "Shoes & Boots")):
        db.session.add(Category(store_id=store.id, bc_category_id=number, name=name, fetched_at=now))
    shoes = {"test": "in", "fact": "product.category", "values": [5]}
    rule = {"name": "Shoes", "when": shoes, "effects": {"window": {"days": 60}}}
    publish(_policy(21, rules=[rule]), by="Demo Staff")
    run(store)
    assert "Shoes &amp; Boots</strong>" in the_page(shop)["body"]


def test_another_store_finds_nothing_of_it(store: Store, shop: Shop) -> None:
    run(store)
    with as_store(factories.a_store(store_hash="xyz").id):
        for deed in (ensure.remove, ensure.place_again):
            with pytest.raises(NotFound):
                deed("policy_page", 1)
    assert len(shop.documents) == 1
