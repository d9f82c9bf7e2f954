"""Telling the store: idempotent upserts, tried again until the store has it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from ..bc_client.client import BigCommerce
from ..extensions import db
from ..lib import clock
from ..lib.errors import RemoteError
from ..orders.models import Order
from ..returns.models import Return
from ..stores.client import client_for, guarded
from ..stores.queries import get_store
from .documents import NAMESPACE, internal_document, shopper_document, staff_note, summary_document
from .models import WriteBack

NOTE_TRIES = 3


class NoteRaced(RemoteError):
    """Somebody else wrote the order's staff notes at the same moment, again and again."""

    def __init__(self) -> None:
        super().__init__("the staff notes changed under our hands", retryable=True, retry_after_s=20)


def run(store_id: int, return_id: int) -> None:
    """Bring the store's books up to the return's present version, target by target.

    Each target's success is kept before the next is tried. Raises RemoteError where the store did not take it.
    """
    rma = db.session.get_one(Return, return_id)
    store = get_store()
    with guarded(store):
        client = client_for(store)
        for target in _pending(return_id):
            version = rma.version
            target.tries += 1
            try:
                _write(target.target, rma, client)
            except RemoteError as error:
                target.error = type(error).__name__
                db.session.commit()
                raise
            target.done_version = version
            target.done_at = clock.now()
            target.error = None
            db.session.commit()


def _pending(return_id: int) -> Sequence[WriteBack]:
    query = (
        select(WriteBack)
        .where(WriteBack.return_id == return_id, WriteBack.wanted_version > WriteBack.done_version)
        .order_by(WriteBack.target)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).all()


def _write(target: str, rma: Return, client: BigCommerce) -> None:
    if target == "metafields":
        _write_metafields(rma, client)
    else:
        _write_staff_note(rma.order, client)


def _write_metafields(rma: Return, client: BigCommerce) -> None:
    number = rma.order.bc_order_id
    documents: list[tuple[str, dict[str, Any], str]] = [
        (rma.number, shopper_document(rma), "read_and_sf_access"),
        (f"{rma.number}-internal", internal_document(rma), "app_only"),
        ("summary", summary_document(_returns_of(rma.order)), "read_and_sf_access"),
    ]
    for key, document, permission in documents:
        value = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        client.put_order_metafield(number, NAMESPACE, key, value, permission)


def _write_staff_note(order: Order, client: BigCommerce) -> None:
    """The whole field is overwritten by the store: read, replace our own line, write, and see that it stands."""
    ours = staff_note(_returns_of(order))
    for _ in range(NOTE_TRIES):
        before = client.get_order(order.bc_order_id).staff_notes
        after = with_our_line(before, ours)
        if after == before:
            return
        client.update_order(order.bc_order_id, staff_notes=after)
        if client.get_order(order.bc_order_id).staff_notes == after:
            return
    raise NoteRaced()


def with_our_line(notes: str, ours: str) -> str:
    """`notes` with our one line in them: replaced where it stands, else put last. Everybody else's text is kept."""
    lines = notes.splitlines()
    marker = ours.split(":", 1)[0] + ":"
    at = [index for index, line in enumerate(lines) if line.startswith(marker)]
    if not at:
        return "\n".join([*lines, ours])
    lines[at[0]] = ours
    return "\n".join(line for index, line in enumerate(lines) if index not in at[1:])


def _returns_of(order: Order) -> Sequence[Return]:
    return db.session.scalars(select(Return).where(Return.order_id == order.id).order_by(Return.id)).all()
