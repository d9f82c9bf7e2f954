"""Shoppers' sessions, users, settings, and what is swept."""

from datetime import timedelta

import pytest

from app.extensions import as_store, db
from app.lib import clock
from app.lib.errors import NotFound
from app.stores.models import PanelSession, PortalSession, Store, Throttle, UsedToken
from app.stores.queries import get_store, save_settings, settings_of
from app.stores.refresh import sweep
from app.stores.sessions import (
    end_portal_session,
    find_panel_visit,
    find_portal_session,
    open_panel_session,
    open_portal_session,
    save_panel_visit,
)
from app.stores.throttle import allow
from app.stores.tokens import use_once
from tests import factories


def later(seconds: float) -> None:
    moment = clock.now() + timedelta(seconds=seconds)
    clock.use(lambda: moment)


def test_a_guest_proves_one_order_and_a_customer_themselves(store: Store) -> None:
    order = factories.an_order()
    guest, customer = open_portal_session(order_id=order.id), open_portal_session(bc_customer_id=5)
    db.session.commit()
    assert find_portal_session(guest).order_id == order.id
    assert find_portal_session(customer).bc_customer_id == 5
    with pytest.raises(ValueError, match="one order or one customer"):
        open_portal_session()


def test_a_shoppers_session_ends_by_itself_or_at_once_and_is_of_its_store_only(store: Store) -> None:
    key, left = open_portal_session(bc_customer_id=5), open_portal_session(bc_customer_id=5)
    db.session.commit()
    with as_store(factories.a_store(store_hash="xyz").id):
        assert find_portal_session(key) is None
    end_portal_session(left)
    assert find_portal_session(left) is None
    later(2 * 3600 + 1)
    assert find_portal_session(key) is None


def test_a_session_that_was_ended_is_not_revived_by_a_page_that_still_runs(store: Store) -> None:
    key = open_panel_session(factories.a_user(store), {})
    db.session.commit()
    visit = find_panel_visit(key)
    db.session.query(PanelSession).delete()
    db.session.commit()
    save_panel_visit(visit, {"late": True})
    assert find_panel_visit(key) is None


def test_a_token_is_used_once_and_again_after_a_rollback(store: Store) -> None:
    until = clock.now() + timedelta(days=1)
    assert use_once("one", until)
    db.session.rollback()
    assert use_once("one", until)
    db.session.commit()
    assert not use_once("one", until)
    with as_store(factories.a_store(store_hash="xyz").id):
        assert use_once("one", until)


def test_what_has_run_out_is_swept_and_nothing_else(store: Store) -> None:
    user = factories.a_user(store)
    open_panel_session(user, {})
    open_portal_session(bc_customer_id=5)
    use_once("old", clock.now() + timedelta(hours=1))
    allow("a", 1, 60)
    db.session.commit()
    sweep()
    kept = (PanelSession, PortalSession, UsedToken, Throttle)
    assert [db.session.query(table).count() for table in kept] == [1, 1, 1, 1]
    later(3 * 86_400)
    fresh = open_panel_session(user, {})
    sweep()
    assert [db.session.query(table).count() for table in kept] == [1, 0, 0, 0]
    db.session.commit()
    assert find_panel_visit(fresh) is not None


def test_settings_start_with_defaults_and_keep_what_is_set(store: Store) -> None:
    assert settings_of(store).window_days == 30
    save_settings(store, settings_of(store).model_copy(update={"window_days": 14, "portal_channels": (1, 2)}))
    db.session.commit()
    db.session.expire_all()
    assert (settings_of(get_store()).window_days, settings_of(get_store()).portal_channels) == (14, (1, 2))


def test_outside_every_store_there_is_none(db: object) -> None:
    with pytest.raises(NotFound):
        get_store()
