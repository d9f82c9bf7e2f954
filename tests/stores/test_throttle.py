"""Counting tries."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from app.extensions import as_store
from app.extensions import db as database
from app.lib import clock
from app.stores.models import Store, Throttle
from app.stores.throttle import allow
from tests import factories

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def at(seconds: float) -> None:
    moment = START + timedelta(seconds=seconds)
    clock.use(lambda: moment)


def test_the_fourth_of_three_is_refused(store: Store) -> None:
    at(0)
    assert [allow("code:1", 3, 60) for _ in range(5)] == [True, True, True, False, False]


def test_every_key_and_every_store_counts_for_itself(store: Store) -> None:
    at(0)
    other = factories.a_store(store_hash="xyz")
    assert [allow("a", 1, 60), allow("b", 1, 60), allow("a", 1, 60)] == [True, True, False]
    with as_store(other.id):
        assert allow("a", 1, 60)


def test_the_end_of_a_window_does_not_double_what_is_allowed(store: Store) -> None:
    at(59)
    assert all(allow("a", 10, 60) for _ in range(10))
    at(61)
    assert not allow("a", 10, 60)
    at(121)
    assert allow("a", 10, 60)


def test_a_rollback_forgives_nothing(store: Store) -> None:
    at(0)
    assert allow("a", 1, 60)
    database.session.rollback()
    assert not allow("a", 1, 60)


def test_an_address_is_counted_and_not_kept(store: Store) -> None:
    at(0)
    allow("mail:shopper@shop.example", 1, 60)
    assert "shopper" not in database.session.query(Throttle).one().key


def test_many_at_once_are_counted_one_by_one(app: Any, store: Store) -> None:
    at(0)
    answers: list[bool] = []
    store_id = store.id

    def once() -> None:
        with app.app_context(), as_store(store_id):
            answers.append(allow("a", 5, 60))

    threads = [threading.Thread(target=once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True] * 5
