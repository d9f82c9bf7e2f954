"""Sending a refund: look, say "I am about to call", call, and store the answer. Silence is a state, not an error.

Every function here is called with the order's `refund_lock` held, and its caller commits. Only `send` commits
half-way: what moves money is announced to the database first.
"""

import logging
from datetime import timedelta

from sqlalchemy import select

from ..bc_client.client import BigCommerce
from ..bc_client.errors import BCError, BCRejected, BCUnavailable
from ..bc_client.types.refunds import RefundItem as WireItem
from ..bc_client.types.refunds import RefundPayment, RefundReceipt, RefundRequest
from ..extensions import db
from ..jobs import enqueue, in_seconds
from ..lib import clock
from ..lib.errors import RemoteError
from ..returns.actor import STORE, SYSTEM, Actor
from ..returns.states import MONEY, MoneyState
from .models import Refund
from .promise import enqueue_send, move_lines
from .queries import get_refund, in_flight_on
from .recognize import Sent, ambiguous, find_ours, store_would_refuse_a_second

log = logging.getLogger(__name__)

CONFIRM_AFTER_S = (2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""After a 201, when to ask whether the payment was made; the last one again and again."""
CONFIRM_FOR = timedelta(days=7)
CLEAN_LOOKS = 3


def send(refund_id: int, client: BigCommerce, *, look_delays_s: list[float]) -> Refund:
    """Send a promised refund, or go on where a worker that died left it.

    Raises RemoteError (retryable) when nothing was sent and later may work.
    """
    refund = get_refund(refund_id, lock=True)
    if refund.state == MoneyState.SENDING:
        # We hold the lock, so whoever was sending is dead: what the store did, only the store knows.
        return _after_silence(refund, "worker_died", look_delays_s)
    if refund.state != MoneyState.PROMISED:
        return refund
    if (other := in_flight_on(refund.order_id)) is not None and other.id != refund.id:
        raise RemoteError("another refund of this order is not settled yet", retryable=True, retry_after_s=15)
    receipts = client.list_refunds(refund.order.bc_order_id)
    if (ours := _seen_before(refund, receipts)) is not None:
        return _take(refund, ours, via="look")
    attempt = _about_to_call(refund)
    try:
        receipt = client.create_refund(_request(refund))
    except BCError as error:
        return _not_done(get_refund(refund_id, lock=True), error, attempt, look_delays_s)
    refund = get_refund(refund_id, lock=True)
    if refund.attempt != attempt:
        log.error("refund %s: an answer of attempt %s came when %s was current", refund_id, attempt, refund.attempt)
        return refund
    return _take(refund, receipt, via="answer")


def look(refund_id: int, client: BigCommerce, *, look_delays_s: list[float]) -> Refund:
    """Read the order's refunds at the store to learn what became of one that was answered with silence.

    Found: settled. Not found on three clean looks: sent again only where the store's own count would refuse a
    duplicate; anything else waits for a person.
    """
    refund = get_refund(refund_id, lock=True)
    if refund.state != MoneyState.UNKNOWN or refund.needs_person:
        return refund
    receipts = client.list_refunds(refund.order.bc_order_id)
    sent = _sent(refund)
    claimed = _claimed(refund)
    if (ours := find_ours(sent, receipts, claimed)) is not None:
        return _take(refund, ours, via="look")
    if ambiguous(sent, receipts, claimed):
        return _to_person(refund, "ambiguous_refunds")
    refund.looks += 1
    if refund.looks < CLEAN_LOOKS:
        _look_later(refund, look_delays_s)
        return refund
    return _after_clean_looks(refund, client, sent)


def confirm(refund_id: int, client: BigCommerce) -> Refund:
    """See through whether the payments of a refund the store took were made: a 201 is not yet money."""
    refund = get_refund(refund_id, lock=True)
    if refund.bc_refund_id is None or refund.confirmed_at or refund.state == MoneyState.REFUSED:
        return refund
    receipt = client.get_refund(refund.bc_refund_id)
    return _follow(refund, receipt)


def _seen_before(refund: Refund, receipts: list[RefundReceipt]) -> RefundReceipt | None:
    """An earlier attempt of ours that the store executed after all. Before the first, only our mark can prove it."""
    if refund.attempt:
        return find_ours(_sent(refund), receipts, _claimed(refund))
    return next((receipt for receipt in receipts if receipt.carries(refund.mark)), None)


def decide(refund: Refund, *, went_out: bool, actor: Actor, why: str) -> None:
    """Settle or refuse what waits for a person, on that person's word."""
    event = "settle" if went_out else "refuse"
    refund.state = MONEY.target(event, MoneyState(refund.state))
    refund.needs_person = False
    refund.error = None if went_out else "a person found that it did not go out"
    if went_out:
        refund.settled_at = refund.confirmed_at = clock.now()
    move_lines(refund, event, actor=actor, why=why, data={"decided_by_person": True})


def _about_to_call(refund: Refund) -> int:
    refund.state = MONEY.target("send", MoneyState(refund.state))
    refund.attempt += 1
    refund.sent_at = clock.now()
    refund.looks = 0
    refund.error = None
    move_lines(refund, "send", actor=SYSTEM)
    attempt = refund.attempt
    db.session.commit()
    return attempt


def _not_done(refund: Refund, error: BCError, attempt: int, look_delays_s: list[float]) -> Refund:
    if isinstance(error, BCUnavailable) and error.outcome_unknown:
        return _after_silence(refund, "no_answer", look_delays_s)
    if isinstance(error, BCRejected):
        return _refuse(refund, error.title or "refused", event="refuse")
    # It said that nothing was done (429, or no connection at all): the promise stands.
    _move(refund, "hold")
    db.session.commit()
    raise error


def _after_silence(refund: Refund, code: str, look_delays_s: list[float]) -> Refund:
    _move(refund, "lose_track")
    refund.error = code
    _look_later(refund, look_delays_s)
    return refund


def _look_later(refund: Refund, look_delays_s: list[float]) -> None:
    delay = look_delays_s[min(refund.looks, len(look_delays_s) - 1)]
    enqueue(
        "refund.look",
        queue="money",
        lock=f"refund:{refund.store_id}:{refund.order_id}",
        at=in_seconds(delay),
        store_id=refund.store_id,
        refund_id=refund.id,
    )


def _after_clean_looks(refund: Refund, client: BigCommerce, sent: Sent) -> Refund:
    order = client.get_order(refund.order.bc_order_id)
    refundable = {line.bc_line_id: line.quantity - line.quantity_refunded for line in order.lines}
    ours_fit = all(refundable.get(line, 0) >= units for line, units in sent.quantities)
    if sent.other_items or not sent.quantities or not ours_fit:
        return _to_person(refund, "nothing_found")
    if not store_would_refuse_a_second(sent.quantities, refundable):
        return _to_person(refund, "nothing_found")
    _move(refund, "promise_again")
    enqueue_send(refund)
    return refund


def _to_person(refund: Refund, code: str) -> Refund:
    refund.needs_person = True
    refund.error = code
    return refund


def _take(refund: Refund, receipt: RefundReceipt, *, via: str) -> Refund:
    """The store has our refund on its books."""
    if refund.state == MoneyState.PROMISED:
        _move(refund, "send")
    refund.bc_refund_id = receipt.id
    refund.needs_person = False
    refund.error = None
    log.info("refund %s is %s at the store (%s)", refund.id, receipt.id, via)
    return _follow(refund, receipt)


def _follow(refund: Refund, receipt: RefundReceipt) -> Refund:
    if receipt.declined:
        event = "decline" if refund.state == MoneyState.SETTLED else "refuse"
        return _refuse(refund, receipt.declined_message or "declined", event=event)
    if refund.state != MoneyState.SETTLED:
        _move(refund, "settle", data={"bc_refund_id": receipt.id, "total": str(receipt.total)})
        refund.settled_at = clock.now()
    if not receipt.pending:
        refund.confirmed_at = clock.now()
    elif refund.settled_at and clock.now() - refund.settled_at < CONFIRM_FOR:
        _confirm_later(refund)
    return refund


def _confirm_later(refund: Refund) -> None:
    asked = refund.looks
    refund.looks += 1
    delay = CONFIRM_AFTER_S[min(asked, len(CONFIRM_AFTER_S) - 1)]
    enqueue("refund.confirm", queue="money", at=in_seconds(delay), store_id=refund.store_id, refund_id=refund.id)


def _refuse(refund: Refund, why: str, *, event: str) -> Refund:
    _move(refund, event, why=why)
    refund.error = why
    return refund


def _move(refund: Refund, event: str, *, why: str = "", data: dict[str, object] | None = None) -> None:
    """Move the intent and the lines it pays for together."""
    refund.state = MONEY.target(event, MoneyState(refund.state))
    move_lines(refund, event, actor=STORE, why=why, data=data)


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
