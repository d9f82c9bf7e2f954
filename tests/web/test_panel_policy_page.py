"""The policy page among what stands in the store: shown, removed, placed again, blocked, through the panel."""

import pytest
from flask import Flask

from app.extensions import db
from app.flows import publish_policy
from app.policies.document import parse_document
from app.policies.versions import publish
from app.returns.actor import Actor
from app.storefront import ensure
from app.stores.models import Store
from tests.doubles import BigCommerceDouble
from tests.storefront.shop import Shop
from tests.web.panel_visitor import Visitor

STAFF = Actor("staff", 1, "Demo Staff")
WHICH = {"kind": "policy_page", "channel": "1"}


@pytest.fixture
def shop(bc: BigCommerceDouble, store: Store) -> Shop:
    shop = Shop(bc.mock)
    ensure.ensure(store.id)
    db.session.commit()
    return shop


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def _state() -> str:
    db.session.rollback()
    return ensure.get_placement("policy_page", 1).state


def test_it_is_listed_removed_and_placed_again(store: Store, shop: Shop, visitor: Visitor) -> None:
    page = visitor.get("/panel/settings").text
    assert "“Return policy” page" in page
    assert "It stays on our portal." in page
    assert visitor.post("/panel/settings/storefront/remove", WHICH).status_code == 303
    assert (_state(), shop.documents) == ("removed", {})
    assert visitor.post("/panel/settings/storefront/place", WHICH).status_code == 303
    assert (_state(), len(shop.documents)) == ("placed", 1)


def test_one_that_is_missing_is_repaired(store: Store, shop: Shop, visitor: Visitor) -> None:
    shop.pages.clear()
    assert visitor.post("/panel/settings/storefront/repair").status_code == 303
    assert (_state(), len(shop.documents)) == ("placed", 1)


def test_a_name_the_merchant_uses_is_said_and_left_alone(store: Store, shop: Shop, visitor: Visitor) -> None:
    shop.pages.clear()
    shop.add_page(name="Return policy", type="page", body="<p>Ours</p>")
    visitor.post("/panel/settings/storefront/repair")
    assert _state() == "blocked"
    assert "You have a page of that name yourself" in visitor.get("/panel/settings").text
    assert [page["body"] for page in shop.pages.values() if page["name"] == "Return policy"] == ["<p>Ours</p>"]


def test_putting_a_version_in_force_has_the_page_follow(store: Store, jobs) -> None:
    reasons = [{"code": "fit", "label": {"en": "Does not fit"}}]
    first = publish(parse_document({"name": "One", "reasons": reasons}), by="Demo Staff")
    publish(parse_document({"name": "Two", "reasons": reasons}), by="Demo Staff")
    publish(parse_document({"name": "Two", "reasons": reasons}), by="Demo Staff", channel_id=2)
    db.session.commit()
    publish_policy.roll_back(first, STAFF)
    assert jobs() == [("storefront.ensure", {"store_id": store.id})]
    publish_policy.follow_store(2, STAFF)
    assert len(jobs()) == 2
