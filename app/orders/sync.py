"""An order as the store has it now: fetched by its id whenever we are told that something happened to it."""

from ..bc_client import BCNotFound, BigCommerce
from ..extensions import db
from ..lib import clock
from ..lib.errors import RemoteError
from ..stores.client import client_for, guarded
from ..stores.queries import get_store
from .models import Order
from .save import mark_deleted, save_order
from .shipments import refresh_shipments
from .store_refunds import adopt_news, refresh
from .wanted import Claim, claim, finish, note_error, want_order

__all__ = ["save_order", "sync_order", "want_order"]


def sync_order(store_id: int, bc_order_id: int) -> None:
    """Bring our copy of one order up to date, with its shipments and refunds where those were asked for.

    Runs twice, late or beside another of its kind without harm: the store's own date decides what is newer.
    Raises RemoteError.
    """
    claimed = claim(bc_order_id)
    if claimed is None:
        return
    store = get_store()
    # Nothing of the database is held while the store takes its time.
    db.session.commit()
    try:
        with guarded(store), client_for(store) as client:
            order = _fetch(client, bc_order_id)
            if order is not None:
                _fetch_parts(client, order, claimed)
    except RemoteError as error:
        db.session.rollback()
        note_error(bc_order_id, type(error).__name__)
        db.session.commit()
        raise
    finish(bc_order_id, claimed)
    db.session.commit()


def _fetch(client: BigCommerce, bc_order_id: int) -> Order | None:
    """Our copy of the order as it is now; None where there is nothing to copy."""
    asked_at = clock.now()
    try:
        snapshot = client.get_order(bc_order_id)
    except BCNotFound:
        mark_deleted(bc_order_id)
        return None
    order = save_order(snapshot, asked_at=asked_at)
    db.session.commit()
    return order


def _fetch_parts(client: BigCommerce, order: Order, claimed: Claim) -> None:
    if claimed.shipments:
        refresh_shipments(client, order)
    if claimed.refunds:
        adopt_news(order, refresh(client, order))
