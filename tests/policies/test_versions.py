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
from app.lib.errors import NotFound
from app.policies.models import PolicyVersion
from app.policies.versions import current_policy, get_policy, policy_of, publish
from app.stores.settings import Reason, StoreSettings
from tests.factories import a_store


def count(db: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(PolicyVersion))


def test_a_policy_says_what_the_settings_say() -> None:
    policy = policy_of(
        StoreSettings(
            window_days=14, grace_days=2, non_returnable_categories=(9, 3, 9), digital_returnable=True,
            review_above=Decimal("50"), reasons=(Reason(code="too_small", label="Too small"),),
        )
    )  # fmt: skip
    assert policy.to_json() | {"reasons": policy.to_json()["reasons"][-1:]} == {
        "window_days": 14, "grace_days": 2, "excluded_category_ids": [3, 9], "digital_returnable": True,
        "review_above": "50", "reasons": [["too_small", "Too small"]],
    }  # fmt: skip
    assert [code for code, _ in policy.reasons][:6] == [
        "damaged", "wrong_item", "not_as_described", "poor_quality", "delivery_problem", "no_longer_wanted",
    ]  # fmt: skip


def test_the_settings_in_force_are_published_when_first_asked_for(db: Any, store: Any) -> None:
    version, policy = current_policy(store)
    assert (version, policy) == (1, policy_of(StoreSettings()))
    assert current_policy(store) == (version, policy)
    assert count(db) == 1


def test_a_change_makes_a_version_and_the_old_one_can_be_read(db: Any, store: Any) -> None:
    old = publish(policy_of(StoreSettings()), by="owner")
    new = publish(policy_of(StoreSettings(window_days=14)), by="owner")
    again = publish(policy_of(StoreSettings(window_days=14)), by="owner")
    back = publish(policy_of(StoreSettings()), by="owner")
    assert (old, new, again, back) == (1, 2, 2, 3)
    assert (get_policy(1).window_days, get_policy(2).window_days) == (30, 14)


def test_the_same_amount_written_otherwise_is_no_change(db: Any, store: Any) -> None:
    versions = [publish(policy_of(StoreSettings(review_above=Decimal(text))), by="") for text in ("100", "100.00")]
    assert versions == [1, 1]


def test_a_published_policy_cannot_be_changed(db: Any, store: Any) -> None:
    publish(policy_of(StoreSettings()), by="owner")
    db.session.scalars(select(PolicyVersion)).one().document = {}
    with pytest.raises(RuntimeError, match="never changes"):
        db.session.flush()


def test_a_stranger_does_not_find_a_policy(db: Any, store: Any) -> None:
    publish(policy_of(StoreSettings(window_days=14)), by="owner")
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
            version = publish(policy_of(StoreSettings(window_days=days)), by="")
            extension.session.commit()
            return version

    store_id = store.id
    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        versions = sorted(pool.map(change, [1, 2, 3, 4]))
    assert versions == [1, 2, 3, 4]
