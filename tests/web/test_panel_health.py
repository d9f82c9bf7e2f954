"""Sync health, the progress of the first sync, and what stands in the store."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.lib import clock
from app.orders.models import SyncRun
from app.storefront.models import Placement
from app.stores.models import Store
from tests.bc_client.recordings import recorded
from tests.web.panel_visitor import Visitor, words


@pytest.fixture
def clerk(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def a_run(db: Any, store: Store, **changes: Any) -> None:
    facts = {"state": "running", "expected": 300, "seen": 120, "started_at": clock.now(), **changes}
    db.session.add(SyncRun(store_id=store.id, **facts))
    db.session.commit()


def test_the_first_sync_shows_how_far_it_is_until_it_is_done(clerk: Visitor, db: Any, store: Store) -> None:
    a_run(db, store)
    piece = clerk.get("/panel/welcome/progress").text
    assert 'max="300" value="120"' in piece
    assert "data-done" not in piece
    assert "120 of 300" in words(clerk.get("/panel/"))
    a_run(db, store, state="done", seen=301, finished_at=clock.now())
    piece = clerk.get("/panel/welcome/progress").text
    assert "301 orders are here" in piece
    assert "data-done" in piece
    assert "still arriving" not in words(clerk.get("/panel/"))


def test_a_pause_and_the_last_trouble_are_said_in_words(clerk: Visitor, db: Any, store: Store) -> None:
    store.last_error, store.last_error_at = "forbidden:store_v2_orders", clock.now()
    db.session.commit()
    page = words(clerk.get("/panel/health"))
    assert "A permission is missing (store_v2_orders). Install the app again to grant it." in page
    assert "Some webhooks are missing" in page


def test_sync_now_asks_for_what_changed(clerk: Visitor, jobs: Callable[[], list[Any]], store: Store) -> None:
    assert clerk.post("/panel/health/sync").status_code == 303
    assert jobs() == [("orders.reconcile", {"store_id": store.id}), ("hooks.check", {"store_id": store.id})]


@pytest.mark.parametrize(
    ("state", "detail", "said", "button"),
    [
        ("placed", "", "It is there.", "Remove it"),
        ("missing", "", "somebody deleted it in the store", "Place it again"),
        ("removed", "", "You removed it.", "Place it again"),
        ("blocked", "name_taken", "You have a page of that name yourself", "Look again and repair"),
        ("blocked", "scope:store_v2_content", "A permission is missing (store_v2_content).", "Look again and repair"),
    ],
)
def test_what_stands_in_the_store_is_shown(
    clerk: Visitor, db: Any, store: Store, state: str, detail: str, said: str, button: str
) -> None:
    db.session.add(
        Placement(
            store_id=store.id,
            kind="page",
            channel_id=1,
            remote_id="9",
            state=state,
            detail=detail,
            checked_at=clock.now(),
        )
    )
    db.session.commit()
    page = words(clerk.get("/panel/settings"))
    assert "“Returns” link in the storefront menu channel 1" in page
    assert said in page
    assert button in page


def test_a_link_is_removed_from_the_store(clerk: Visitor, db: Any, store: Store, bc: Any) -> None:
    pages = recorded("v3/pages.json")
    pages["data"] = [
        {
            **pages["data"][0],
            "id": 9,
            "type": "link",
            "channel_id": 1,
            "link": f"http://127.0.0.1:5080/r/{store.store_hash}",
        }
    ]
    bc.answers("GET", r"/v3/content/pages", pages)
    bc.answers("DELETE", r"/v3/content/pages/9", status=204)
    placement = Placement(store_id=store.id, kind="page", channel_id=1, remote_id="9", checked_at=clock.now())
    db.session.add(placement)
    db.session.commit()
    clerk.get("/panel/settings")
    assert clerk.post("/panel/settings/storefront/remove", {"kind": "page", "channel": "1"}).status_code == 303
    db.session.refresh(placement)
    assert placement.state == "removed"
    assert [call["path"].rpartition("/")[2] for call in bc.sent("DELETE")] == ["9"]


def test_a_store_that_does_not_answer_leaves_things_as_they_are(clerk: Visitor, db: Any, store: Store, bc: Any) -> None:
    placement = Placement(store_id=store.id, kind="page", channel_id=1, remote_id="9", checked_at=clock.now())
    db.session.add(placement)
    db.session.commit()
    clerk.get("/panel/settings")
    answer = clerk.post("/panel/settings/storefront/remove", {"kind": "page", "channel": "1"})
    assert answer.status_code == 503
    assert "The store does not answer right now" in words(answer)
    db.session.refresh(placement)
    assert placement.state == "placed"


def test_chosen_channels_are_brought_into_the_store(
    clerk: Visitor, jobs: Callable[[], list[Any]], store: Store, db: Any
) -> None:
    assert clerk.post("/panel/settings/storefront", {"portal_channels": "1, 1024"}).status_code == 303
    assert jobs() == [("storefront.ensure", {"store_id": store.id})]
    assert clerk.post("/panel/settings/storefront", {"portal_channels": "shop"}).status_code == 400
