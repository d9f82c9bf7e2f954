"""Taking down a statement: every one is kept, once. Nothing here commits: the flow does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import or_, select, text

from ..extensions import db
from ..lib import clock, ids
from ..stores.models import Store
from .deadline import PERIOD_DAYS
from .models import Withdrawal
from .statement import Statement, write_receipt

_SAME = timedelta(days=PERIOD_DAYS)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :store_id))")


class Taken(Enum):
    """What became of a statement that was sent."""

    NEW = "new"
    AGAIN = "again"
    """The same was stated before: its first receipt holds."""
    PRESSED_TWICE = "pressed_twice"
    """The very same form: nothing is to be done."""


def same_key(statement: Statement) -> str:
    """What two statements share that say the same, however they were typed."""
    reference = "".join(statement.order_reference.casefold().split()).lstrip("#")
    return ids.digest("\n".join((reference, statement.email.casefold(), statement.items.casefold())))


def record(statement: Statement, *, form_key: str, store: Store, key: str) -> tuple[Withdrawal, Taken]:
    """Keep `statement`, or find what it repeats. `key` seals the receipt."""
    same = same_key(statement)
    # Two of the same at one moment: the second waits and finds the first.
    db.session.execute(_LOCK, {"key": f"withdrawal:{same}", "store_id": store.id})
    now = clock.now().replace(microsecond=0)
    if (first := _find_first(same, form_key, now, store.timezone)) is None:
        return _insert(statement, same, _free(form_key), now, store, key), Taken.NEW
    if form_key in (first.form_key, first.last_form_key):
        return first, Taken.PRESSED_TWICE
    first.repeats += 1
    first.repeated_at = now
    first.last_form_key = form_key
    return first, Taken.AGAIN


def _find_first(same: str, form_key: str, now: datetime, timezone: str) -> Withdrawal | None:
    query = select(Withdrawal).where(Withdrawal.same_key == same).order_by(Withdrawal.id.desc())
    rows: Sequence[Withdrawal] = db.session.scalars(query.with_for_update(of=Withdrawal)).all()
    sent = next((row for row in rows if form_key in (row.form_key, row.last_form_key)), None)
    return sent or next((row for row in rows if _still_holds(row, now, clock.today(timezone).isoformat())), None)


def _still_holds(first: Withdrawal, now: datetime, today: str) -> bool:
    """Within the period one statement is enough; where no period is known, for as long as one lasts."""
    in_period = first.last_day is not None and not first.is_late and today <= first.last_day.isoformat()
    return in_period or now - first.stated_at <= _SAME


def _free(form_key: str) -> str:
    """`form_key`, or a new one if another statement was sent with it: no statement is refused for its form."""
    taken = select(Withdrawal.id).where(or_(Withdrawal.form_key == form_key, Withdrawal.last_form_key == form_key))
    return ids.token() if not form_key or db.session.scalar(taken.limit(1)) is not None else form_key


def _insert(statement: Statement, same: str, form_key: str, now: datetime, store: Store, key: str) -> Withdrawal:
    receipt = write_receipt(
        statement, number=ids.receipt_number(), stated_at=now, store_name=store.name, store_hash=store.store_hash,
        timezone=store.timezone, key=key,
    )  # fmt: skip
    row = Withdrawal(
        store_id=store.id,
        number=receipt.number,
        form_key=form_key,
        same_key=same,
        name=statement.name,
        email=statement.email,
        order_reference=statement.order_reference,
        items=statement.items,
        stated_at=now,
        statement=receipt.text,
        digest=receipt.digest,
        seal=receipt.seal,
    )
    db.session.add(row)
    db.session.flush()
    return row
