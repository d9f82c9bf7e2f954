"""Old keys and counts go; what somebody could still use stays."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.extensions import as_store, db
from app.lib import clock
from app.stores.models import PanelSession, Throttle, UsedToken
from app.stores.refresh import sweep


def a_session(store: Any, name: str, hours: int) -> PanelSession:
    now = clock.now()
    return PanelSession(
        store_id=store.id, key_digest=name, user_id=1, data={}, created_at=now, expires_at=now + timedelta(hours=hours)
    )


def test_what_has_expired_goes_and_what_has_not_stays(store: Any) -> None:
    now = clock.now()
    db.session.add_all([a_session(store, "old", -1), a_session(store, "new", 1)])
    db.session.add(UsedToken(store_id=store.id, jti="old", expires_at=now - timedelta(minutes=1)))
    db.session.add(Throttle(store_id=store.id, key="k", window_start=now - timedelta(days=3), count=4))
    db.session.add(Throttle(store_id=store.id, key="k", window_start=now, count=4))
    db.session.commit()

    sweep()
    db.session.commit()

    assert db.session.scalars(select(PanelSession.key_digest)).all() == ["new"]
    assert db.session.scalar(select(func.count()).select_from(UsedToken)) == 0
    assert db.session.scalar(select(func.count()).select_from(Throttle)) == 1


def test_another_stores_rows_are_none_of_its_business(store: Any) -> None:
    from tests.factories import a_store

    other = a_store(store_hash="other1")
    with as_store(other.id):
        db.session.add(a_session(other, "theirs", -1))
        db.session.commit()

    sweep()
    db.session.commit()

    with as_store(other.id):
        assert db.session.scalars(select(PanelSession.key_digest)).all() == ["theirs"]
