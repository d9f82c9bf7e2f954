from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from app.bc_client import BCUnavailable
from app.lib import clock
from app.orders.health import SyncError, sync_health
from app.orders.sync import sync_order, want_order
from app.stores.models import Store
from tests.doubles import BigCommerceDouble
from tests.orders.wire import order_wire

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_store_just_installed_has_nothing_to_show(db: Any, store: Store) -> None:
    health = sync_health(store)
    assert (health.waiting, health.lag, health.errors, health.progress, health.last_error) == (0, None, (), None, None)
    assert (health.last_webhook_at, health.last_reconcile_at, health.paused_until) == (None, None, None)


def test_the_lag_is_that_of_the_oldest_wish_not_of_the_newest(db: Any, store: Store) -> None:
    clock.use(lambda: NOON)
    want_order(101)
    clock.use(lambda: NOON + timedelta(seconds=40))
    want_order(101)
    want_order(102)
    health = sync_health(store)
    assert (health.waiting, health.lag) == (2, timedelta(seconds=40))


def test_an_order_that_does_not_come_says_why_until_it_does(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    clock.use(lambda: NOON)
    bc.answers("GET", "/v2/orders/101", body=requests.ConnectionError())
    want_order(101)
    with pytest.raises(BCUnavailable):
        sync_order(store.id, 101)
    assert sync_health(store).errors == (SyncError(101, "BCUnavailable", NOON),)
    bc.forget()
    bc.answers("GET", "/v2/orders/101", order_wire())
    sync_order(store.id, 101)
    health = sync_health(store)
    assert (health.waiting, health.errors, health.lag) == (0, (), None)


def test_a_pause_that_is_over_is_not_shown(db: Any, store: Store) -> None:
    clock.use(lambda: NOON)
    store.paused_until = NOON + timedelta(seconds=5)
    assert sync_health(store).paused_until == NOON + timedelta(seconds=5)
    store.paused_until = NOON - timedelta(seconds=5)
    assert sync_health(store).paused_until is None
