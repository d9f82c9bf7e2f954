"""Sending a refund: look, say "I am about to call", call, and store the answer. Silence is a state, not an error.

Whoever calls these holds the order's `refund_lock` and gives `books`. Nothing of the database is held while the store
takes its time; what moves money is announced to the database first.
"""

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import select

from ..bc_client.client import BigCommerce
from ..bc_client.errors import BCNotFound, BCRejected
from ..bc_client.types.refunds import RefundItem as WireItem
from ..bc_client.types.refunds import RefundPayment, RefundReceipt, RefundRequest
from ..extensions import db
from ..lib import clock
from ..lib.errors import RemoteError
from ..returns.actor import SYSTEM
from ..returns.states import MoneyState
from .later import look_later, send_soon
from .models import Refund
from .outcome import after_silence, ask_again, follow, hold, move, refuse, take, to_person
from .queries import in_flight_on
from .recognize import LineCount, Sent, ambiguous, find_ours, may_send_again

log = logging.getLogger(__name__)

Books = Callable[[], AbstractContextManager[Refund]]
"""Opens the books: the order locked, the intent and its return freshly read; what was written in them is announced
and committed when they are closed."""

CLEAN_LOOKS = 3
MOST_SILENCES = 3
"""So often may a refund go unanswered; then a person takes over."""
MOST_ATTEMPTS = 10
BUSY_S = 15.0

# BigCommerce documents that it refuses concurrent refunds of an order, but not in which words.
_BUSY = re.compile(r"another refund|concurrent|sequential|(being|already|still) process|in progress", re.IGNORECASE)


class StoreBusy(RemoteError):
    """The store is at another refund of this order. Nothing was done."""

    def __init__(self) -> None:
        super().__init__("the store is at another refund of this order", retryable=True, retry_after_s=BUSY_S)


def send(books: Books, client: BigCommerce, *, look_delays_s: Sequence[float]) -> None:
    """Send a promised refund, or go on where a worker that died left it.

    While another one of the order is under way it does nothing: whoever ends that one enqueues this one again.
    Raises RemoteError when nothing was sent; the promise stands.
    """
    with books() as refund:
        if refund.state == MoneyState.SENDING:
            # We hold the lock, so whoever was sending is dead: what the store did, only the store knows.
            after_silence(refund, "worker_died", look_delays_s)
            return
        if refund.state != MoneyState.PROMISED or in_flight_on(refund.order_id) is not None:
            return
        bc_order_id = refund.order.bc_order_id
    try:
        receipts = client.list_refunds(bc_order_id)
    except BCNotFound as gone:
        _without_order(books, gone)
        return
    with books() as refund:
        if refund.state != MoneyState.PROMISED:
            return
        if (ours := _seen_before(refund, receipts)) is not None:
            take(refund, ours, via="look")
            return
        attempt, request = _about_to_call(refund)
    _call(books, client, attempt, request, look_delays_s)


def _without_order(books: Books, gone: BCNotFound) -> None:
    """There is nothing to refund any more. Raises `gone` where an earlier try may have been executed."""
    with books() as refund:
        if refund.state == MoneyState.PROMISED and not refund.silences:
            refuse(refund, gone.title or "order_gone", event="refuse")
            return
    raise gone


def _call(
    books: Books, client: BigCommerce, attempt: int, request: RefundRequest, look_delays_s: Sequence[float]
) -> None:
    try:
        receipt = client.create_refund(request)
    except RemoteError as error:
        with books() as refund:
            stands = _is_current(refund, attempt) and _not_done(refund, error, look_delays_s)
        if not stands:
            return
        raise (StoreBusy() if isinstance(error, BCRejected) else error) from error
    with books() as refund:
        if refund.attempt == attempt and refund.state in (MoneyState.SENDING, MoneyState.UNKNOWN):
            take(refund, receipt, via="answer")
        else:
            log.error("refund %s: answer %s of attempt %s came too late", refund.id, receipt.id, attempt)


def _is_current(refund: Refund, attempt: int) -> bool:
    return refund.attempt == attempt and refund.state == MoneyState.SENDING


def _not_done(refund: Refund, error: RemoteError, look_delays_s: Sequence[float]) -> bool:
    """Note why there is no receipt. Gives whether the promise stands, to be sent again later."""
    if error.outcome_unknown:
        after_silence(refund, "no_answer", look_delays_s)
        return False
    if isinstance(error, BCRejected) and not _is_busy(error, refund):
        if refund.silences:
            # An earlier POST was never answered: this refusal may be the store's guard against a duplicate.
            after_silence(refund, "refused_after_silence", look_delays_s)
        else:
            refuse(refund, error.title or "refused", event="refuse")
        return False
    hold(refund)
    return True


def _is_busy(error: BCRejected, refund: Refund) -> bool:
    return refund.attempt < MOST_ATTEMPTS and _BUSY.search(error.title) is not None


def look(books: Books, client: BigCommerce, *, look_id: int, look_delays_s: Sequence[float]) -> None:
    """Read the order's refunds at the store to learn what became of one that was answered with silence.

    Found: settled, also when a person was already asked. Not found on three clean looks: sent again only where the
    store's own count would refuse a duplicate; anything else waits for a person.
    `look_id`: which look this is (`Refund.look_id`). One that runs twice, or was not planned (0), does not
    count: the three are as far apart as they are meant to be.
    """
    with books() as refund:
        if refund.state != MoneyState.UNKNOWN:
            return
        bc_order_id, counts = refund.order.bc_order_id, look_id == refund.look_id
        last = counts and refund.looks + 1 >= CLEAN_LOOKS
    try:
        receipts = client.list_refunds(bc_order_id)
        lines = _counts(client, bc_order_id) if last else {}
    except BCNotFound:
        with books() as refund:
            to_person(refund, "order_gone")
        return
    with books() as refund:
        if refund.state == MoneyState.UNKNOWN and not _found(refund, receipts) and counts:
            _count_look(refund, receipts, lines, look_delays_s)


def _found(refund: Refund, receipts: list[RefundReceipt]) -> bool:
    """Settle it if ours is there, or ask a person which one it is. Gives whether there is nothing more to do."""
    sent, claimed = _sent(refund), _claimed(refund)
    if (ours := find_ours(sent, receipts, claimed)) is not None:
        take(refund, ours, via="look")
    elif ambiguous(sent, receipts, claimed):
        to_person(refund, "ambiguous_refunds")
    return refund.state != MoneyState.UNKNOWN or refund.needs_person


def _count_look(
    refund: Refund, receipts: list[RefundReceipt], lines: dict[int, LineCount], look_delays_s: Sequence[float]
) -> None:
    refund.looks += 1
    if refund.looks < CLEAN_LOOKS:
        look_later(refund, look_delays_s)
    elif refund.silences < MOST_SILENCES and may_send_again(_sent(refund), receipts, _claimed(refund), lines):
        move(refund, "promise_again")
        send_soon(refund)
    else:
        to_person(refund, "nothing_found")


def _counts(client: BigCommerce, bc_order_id: int) -> dict[int, LineCount]:
    lines = client.get_order(bc_order_id).lines
    return {line.bc_line_id: LineCount(line.quantity, line.quantity_refunded) for line in lines}


def confirm(books: Books, client: BigCommerce) -> None:
    """See through whether the payments of a refund the store took were made: a 201 is not yet money."""
    with books() as refund:
        number = refund.bc_refund_id
        if number is None or refund.confirmed_at or refund.state != MoneyState.SETTLED:
            return
    try:
        receipt = client.get_refund(number)
    except BCNotFound:
        # It gave us the number, so it is only not readable yet.
        receipt = None
    with books() as refund:
        if refund.confirmed_at or refund.state != MoneyState.SETTLED:
            return
        if receipt is None:
            ask_again(refund)
        else:
            follow(refund, receipt)


def _seen_before(refund: Refund, receipts: list[RefundReceipt]) -> RefundReceipt | None:
    """An earlier attempt of ours that the store executed after all. Before the first, only our mark can prove it."""
    if refund.attempt:
        return find_ours(_sent(refund), receipts, _claimed(refund))
    return next((receipt for receipt in receipts if receipt.carries(refund.mark)), None)


def _about_to_call(refund: Refund) -> tuple[int, RefundRequest]:
    move(refund, "send", actor=SYSTEM)
    refund.attempt += 1
    refund.sent_at = refund.sent_at or clock.now()
    refund.looks = 0
    refund.error = None
    return refund.attempt, _request(refund)


def _request(refund: Refund) -> RefundRequest:
    assert refund.quote is not None, "only quoted refunds are sent"
    items = [WireItem.from_json({**row, "reason": refund.mark}) for row in refund.quote.request["items"]]
    payments = [RefundPayment.from_json(row) for row in refund.quote.payments]
    return RefundRequest(refund.order.bc_order_id, tuple(items), tuple(payments))


def _sent(refund: Refund) -> Sent:
    assert refund.quote is not None, "only quoted refunds are sent"
    items = refund.quote.request["items"]
    return Sent(
        mark=refund.mark,
        quantities=tuple(sorted((row["item_id"], row["quantity"]) for row in items if row["item_type"] == "PRODUCT")),
        other_items=tuple(sorted(row["item_type"] for row in items if row["item_type"] != "PRODUCT")),
        total=refund.total,
        sent_at=refund.sent_at or refund.promised_at,
    )


def _claimed(refund: Refund) -> list[int]:
    query = select(Refund.bc_refund_id).where(
        Refund.order_id == refund.order_id, Refund.id != refund.id, Refund.bc_refund_id.is_not(None)
    )
    return [number for number in db.session.scalars(query) if number is not None]
