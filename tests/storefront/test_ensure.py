"""What of ours stands in the store."""

import base64
import hashlib
from typing import Any

import pytest
from flask import Flask

from app.bc_client import BCUnavailable
from app.extensions import as_store, db, house_settings
from app.lib.errors import NotFound
from app.storefront import account_script, ensure
from app.storefront.models import Placement
from app.stores.client import StoreGone
from app.stores.models import Store, StoreStatus
from app.stores.queries import save_settings, settings_of
from tests import factories
from tests.doubles import BigCommerceDouble
from tests.storefront.shop import Shop

LINK = "http://127.0.0.1:5080/r/abc123"


@pytest.fixture
def shop(bc: BigCommerceDouble) -> Shop:
    return Shop(bc.mock)


def run(store: Store, **arguments: Any) -> None:
    ensure.ensure(store.id, **arguments)
    db.session.commit()


def states() -> dict[tuple[str, int], str]:
    db.session.expire_all()
    return {(placement.kind, placement.channel_id): placement.state for placement in ensure.list_placements()}


def choose(store: Store, *channels: int) -> None:
    save_settings(store, settings_of(store).model_copy(update={"portal_channels": channels}))
    db.session.commit()


ALL_PLACED = {
    ("app_extension", 0): "placed",
    ("page", 1): "placed",
    ("policy_page", 1): "placed",
    ("script", 1): "placed",
}


def test_page_script_and_extension_are_placed(store: Store, shop: Shop) -> None:
    run(store)
    assert states() == ALL_PLACED
    (page,) = shop.links.values()
    assert (page["type"], page["name"], page["link"], page["channel_id"]) == ("link", "Returns", LINK, 1)
    (script,) = shop.scripts.values()
    assert script["src"].startswith("http://127.0.0.1:5080/storefront/abc123.js?v=")
    assert (script["visibility"], script["auto_uninstall"]) == ("storefront", True)
    assert script["consent_category"] == "functional"
    assert script["integrity_hashes"] == [account_script.integrity(house_settings(), "abc123")]
    (extension,) = shop.extensions.values()
    assert (extension["context"], extension["model"]) == ("LINK", "ORDERS")
    assert (extension["url"], extension["label"]["defaultValue"]) == ("/orders/${id}/returns", "Returns")


def test_a_second_run_changes_nothing(store: Store, shop: Shop) -> None:
    run(store)
    before = list(shop.writes)
    run(store)
    run(store, repair=True)
    assert shop.writes == before
    assert states() == ALL_PLACED


def test_every_chosen_channel_gets_a_page_and_a_script_and_one_no_longer_chosen_loses_them(
    store: Store, shop: Shop
) -> None:
    choose(store, 1, 2)
    run(store)
    assert {page["channel_id"] for page in shop.links.values()} == {1, 2}
    assert {script["channel_id"] for script in shop.scripts.values()} == {1, 2}
    assert len(shop.extensions) == 1
    choose(store, 2)
    run(store)
    assert [page["channel_id"] for page in shop.links.values()] == [2]
    assert [script["channel_id"] for script in shop.scripts.values()] == [2]
    choose(store, 1, 2)
    run(store)
    assert {page["channel_id"] for page in shop.links.values()} == {1, 2}


def test_killed_between_the_stores_yes_and_our_note_it_adopts_what_is_there(store: Store, shop: Shop) -> None:
    ensure.ensure(store.id)
    db.session.rollback()
    assert states() == {}
    before = list(shop.writes)
    run(store)
    assert shop.writes == before
    assert states() == ALL_PLACED


def test_an_answer_that_was_lost_leaves_nothing_twice(store: Store, shop: Shop) -> None:
    shop.lose_answers = True
    for _ in range(4):
        with pytest.raises(BCUnavailable):
            run(store)
        db.session.rollback()
        shop.lose_answers = not shop.lose_answers or len(shop.writes) < 3
    shop.lose_answers = False
    run(store)
    assert [len(shop.links), len(shop.scripts), len(shop.extensions)] == [1, 1, 1]
    assert states() == ALL_PLACED


def test_a_page_that_never_reached_its_channel_is_sent_on(store: Store, shop: Shop) -> None:
    choose(store, 1, 2)
    shop.refusals_of_moves = 1
    with pytest.raises(BCUnavailable):
        run(store)
    db.session.rollback()
    assert sorted(page["channel_id"] for page in shop.links.values()) == [1, 1]
    run(store)
    assert sorted((page["channel_id"], page["name"]) for page in shop.links.values()) == [
        (1, "Returns"),
        (2, "Returns"),
    ]
    assert all(page["is_visible"] for page in shop.links.values())


@pytest.mark.parametrize("name", ["Returns", " returns ", "RETURNS"])
def test_a_page_of_the_merchants_own_is_not_touched(store: Store, shop: Shop, name: str) -> None:
    shop.add_page(name=name, type="page", body="<p>Our policy</p>")
    run(store)
    (page,) = shop.links.values()
    assert (page["name"], page["type"], page["body"]) == (name, "page", "<p>Our policy</p>")
    placement = ensure.get_placement("page", 1)
    assert (placement.state, placement.detail) == ("blocked", "name_taken")
    page["name"] = "Our policy"
    run(store)
    assert states() == ALL_PLACED


def test_a_link_of_the_merchants_to_somewhere_else_is_theirs(store: Store, shop: Shop) -> None:
    number = shop.add_page(name="Returns", type="link", link="https://elsewhere.example/r/other1")
    run(store)
    assert shop.pages[number]["link"] == "https://elsewhere.example/r/other1"
    assert states()[("page", 1)] == "blocked"


def test_a_link_that_was_renamed_and_hidden_stays_so_and_follows_us_when_we_move(store: Store, shop: Shop) -> None:
    run(store)
    (page,) = shop.links.values()
    page.update(name="Send it back", is_visible=False, link="https://old.example/r/abc123")
    run(store)
    assert (page["name"], page["is_visible"], page["link"]) == ("Send it back", False, LINK)


def test_a_script_of_an_older_version_is_brought_up_to_date(store: Store, shop: Shop) -> None:
    run(store)
    (script,) = shop.scripts.values()
    new = dict(script)
    script.update(src="http://127.0.0.1:5080/storefront/abc123.js?v=old", integrity_hashes=["sha384-old"])
    run(store)
    assert shop.scripts == {new["uuid"]: new}


def test_what_the_merchant_deleted_is_missing_until_repaired(store: Store, shop: Shop) -> None:
    run(store)
    for table in (shop.pages, shop.scripts, shop.extensions):
        table.clear()
    run(store)
    assert set(states().values()) == {"missing"}
    assert not shop.pages
    ensure.repair()
    db.session.commit()
    assert states() == ALL_PLACED
    assert [len(shop.links), len(shop.scripts), len(shop.extensions)] == [1, 1, 1]


@pytest.mark.parametrize(("kind", "channel"), [("page", 1), ("script", 1), ("app_extension", 0)])
def test_what_was_removed_through_us_stays_away_until_asked_for(
    store: Store, shop: Shop, kind: str, channel: int
) -> None:
    run(store)
    ensure.remove(kind, channel)
    db.session.commit()
    run(store, repair=True)
    assert states() == {**ALL_PLACED, (kind, channel): "removed"}

    def ours() -> int:
        return len({"page": shop.links, "script": shop.scripts, "app_extension": shop.extensions}[kind])

    assert ours() == 0
    ensure.place_again(kind, channel)
    db.session.commit()
    assert ours() == 1
    assert states() == ALL_PLACED


def test_removing_what_is_gone_already_is_fine(store: Store, shop: Shop) -> None:
    run(store)
    shop.pages.clear()
    ensure.remove("page", 1)
    assert ensure.get_placement("page", 1).state == "removed"


def test_a_scope_we_lack_blocks_one_thing_and_not_the_others(store: Store, shop: Shop) -> None:
    shop.refusals = {"graphql": 403}
    run(store)
    placement = ensure.get_placement("app_extension", 0)
    assert (placement.state, placement.detail) == ("blocked", "scope:store_app_extensions_manage")
    assert states() == {**ALL_PLACED, ("app_extension", 0): "blocked"}
    shop.refusals = {}
    run(store)
    assert states() == ALL_PLACED


def test_a_store_that_refuses_a_script_has_the_page_all_the_same(store: Store, shop: Shop) -> None:
    shop.refusals = {"scripts": 422}
    run(store)
    assert states() == {**ALL_PLACED, ("script", 1): "blocked"}
    assert ensure.get_placement("script", 1).detail == "refused"


def test_a_dead_token_stops_everything(store: Store, shop: Shop) -> None:
    shop.refusals = {"graphql": 401}
    with pytest.raises(StoreGone):
        ensure.ensure(store.id)
    db.session.rollback()
    assert not shop.pages
    assert db.session.get_one(Store, store.id, populate_existing=True).status == StoreStatus.NEEDS_AUTHORIZATION


def test_two_of_ours_become_one(store: Store, shop: Shop) -> None:
    run(store)
    (script,) = shop.scripts.values()
    shop.scripts["no-1"] = {**script, "uuid": "no-1"}
    (extension,) = shop.extensions.values()
    shop.extensions["no-2"] = {**extension, "id": "no-2"}
    run(store)
    assert list(shop.scripts) == [script["uuid"]]
    assert list(shop.extensions) == [extension["id"]]


def test_another_stores_placements_are_not_found(store: Store, shop: Shop) -> None:
    run(store)
    with as_store(factories.a_store(store_hash="xyz").id):
        assert ensure.list_placements() == []
        with pytest.raises(NotFound):
            ensure.remove("page", 1)
    assert len(shop.links) == 1
    assert db.session.query(Placement).count() == 4


def test_the_script_we_serve_is_the_one_whose_fingerprint_the_store_has(app: Flask, store: Store) -> None:
    answer = app.test_client().get("/storefront/abc123.js")
    raw = hashlib.sha384(answer.data).digest()
    assert f"sha384-{base64.b64encode(raw).decode()}" == account_script.integrity(house_settings(), "abc123")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.mimetype == "text/javascript"
    assert LINK in answer.text
    assert "client-of-tests" in answer.text
    assert "__" not in answer.text


def test_a_store_that_left_or_never_was_has_no_script(app: Flask, store: Store) -> None:
    store.status = StoreStatus.UNINSTALLED
    db.session.commit()
    for store_hash in ("abc123", "nobody9", "x" * 300):
        assert app.test_client().get(f"/storefront/{store_hash}.js").status_code == 404
