"""A shopper withdraws from a contract: the statement is kept and answered at once, nothing about it is checked first.

Whether the order is ours and whose it is comes later, in a job: the page takes the same time and says the same for
every order number. What follows from a statement is in `flows.follow_withdrawal`.
"""

from dataclasses import dataclass
from datetime import datetime

from ..extensions import house_settings
from ..jobs import enqueue, in_seconds
from ..lib import clock
from ..notices.write import write
from ..stores.models import Store
from ..stores.queries import get_store
from ..stores.throttle import allow
from ..withdrawals.models import Withdrawal
from ..withdrawals.queries import get_withdrawal, waiting_for_receipt
from ..withdrawals.record import Taken, record
from ..withdrawals.statement import Statement
from .commit import one_commit

WINDOW_S = 3600
PER_MAIL, PER_VISITOR, PER_STORE = 3, 20, 600
"""Receipts mailed at once in a window; what is above waits for its end, and one mail then brings all of them."""
PER_LETTER = 20


@dataclass(frozen=True)
class Stated:
    """What the page answers a statement with: nothing in it tells whether we know the order."""

    number: str
    at: datetime


def state(statement: Statement, *, form_key: str, visitor: str) -> Stated:
    """Keep `statement` and answer it by mail. Commits.

    Never refused: above the limits the mail comes later. The same stated again gets the first receipt again, the same
    form sent twice nothing more. `visitor`: what stands for the browser's network address.
    """
    store = get_store()
    is_calm = _is_calm(statement.email, visitor)
    with one_commit():
        withdrawal, taken = record(statement, form_key=form_key, store=store, key=house_settings().secret_key)
        if taken is not Taken.PRESSED_TWICE:
            _answer(withdrawal, taken, store, is_calm=is_calm)
            _act(withdrawal, is_calm=is_calm)
    return Stated(withdrawal.number, withdrawal.repeated_at or withdrawal.stated_at)


def _is_calm(email: str, visitor: str) -> bool:
    # Each is counted, whatever the others say.
    counted = [
        allow(f"withdrawal:mail:{email.casefold()}", PER_MAIL, WINDOW_S),
        allow(f"withdrawal:visitor:{visitor}", PER_VISITOR, WINDOW_S),
        allow("withdrawal:store", PER_STORE, WINDOW_S),
    ]
    return all(counted)


def _answer(withdrawal: Withdrawal, taken: Taken, store: Store, *, is_calm: bool) -> None:
    if taken is Taken.NEW and is_calm:
        _write_receipts([withdrawal], f"withdrawal:{withdrawal.id}:receipt")
    elif taken is Taken.NEW:
        waiting = waiting_for_receipt(withdrawal.email)
        if len(waiting) == 1:
            at = in_seconds(_until_next_window())
            enqueue("withdrawal.receipt", at=at, store_id=store.id, withdrawal_id=withdrawal.id)
    elif is_calm:
        _write_receipts([withdrawal], f"withdrawal:{withdrawal.id}:receipt:{withdrawal.repeats}")


def _act(withdrawal: Withdrawal, *, is_calm: bool) -> None:
    at = None if is_calm else in_seconds(_until_next_window())
    enqueue("withdrawal.follow", at=at, store_id=withdrawal.store_id, withdrawal_id=withdrawal.id)


def _until_next_window() -> float:
    """Seconds until the throttle counts from nothing again."""
    return WINDOW_S - clock.now().timestamp() % WINDOW_S + 1


def send_receipts(store_id: int, withdrawal_id: int) -> None:
    """Job `withdrawal.receipt`: write every receipt that waits for this statement's address, all in one letter."""
    withdrawal = get_withdrawal(withdrawal_id)
    waiting = list(waiting_for_receipt(withdrawal.email))
    for start in range(0, len(waiting), PER_LETTER):
        part = waiting[start : start + PER_LETTER]
        _write_receipts(part, f"withdrawal:{part[0].id}:receipt")


def _write_receipts(withdrawals: list[Withdrawal], cause: str) -> None:
    for withdrawal in withdrawals:
        withdrawal.receipt_at = withdrawal.receipt_at or clock.now()
    receipts = [
        {"number": one.number, "text": one.statement, "digest": one.digest, "seal": one.seal} for one in withdrawals
    ]
    write(
        "withdrawal_receipt", cause=cause, to_email=withdrawals[0].email, return_id=None, facts={"receipts": receipts}
    )
