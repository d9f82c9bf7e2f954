"""Policies are published in versions, and a version never changes."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import as_store
from app.extensions import db as extension
from app.lib import clock
from app.lib.errors import NotFound
from app.policies.document import PolicyDocument, PolicyInvalid, dump_document, parse_document
from app.policies.models import PolicyVersion
from app.policies.versions import (
    current_policy,
    document_of,
    follow_store,
    get_policy,
    get_version,
    list_versions,
    publish,
    publish_settings,
)
from app.stores.settings import Reason, StoreSettings
from tests.factories import a_store


def count(db: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(PolicyVersion))


def test_the_settings_in_force_are_published_when_first_asked_for(db: Any, store: Any) -> None:
    version, policy = current_policy(store)
    assert (version, policy) == (1, document_of(StoreSettings()))
    assert current_policy(store) == (version, policy)
    assert count(db) == 1


def test_a_change_makes_a_version_and_the_old_one_can_be_read(db: Any, store: Any) -> None:
    old = publish(document_of(StoreSettings()), by="owner")
    new = publish(document_of(StoreSettings(window_days=14)), by="owner")
    again = publish(document_of(StoreSettings(window_days=14)), by="owner")
    back = publish(document_of(StoreSettings()), by="owner")
    assert (old, new, again, back) == (1, 2, 2, 3)
    assert [get_policy(version).defaults.window.days for version in (1, 2)] == [30, 14]


def test_the_same_amount_written_otherwise_is_no_change(db: Any, store: Any) -> None:
    versions = [publish(document_of(StoreSettings(review_above=Decimal(text))), by="") for text in ("100", "100.00")]
    assert versions == [1, 1]


def own(days: int) -> PolicyDocument:
    return document_of(StoreSettings(window_days=days)).model_copy(update={"name": f"{days} days"})


def days_in_force(store: Any, channel_id: int | None = None) -> int:
    return current_policy(store, channel_id)[1].defaults.window.days


def test_the_settings_decide_until_the_merchant_publishes_a_document(db: Any, store: Any) -> None:
    assert days_in_force(store) == 30
    publish_settings(StoreSettings(window_days=14), by="owner")
    assert count(db) == 2
    publish(own(60), by="owner")
    assert days_in_force(store) == 60
    assert publish_settings(StoreSettings(window_days=7), by="owner") is None
    assert days_in_force(store) == 60
    publish_settings(StoreSettings(window_days=7), by="owner", take_over=True)
    store.settings = StoreSettings(window_days=7).model_dump(mode="json")
    assert days_in_force(store) == 7
    assert [(row.version, row.source) for row in list_versions()] == [
        (4, "settings"), (3, "merchant"), (2, "settings"), (1, "settings"),
    ]  # fmt: skip


def test_a_channel_may_have_a_policy_of_its_own_and_go_back_to_the_stores(db: Any, store: Any) -> None:
    assert publish(own(60), by="owner") == 1
    assert publish(own(90), by="owner", channel_id=2) == 2
    assert publish(own(90), by="owner", channel_id=2) == 2
    assert (days_in_force(store), days_in_force(store, 1), days_in_force(store, 2)) == (60, 60, 90)
    assert publish(own(61), by="owner") == 3
    assert (days_in_force(store, 1), days_in_force(store, 2)) == (61, 90)
    assert follow_store(2, by="owner") == 4
    assert days_in_force(store, 2) == 61
    assert get_policy(2).defaults.window.days == 90
    with pytest.raises(NotFound):
        get_version(4)


def test_a_channel_with_its_own_policy_beside_a_store_that_goes_by_its_settings(db: Any, store: Any) -> None:
    publish(own(90), by="owner", channel_id=2)
    assert (days_in_force(store, 2), days_in_force(store, 1), days_in_force(store)) == (90, 30, 30)


def test_what_was_published_before_policies_were_documents_can_still_be_read(db: Any, store: Any) -> None:
    old = {
        "window_days": 14, "grace_days": 2, "excluded_category_ids": [3, 9], "digital_returnable": True,
        "review_above": "50", "reasons": [["damaged", "Damaged or defective"], ["too_small", "Too small"]],
    }  # fmt: skip
    db.session.add(
        PolicyVersion(store_id=store.id, version=1, document=old, published_at=clock.now(), source="settings")
    )
    policy = get_policy(1)
    assert policy == document_of(
        StoreSettings(
            window_days=14, grace_days=2, non_returnable_categories=(3, 9), digital_returnable=True,
            review_above=Decimal("50"), reasons=(Reason(code="too_small", label="Too small"),),
        )
    )  # fmt: skip


def test_a_fact_gone_since_leaves_a_published_policy_readable(db: Any, store: Any) -> None:
    document = dump_document(own(60))
    document["rules"][0]["when"] = {"test": "compare", "fact": "product.colour", "op": "is", "value": "red"}
    db.session.add(PolicyVersion(store_id=store.id, version=1, document=document, published_at=clock.now()))
    assert days_in_force(store) == 60
    with pytest.raises(PolicyInvalid):
        parse_document(document)


def test_a_published_policy_cannot_be_changed(db: Any, store: Any) -> None:
    publish(document_of(StoreSettings()), by="owner")
    db.session.scalars(select(PolicyVersion)).one().document = {}
    with pytest.raises(RuntimeError, match="never changes"):
        db.session.flush()


def test_a_stranger_does_not_find_a_policy(db: Any, store: Any) -> None:
    publish(document_of(StoreSettings(window_days=14)), by="owner")
    db.session.commit()
    with as_store(a_store(store_hash="xyz").id):
        assert count(db) == 0
        with pytest.raises(NotFound):
            get_policy(1)


def test_two_who_publish_at_once_get_numbers_of_their_own(app: Flask, db: Any, store: Any) -> None:
    ready = Barrier(4)

    def change(days: int) -> int:
        with app.app_context(), as_store(store_id):
            ready.wait()
            version = publish(document_of(StoreSettings(window_days=days)), by="")
            extension.session.commit()
            return version

    store_id = store.id
    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        versions = sorted(pool.map(change, [1, 2, 3, 4]))
    assert versions == [1, 2, 3, 4]
