"""What the store says of itself: name, addresses, time zone, currency. And the sweeping of what has run out."""

from datetime import timedelta

from sqlalchemy import delete

from ..extensions import db
from ..jobs import enqueue
from ..lib import clock
from .client import StoreGone, client_for, guarded
from .models import PanelSession, PortalCode, PortalSession, StoreStatus, Throttle, UsedToken
from .queries import get_store

KEEP_COUNTS = timedelta(days=2)
"""Longer than any window anybody counts in."""


def refresh(store_id: int) -> None:
    """Bring the store's profile up to date. A store that needed authorization and answers again goes on."""
    store = get_store()
    if store.status == StoreStatus.UNINSTALLED:
        raise StoreGone(store.status)
    sweep()
    db.session.flush()
    with guarded(store), client_for(store, probing=True) as client:
        info = client.get_store()
    store.name = info.name
    store.domain = info.domain
    store.control_panel_url = info.control_panel_url
    store.timezone = info.timezone
    store.currency = info.currency or store.currency
    store.country = info.country_code
    if store.status == StoreStatus.NEEDS_AUTHORIZATION:
        store.status = StoreStatus.ACTIVE
        enqueue("store.resume", store_id=store.id)


def sweep() -> None:
    """Drop the entered store's sessions, codes, used tokens and counts that have run out."""
    now = clock.now()
    for table in (PanelSession, PortalSession, PortalCode, UsedToken):
        db.session.execute(delete(table).where(table.expires_at < now))
    db.session.execute(delete(Throttle).where(Throttle.window_start < now - KEEP_COUNTS))
