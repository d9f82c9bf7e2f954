"""The client of a store obeys its health, and writes it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.bc_client import BCMissingScope, BCRateLimited, BCUnavailable
from app.extensions import db as database
from app.extensions import enter_store
from app.lib import clock
from app.stores import health
from app.stores.aside import aside
from app.stores.client import StoreGone, StorePaused, client_for, guarded
from app.stores.models import Store, StoreStatus
from app.stores.refresh import refresh
from tests.doubles import BigCommerceDouble

STORE = "/v2/store"
PROFILE = {
    "id": "abc123",
    "name": "Shop of tests",
    "domain": "shop.example",
    "secure_url": "https://shop.example",
    "control_panel_base_url": "https://store-abc123.mybigcommerce.com",
    "timezone": {"name": "Europe/Berlin"},
    "currency": "EUR",
    "country_code": "DE",
}


def limits(left: int, *, quota: int = 150, reset_ms: int = 20_000) -> dict[str, str]:
    return {
        "X-Rate-Limit-Requests-Left": str(left),
        "X-Rate-Limit-Requests-Quota": str(quota),
        "X-Rate-Limit-Time-Window-Ms": "30000",
        "X-Rate-Limit-Time-Reset-Ms": str(reset_ms),
    }


def kept(store: Store) -> Any:
    """What another worker reads."""
    database.session.rollback()
    database.session.expire_all()
    return database.session.get_one(Store, store.id)


def still() -> None:
    moment = clock.now()
    clock.use(lambda: moment)


def later(seconds: float) -> None:
    moment = clock.now() + timedelta(seconds=seconds)
    clock.use(lambda: moment)


@pytest.mark.parametrize(("left", "is_low"), [(100, False), (16, False), (15, True), (3, True), (0, True)])
def test_a_low_remainder_pauses_the_store_for_everybody(
    bc: BigCommerceDouble, store: Store, left: int, is_low: bool
) -> None:
    still()
    bc.answers("GET", STORE, PROFILE, headers=limits(left))
    with client_for(store) as client:
        client.get_store()
    seen = kept(store)
    assert (seen.rate_left, seen.rate_quota) == (left, 150)
    assert seen.paused_until == (clock.now() + timedelta(seconds=20) if is_low else None)

    with client_for(seen) as another:
        if is_low:
            with pytest.raises(StorePaused) as paused:
                another.get_store()
            assert (paused.value.retryable, paused.value.outcome_unknown) == (True, False)
            assert paused.value.retry_after_s == 20
            later(20)
        another.get_store()
    assert len(bc.sent()) == 2


def test_in_a_small_window_the_last_three_are_left_alone(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, PROFILE, headers=limits(3, quota=8))
    with client_for(store) as client:
        client.get_store()
        with pytest.raises(StorePaused):
            client.get_store()


def test_a_person_who_waits_goes_on_until_nothing_is_left(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, PROFILE, headers=limits(2))
    bc.answers("GET", STORE, PROFILE, headers=limits(0))
    with client_for(store, urgent=True) as client:
        client.get_store()
        client.get_store()
        with pytest.raises(StorePaused):
            client.get_store()
    assert len(bc.sent()) == 2


@pytest.mark.parametrize(("headers", "seconds"), [(limits(0, reset_ms=7000), 7), ({"X-Retry-After": "4"}, 4), ({}, 10)])
def test_a_429_pauses_the_store_for_everybody(
    bc: BigCommerceDouble, store: Store, headers: dict[str, str], seconds: int
) -> None:
    still()
    bc.answers("GET", STORE, {}, status=429, headers=headers)
    with pytest.raises(BCRateLimited), guarded(store), client_for(store) as client:
        client.get_store()
    assert kept(store).paused_until == clock.now() + timedelta(seconds=seconds)
    with client_for(kept(store), urgent=True) as client, pytest.raises(StorePaused):
        client.get_store()
    assert len(bc.sent()) == 1


def test_a_401_stops_the_store_until_it_is_authorized_again(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, {"status": 401}, status=401)
    with client_for(store) as running:
        with pytest.raises(StoreGone) as gone, guarded(store):
            running.get_store()
        assert gone.value.retryable is False
        seen = kept(store)
        assert (seen.status, seen.last_error) == (StoreStatus.NEEDS_AUTHORIZATION, "unauthorized")
        # A job that had its client already stops at its next call, too.
        with pytest.raises(StoreGone):
            running.get_store()
    with pytest.raises(StoreGone):
        client_for(seen)
    assert len(bc.sent()) == 1


def test_a_late_401_does_not_bring_an_uninstalled_store_half_back(store: Store) -> None:
    store.status = StoreStatus.UNINSTALLED
    database.session.commit()
    health.note_unauthorized(store.id, store.installed_at)
    assert kept(store).status == StoreStatus.UNINSTALLED


def test_a_401_for_the_token_before_the_last_consent_stops_nothing_and_is_tried_again(
    bc: BigCommerceDouble, store: Store
) -> None:
    bc.answers("GET", STORE, {"status": 401}, status=401)
    with pytest.raises(StorePaused) as late, guarded(store), client_for(store) as client:
        # Meanwhile the merchant accepts again, which kills the token this call goes out with.
        with aside(store.id) as connection:
            moved = update(Store).where(Store.id == store.id).values(installed_at=clock.now() + timedelta(seconds=1))
            connection.execute(moved)
        client.get_store()
    assert late.value.retryable
    seen = kept(store)
    assert (seen.status, seen.last_error) == (StoreStatus.ACTIVE, None)


def test_a_403_names_the_missing_scope(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, {"status": 403, "title": "no"}, status=403)
    with pytest.raises(BCMissingScope), guarded(store), client_for(store) as client:
        client.get_store()
    assert kept(store).last_error == "forbidden:store_v2_information_read_only"
    assert kept(store).status == StoreStatus.ACTIVE


def test_an_error_is_noted_although_the_work_around_it_is_rolled_back(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, {}, status=502)
    with pytest.raises(BCUnavailable), guarded(store), client_for(store) as client:
        client.get_store()
    database.session.rollback()
    assert kept(store).last_error == "unavailable"
    assert kept(store).last_error_at is not None


def test_a_job_that_holds_the_stores_row_does_not_wait_for_itself(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, PROFILE, headers=limits(2))
    store.name = "changed, not committed"
    database.session.flush()
    with client_for(store) as client:
        assert client.get_store().name == "Shop of tests"


def test_a_store_is_refreshed_from_what_it_says_of_itself(bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, PROFILE)
    refresh(store.id)
    database.session.commit()
    seen = kept(store)
    assert (seen.name, seen.domain, seen.timezone) == ("Shop of tests", "shop.example", "Europe/Berlin")
    assert (seen.currency, seen.country) == ("EUR", "DE")
    assert seen.control_panel_url == "https://store-abc123.mybigcommerce.com"


def test_a_store_that_accepts_us_again_goes_on(bc: BigCommerceDouble, store: Store) -> None:
    store.status = StoreStatus.NEEDS_AUTHORIZATION
    database.session.commit()
    bc.answers("GET", STORE, PROFILE)
    refresh(store.id)
    database.session.commit()
    assert kept(store).status == StoreStatus.ACTIVE


def test_an_uninstalled_store_is_not_called(bc: BigCommerceDouble, store: Store) -> None:
    store.status = StoreStatus.UNINSTALLED
    database.session.commit()
    with pytest.raises(StoreGone):
        refresh(store.id)
    assert bc.sent() == []


def test_the_pause_is_seen_by_a_worker_in_another_thread(app: Any, bc: BigCommerceDouble, store: Store) -> None:
    bc.answers("GET", STORE, PROFILE, headers=limits(1))
    with client_for(store) as client:
        client.get_store()
    found: list[type] = []

    def work() -> None:
        with app.app_context():
            enter_store(store_id)
            try:
                client_for(database.session.get_one(Store, store_id)).get_store()
            except StorePaused as paused:
                found.append(type(paused))
            database.session.remove()

    store_id = store.id
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [StorePaused]
