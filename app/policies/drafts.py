"""Policies being written. A draft always parses: what does not is refused and changes nothing.

Two people may work on one draft: whoever changes a part of it says what the part looked like when they began
(`fingerprint`). If it looks different by now nothing is written, and the page shows both.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ..extensions import current_store_id, db
from ..lib import clock
from ..lib.errors import Conflict, NotFound
from .document import PolicyDocument, dump_document, load_document
from .golden import GoldenCase, dump_cases, parse_cases
from .models import PolicyCases, PolicyDraft


@dataclass(frozen=True)
class Draft:
    """A draft as it was read."""

    id: int
    channel_id: int | None
    version: int
    document: PolicyDocument
    cases: tuple[GoldenCase, ...]
    based_on: int | None


def get_draft(draft_id: int) -> Draft:
    """Raises NotFound."""
    return _read(_row(draft_id))


def find_draft(channel_id: int | None) -> Draft | None:
    """The draft for the store (None) or one channel."""
    row = db.session.scalar(select(PolicyDraft).where(PolicyDraft.channel_id.is_not_distinct_from(channel_id)))
    return _read(row) if row is not None else None


def list_drafts() -> list[PolicyDraft]:
    """Every draft: the store's, then those of channels."""
    return list(db.session.scalars(select(PolicyDraft).order_by(PolicyDraft.channel_id.nulls_first())))


def open_draft(
    channel_id: int | None,
    document: PolicyDocument,
    cases: Sequence[GoldenCase],
    *,
    based_on: int | None,
    by: str,
    replace: bool = False,
) -> int:
    """Begin a draft and give its id. One that is there already is kept as it is, unless `replace`."""
    values: dict[str, Any] = {
        "store_id": current_store_id(),
        "channel_id": channel_id,
        "document": dump_document(document),
        "cases": dump_cases(cases),
        "based_on": based_on,
        "updated_at": clock.now(),
        "updated_by": by,
    }
    statement = insert(PolicyDraft).values(version=1, **values)
    there = ["store_id", "channel_id"]
    if replace:
        changes = {**values, "version": PolicyDraft.version + 1}
        db.session.execute(statement.on_conflict_do_update(index_elements=there, set_=changes))
    else:
        db.session.execute(statement.on_conflict_do_nothing(index_elements=there))
    draft_id = db.session.scalar(select(PolicyDraft.id).where(PolicyDraft.channel_id.is_not_distinct_from(channel_id)))
    assert draft_id is not None, "it was just written"
    return draft_id


Change = Callable[[Draft], tuple[PolicyDocument, Sequence[GoldenCase]]]


def change_draft(draft_id: int, change: Change, *, by: str) -> Draft:
    """Write what `change` makes of the draft as it is now, while nobody else writes; gives the draft afterwards.

    Raises NotFound, and whatever `change` raises (PolicyInvalid, Conflict): then nothing is written.
    """
    row = _row(draft_id, lock=True)
    document, cases = change(_read(row))
    dumped, dumped_cases = dump_document(document), dump_cases(cases)
    if (dumped, dumped_cases) != (row.document, row.cases):
        db.session.execute(
            update(PolicyDraft)
            .where(PolicyDraft.id == draft_id)
            .values(document=dumped, cases=dumped_cases, version=row.version + 1, updated_at=clock.now(), updated_by=by)
        )
        db.session.refresh(row)
    return _read(row)


def discard_draft(draft_id: int) -> None:
    """Give the draft up. Raises NotFound."""
    if db.session.execute(delete(PolicyDraft).where(PolicyDraft.id == draft_id)).rowcount == 0:  # type: ignore[attr-defined]
        raise NotFound()


def lock_draft(draft_id: int) -> Draft:
    """The draft as it is now, and nobody else's until this transaction ends. Raises NotFound."""
    return _read(_row(draft_id, lock=True))


def fingerprint(part: Any) -> str:
    """A short mark of a part (a dumped rule, the defaults, a version): equal parts have equal marks."""
    text = json.dumps(part, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def still(part: Any, seen: str) -> None:
    """Raises Conflict("draft_changed") when `part` is no longer what was `seen`."""
    if fingerprint(part) != seen:
        raise Conflict("draft_changed")


def keep_cases(version: int, cases: Sequence[GoldenCase]) -> None:
    """The golden cases `version` was published with; published again with others, those count."""
    statement = insert(PolicyCases).values(store_id=current_store_id(), version=version, cases=dump_cases(cases))
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id", "version"], set_={"cases": statement.excluded.cases}
        )
    )


def cases_of(version: int) -> tuple[GoldenCase, ...]:
    """The golden cases of a published version; none where it had none."""
    kept = db.session.scalar(select(PolicyCases.cases).where(PolicyCases.version == version))
    return parse_cases(kept) if kept else ()


def _row(draft_id: int, *, lock: bool = False) -> PolicyDraft:
    if not 0 < draft_id < 2**63:
        raise NotFound()
    query = select(PolicyDraft).where(PolicyDraft.id == draft_id).execution_options(populate_existing=True)
    row = db.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound()
    return row


def _read(row: PolicyDraft) -> Draft:
    # Read as one that was stored: a fact or an effect that is gone since must not lock the merchant out of their draft.
    return Draft(row.id, row.channel_id, row.version, load_document(row.document), parse_cases(row.cases), row.based_on)
