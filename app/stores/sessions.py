"""Sessions live here, in the database: a browser holds a key, we hold its digest, and ending one ends it at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from ..extensions import current_store_id, db
from ..lib import clock
from ..lib.ids import digest, token
from .aside import aside
from .lookup import find_session_store_id
from .models import PanelSession, PortalSession, StoreUser

PANEL_LIFE = timedelta(hours=12)
PORTAL_LIFE = timedelta(hours=2)
RENEW_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class PanelVisit:
    """A live session of the panel. `data`: what the pages keep in it."""

    id: int
    store_id: int
    user_id: int
    data: dict[str, Any]
    expires_at: datetime


def open_panel_session(user: StoreUser, data: dict[str, Any]) -> str:
    """Begin a session of `user` that keeps `data`; gives its key, a new one every time."""
    key, now = token(), clock.now()
    db.session.add(
        PanelSession(
            store_id=user.store_id,
            key_digest=digest(key),
            user_id=user.id,
            data=data,
            created_at=now,
            expires_at=now + PANEL_LIFE,
        )
    )
    return key


def find_panel_visit(key: str) -> PanelVisit | None:
    """The live session of `key`, of whichever store; None when it ended or its user may not come in any more.

    Reads aside, so that the request enters no store by looking.
    """
    key_digest = digest(key)
    store_id = find_session_store_id(key_digest)
    if store_id is None:
        return None
    wanted = (
        select(PanelSession.id, PanelSession.store_id, PanelSession.user_id, PanelSession.data, PanelSession.expires_at)
        .join(StoreUser, StoreUser.id == PanelSession.user_id)
        .where(
            PanelSession.key_digest == key_digest,
            PanelSession.expires_at > clock.now(),
            StoreUser.removed_at.is_(None),
        )
    )
    with aside(store_id) as connection:
        row = connection.execute(wanted).one_or_none()
    return PanelVisit(*row) if row else None


def save_panel_visit(visit: PanelVisit, data: dict[str, Any] | None) -> None:
    """Keep `data` (None: as it was) and let the session live on from now. Never revives one that was ended."""
    values: dict[str, Any] = {"expires_at": clock.now() + PANEL_LIFE}
    if data is not None:
        values["data"] = data
    with aside(visit.store_id) as connection:
        connection.execute(update(PanelSession).where(PanelSession.id == visit.id).values(**values))


def wants_renewal(visit: PanelVisit) -> bool:
    """Whether so much of its life has passed that it should be written anew: not at every request."""
    return visit.expires_at - clock.now() < PANEL_LIFE - RENEW_AFTER


def end_user_sessions(user_id: int) -> None:
    """End every session of a user of the entered store."""
    db.session.execute(delete(PanelSession).where(PanelSession.user_id == user_id))


def end_all_sessions() -> None:
    """End every session of the entered store, the shoppers' included."""
    db.session.execute(delete(PanelSession))
    db.session.execute(delete(PortalSession))


def open_portal_session(*, order_id: int | None = None, bc_customer_id: int | None = None) -> str:
    """Let a shopper in: to one order (a guest), or to one customer's orders. Gives the key their browser keeps."""
    if (order_id is None) == (bc_customer_id is None):
        raise ValueError("a shopper proves one order or one customer")
    key, now = token(), clock.now()
    db.session.add(
        PortalSession(
            store_id=current_store_id(),
            key_digest=digest(key),
            order_id=order_id,
            bc_customer_id=bc_customer_id,
            created_at=now,
            expires_at=now + PORTAL_LIFE,
        )
    )
    return key


def find_portal_session(key: str) -> PortalSession | None:
    """The live session of `key` in the entered store."""
    return db.session.scalar(
        select(PortalSession).where(PortalSession.key_digest == digest(key), PortalSession.expires_at > clock.now())
    )


def carry_draft(old_key: str, key: str) -> None:
    """Give the session of `key` what was typed in that of `old_key`, ended or not: one browser held both."""
    typed = select(PortalSession.draft).where(PortalSession.key_digest == digest(old_key)).scalar_subquery()
    db.session.execute(
        update(PortalSession)
        .where(PortalSession.key_digest == digest(key), typed.is_not(None))
        .values(draft=typed)
        .execution_options(synchronize_session=False)
    )


def end_portal_session(key: str) -> None:
    """End one shopper's session."""
    db.session.execute(delete(PortalSession).where(PortalSession.key_digest == digest(key)))
