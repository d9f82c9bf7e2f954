"""What an answer of the store, or its silence, means for an intent and the lines it pays for.

Every function writes into books that are open: the order locked, the intent and its return freshly read.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from ..bc_client.types.refunds import RefundReceipt
from ..extensions import db
from ..lib import clock
from ..orders.wanted import want_order
from ..returns.actor import STORE, Actor
from ..returns.service import note
from ..returns.states import MONEY, MoneyState
from .explain import find_row_of, unexplained
from .later import adopt_soon, confirm_later, look_later, send_soon
from .models import Refund
from .promise import move_lines

log = logging.getLogger(__name__)

CONFIRM_FOR = timedelta(days=7)
DECIDED = "decided_by_person"
"""Refused, because a person found nothing of it at the store."""
PAID_TWICE = "paid_twice"
"""The store executed it long after it was given up, when its units had been paid for anew."""


def take(refund: Refund, receipt: RefundReceipt, *, via: str) -> None:
    """The store has our refund on its books. `via`: answer or look."""
    if refund.state == MoneyState.PROMISED:
        move(refund, "send")
    refund.bc_refund_id = receipt.id
    refund.needs_person = False
    refund.error = None
    log.info("refund %s is %s at the store (%s)", refund.id, receipt.id, via)
    follow(refund, receipt)


def follow(refund: Refund, receipt: RefundReceipt) -> None:
    """Where its payments stand: on the books is not yet money. A part declined and a part paid needs a person."""
    payments = receipt.payments
    if payments and all(payment.is_declined for payment in payments):
        event = "decline" if refund.state == MoneyState.SETTLED else "refuse"
        refuse(refund, receipt.declined_message or "declined", event=event)
        return
    if refund.state != MoneyState.SETTLED:
        move(refund, "settle", data={"bc_refund_id": receipt.id, "total": str(receipt.total)})
        refund.settled_at = clock.now()
        refund.looks = 0
        landed(refund)
    if receipt.declined:
        refund.needs_person = True
        refund.error = f"declined in part: {receipt.declined_message}"
    if not receipt.pending:
        refund.confirmed_at = clock.now()
    else:
        ask_again(refund)


def ask_again(refund: Refund) -> None:
    """Ask after the payments later, for a week."""
    if refund.settled_at and clock.now() - refund.settled_at < CONFIRM_FOR:
        confirm_later(refund)


def refuse(refund: Refund, why: str, *, event: str) -> None:
    """It will not be paid. `event`: refuse, or decline when it had been taken. `why`: the store's words, or a code."""
    move(refund, event, why=why)
    refund.needs_person = False
    refund.error = why
    landed(refund)


def hold(refund: Refund) -> None:
    """The store said that nothing was done: the promise stands, and is sent again later."""
    move(refund, "hold")
    _wake_others(refund)


def after_silence(refund: Refund, code: str, look_delays_s: Sequence[float]) -> None:
    """Nobody knows whether it was done: only the store can tell."""
    move(refund, "lose_track")
    refund.silences += 1
    refund.looks = 0
    refund.error = code
    look_later(refund, look_delays_s)


def to_person(refund: Refund, code: str) -> None:
    """What stays ambiguous is decided by a person, with both sides shown."""
    refund.needs_person = True
    refund.error = code


def decide(refund: Refund, *, went_out: bool, actor: Actor, why: str) -> None:
    """Settle or refuse what waits for a person, on that person's word."""
    refund.needs_person = False
    if refund.state == MoneyState.SETTLED and (went_out or refund.error == PAID_TWICE):
        # Paid it is, one way or the other: what the person saw is kept beside it.
        refund.error = None
        if refund.rma is not None:
            note(refund.rma, why, actor=actor)
        return
    event = ("decline" if refund.state == MoneyState.SETTLED else "refuse") if not went_out else "settle"
    move(refund, event, actor=actor, why=why, data={"decided_by_person": True})
    refund.error = None if went_out else DECIDED
    if went_out:
        refund.settled_at = refund.confirmed_at = clock.now()
        row = find_row_of(refund)
        refund.bc_refund_id = row.bc_refund_id if row is not None else None
    landed(refund)


def move(
    refund: Refund, event: str, *, actor: Actor = STORE, why: str = "", data: dict[str, object] | None = None
) -> None:
    """Move the intent and the lines it pays for together."""
    refund.state = MONEY.target(event, MoneyState(refund.state))
    move_lines(refund, event, actor=actor, why=why, data=data)


def landed(refund: Refund) -> None:
    """Its outcome is known: whoever waited for it goes on, and our copy of the order is brought up to date."""
    db.session.flush()
    _wake_others(refund)
    want_order(refund.order.bc_order_id, refunds=True)
    if unexplained(refund.order_id):
        adopt_soon(refund.store_id, refund.order_id)


def _wake_others(refund: Refund) -> None:
    waiting = db.session.scalars(
        select(Refund)
        .where(Refund.order_id == refund.order_id, Refund.state == MoneyState.PROMISED, Refund.id != refund.id)
        .order_by(Refund.id)
    )
    for other in waiting:
        send_soon(other)
