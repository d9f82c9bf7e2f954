"""Telling the store: idempotent upserts, tried again until the store has it."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ..bc_client.client import BigCommerce
from ..extensions import db
from ..jobs import enqueue
from ..lib import clock
from ..lib.errors import RemoteError
from ..returns.models import Return
from ..returns.queries import get_return, returns_of_order
from ..stores.client import client_for, guarded
from ..stores.queries import get_store, settings_of
from .documents import NAMESPACE, NOTE_START, internal_document, shopper_document, staff_note, summary_document
from .models import WriteBack

NOTE_TRIES = 3

Write = Callable[[BigCommerce], None]


class NoteRaced(RemoteError):
    """Somebody else wrote the order's staff notes at the same moment, again and again."""

    def __init__(self) -> None:
        super().__init__("the staff notes changed under our hands", retryable=True, retry_after_s=20)


@dataclass(frozen=True)
class Told:
    """What a target is about to be told: the return as of `version`."""

    row_id: int
    version: int
    write: Write


def run(store_id: int, return_id: int) -> None:
    """Bring the store's books up to the return's present version, target by target. Runs twice without harm.

    Each target's success is kept, and one that fails does not keep the others from being told. Raises NotFound, and
    RemoteError where the store did not take it.
    """
    get_return(return_id)
    store = get_store()
    failed: list[RemoteError] = []
    with guarded(store), client_for(store) as client:
        for row_id in _pending(return_id):
            told = _prepare(row_id, return_id)
            # Nothing of the database is held while the store takes its time: a clerk may be deciding just now.
            db.session.commit()
            try:
                told.write(client)
            except RemoteError as error:
                _note_failure(told, error)
                failed.append(error)
            else:
                _note_success(told)
            db.session.commit()
        if failed:
            raise next((error for error in failed if error.retryable), failed[0])
    if _pending(return_id):
        enqueue_run(store_id, get_return(return_id))


def enqueue_run(store_id: int, rma: Return) -> None:
    """Let a worker tell the store about `rma`, one return of the order after the other."""
    enqueue("write_back.run", lock=f"write_back:{store_id}:{rma.order_id}", store_id=store_id, return_id=rma.id)


def _pending(return_id: int) -> Sequence[int]:
    query = (
        select(WriteBack.id)
        .where(WriteBack.return_id == return_id, WriteBack.wanted_version > WriteBack.done_version)
        .order_by(WriteBack.target)
    )
    return db.session.scalars(query).all()


def _prepare(row_id: int, return_id: int) -> Told:
    """Read everything that is to be said, in one go."""
    row = db.session.get_one(WriteBack, row_id, populate_existing=True)
    row.tries += 1
    rma = get_return(return_id)
    version = rma.version
    returns = returns_of_order(rma.order_id)
    number = rma.order.bc_order_id
    if row.target == "staff_note":
        return Told(row_id, version, _note_writer(number, staff_note(returns)))
    documents = [
        (rma.number, shopper_document(rma), "read_and_sf_access"),
        (f"{rma.number}-internal", internal_document(rma), "app_only"),
        ("summary", summary_document(returns), "read_and_sf_access"),
    ]
    fields = [
        (key, json.dumps(document, separators=(",", ":"), ensure_ascii=False), permission)
        for key, document, permission in documents
    ]
    return Told(row_id, version, _fields_writer(number, fields))


def _note_failure(told: Told, error: RemoteError) -> None:
    db.session.get_one(WriteBack, told.row_id, populate_existing=True).error = type(error).__name__


def _note_success(told: Told) -> None:
    row = db.session.get_one(WriteBack, told.row_id, populate_existing=True)
    # What was written last is what the store has, also when somebody slower wrote an older version.
    row.done_version = told.version
    row.done_at = clock.now()
    row.error = None


def _fields_writer(bc_order_id: int, fields: Sequence[tuple[str, str, str]]) -> Write:
    def write(client: BigCommerce) -> None:
        for key, value, permission in fields:
            client.put_order_metafield(bc_order_id, NAMESPACE, key, value, permission)

    return write


def _note_writer(bc_order_id: int, ours: str) -> Write:
    """The whole field is overwritten by the store: read, replace our own line, write, and see that it stands."""
    allowed = settings_of(get_store()).staff_notes

    def write(client: BigCommerce) -> None:
        if not allowed:
            # The merchant changed their mind after it was asked for.
            return
        for _ in range(NOTE_TRIES):
            before = client.get_order(bc_order_id).staff_notes
            after = with_our_line(before, ours)
            if after == before:
                return
            client.update_order(bc_order_id, staff_notes=after)
            now = client.get_order(bc_order_id).staff_notes
            # Somebody may have added to it since, which is fine as long as our line stands in it.
            if with_our_line(now, ours) == now:
                return
        raise NoteRaced()

    return write


_OUR_LINE = re.compile(rf"^{re.escape(NOTE_START)}:[^\r\n]*", re.MULTILINE)


def with_our_line(notes: str, ours: str) -> str:
    """`notes` with our one line in them: replaced where it stands, else put last. All other text stays as it is."""
    if _OUR_LINE.search(notes):
        return _OUR_LINE.sub(lambda _: ours, notes, count=1)
    return f"{notes}\n{ours}" if notes and not notes.endswith("\n") else f"{notes}{ours}"
