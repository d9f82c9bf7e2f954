"""A refund made by hand in the control panel: shown, counted, never repeated."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ..extensions import db
from ..lib import clock
from ..lib.errors import Conflict
from ..lib.money import Money, spread
from ..orders.models import Order, StoreRefund
from ..orders.queries import get_order, lock_order
from ..resolutions.explain import intent_behind, intents_of, is_void, rows_of, unexplained
from ..resolutions.later import look_soon
from ..resolutions.lock import refund_lock
from ..resolutions.models import Refund, RefundItem
from ..resolutions.outcome import PAID_TWICE, refuse
from ..resolutions.promise import take_back_promise
from ..resolutions.queries import in_flight_on
from ..returns.actor import STORE, SYSTEM
from ..returns.models import Return, ReturnLine
from ..returns.service import move_money
from ..returns.states import Decision, MoneyState
from .announce import announcing

CLOCKS_APART = timedelta(seconds=60)
"""The store writes full seconds, and its clock is not ours."""


def adopt(store_id: int, order_id: int) -> None:
    """Job: take in every refund of the order that the store has and none of our intents explains. Commits.

    While one of ours is under way it waits, because what looks foreign may be it: whoever ends that one asks for this
    again. Raises NotFound.
    """
    get_order(order_id)
    db.session.commit()
    with refund_lock(order_id):
        order = lock_order(order_id)
        if (flying := in_flight_on(order_id)) is not None:
            if flying.state == MoneyState.UNKNOWN:
                look_soon(flying)
        else:
            _take_in_news(order)
        db.session.commit()


def _take_in_news(order: Order) -> None:
    _hear_declines(order)
    for row in unexplained(order.id):
        ours = intent_behind(row, intents_of(order.id))
        if ours is None:
            _take_in(order, row)
        elif ours.state == MoneyState.SETTLED:
            ours.bc_refund_id = row.bc_refund_id
        elif ours.state != MoneyState.PROMISED:
            # One that is promised is about to look for itself.
            _came_after_all(ours, row)
        db.session.flush()
    for refund in intents_of(order.id):
        if refund.source == "external" and refund.state == MoneyState.SETTLED:
            _settle_owed(order, refund)


def _hear_declines(order: Order) -> None:
    """What counted as refunded and was declined by the store afterwards is owed again."""
    void = {row.bc_refund_id for row in rows_of(order.id) if is_void(row)}
    for refund in intents_of(order.id):
        if refund.bc_refund_id in void and refund.state == MoneyState.SETTLED:
            with _announcing_each(line.rma for line in _lines_of(refund)):
                refuse(refund, "declined", event="decline")


def _take_in(order: Order, theirs: StoreRefund) -> None:
    refund = Refund(
        store_id=order.store_id,
        order_id=order.id,
        source="external",
        state=MoneyState.SETTLED,
        total=theirs.total,
        currency=order.currency,
        bc_refund_id=theirs.bc_refund_id,
        promised_at=theirs.refunded_at,
        promised_by="the store's control panel",
        settled_at=theirs.refunded_at,
        confirmed_at=clock.now(),
    )
    by_number = {line.bc_line_id: line for line in order.lines}
    for item in theirs.items:
        line = by_number.get(item["item_id"]) if item["item_type"] == "PRODUCT" else None
        refund.items.append(
            RefundItem(
                store_id=order.store_id,
                item_type=item["item_type"],
                order_line_id=line.id if line is not None else None,
                quantity=int(item.get("quantity") or 0),
                amount=Decimal(item.get("requested_amount") or 0),
            )
        )
    db.session.add(refund)


def _settle_owed(order: Order, refund: Refund) -> None:
    """Settle what returns still owed of the units that `refund`, made outside, paid for."""
    loose = [item for item in refund.items if item.return_line_id is None and item.order_line_id and item.quantity]
    owed = {item.id: _owed(item, refund) for item in loose}
    facts = {"money": {"amount": str(refund.money.amount), "currency": refund.currency}}
    with _announcing_each((line.rma for lines in owed.values() for line in lines), facts=facts):
        for item in loose:
            _pair(refund, item, owed[item.id], order.currency)


def _pair(refund: Refund, item: RefundItem, owed: Sequence[ReturnLine], currency: str) -> None:
    """Give the item's units to the owed lines, oldest first; what nobody is owed stays with the item."""
    values = [unit.amount for unit in spread(Money(item.amount, currency), item.quantity)]
    for line in owed:
        if not values:
            break
        units = min(len(values), line.quantity)
        [settled] = move_money(line, "adopt", actor=STORE, quantity=units, data={"bc_refund_id": refund.bc_refund_id})
        refund.return_id = refund.return_id or settled.return_id
        paid, values = values[:units], values[units:]
        refund.items.append(
            RefundItem(
                store_id=refund.store_id,
                item_type=item.item_type,
                order_line_id=item.order_line_id,
                return_line_id=settled.id,
                quantity=units,
                amount=sum(paid, Decimal(0)),
            )
        )
    if values:
        item.quantity, item.amount = len(values), sum(values, Decimal(0))
    else:
        refund.items.remove(item)
    db.session.flush()


def _owed(item: RefundItem, refund: Refund) -> list[ReturnLine]:
    """Authorized units of that order line, neither promised nor paid, whose return was there when it was refunded.

    A refund older than the return was for something else: those units could not be asked for any more.
    """
    query = (
        select(ReturnLine)
        .join(Return)
        .where(
            ReturnLine.order_line_id == item.order_line_id,
            ReturnLine.decision == Decision.AUTHORIZED,
            ReturnLine.money.in_((MoneyState.NONE, MoneyState.REFUSED)),
            Return.created_at <= refund.promised_at + CLOCKS_APART,
        )
        .order_by(ReturnLine.id)
    )
    return list(db.session.scalars(query))


def _came_after_all(refund: Refund, row: StoreRefund) -> None:
    """Given up as refused, and the store executed it all the same: it carries our mark.

    A newer promise for the same units is withdrawn before it is sent. Where they were paid a second time already, a
    person is asked.
    """
    lines = _lines_of(refund)
    facts = {"money": {"amount": str(refund.money.amount), "currency": refund.currency}}
    with _announcing_each((line.rma for line in lines), facts=facts):
        for other in intents_of(refund.order_id):
            if other.state == MoneyState.PROMISED and {line.id for line in lines} & set(_line_ids(other)):
                take_back_promise(other, actor=SYSTEM)
        refund.state = MoneyState.SETTLED
        refund.bc_refund_id = row.bc_refund_id
        refund.settled_at = refund.confirmed_at = clock.now()
        refund.error = None
        for item in refund.items:
            if item.return_line is not None and not _adopted(item.return_line, item.quantity, row):
                refund.needs_person = True
                refund.error = PAID_TWICE


def _adopted(line: ReturnLine, quantity: int, row: StoreRefund) -> bool:
    try:
        with db.session.begin_nested():
            move_money(line, "adopt", actor=STORE, quantity=quantity, data={"bc_refund_id": row.bc_refund_id})
    except Conflict:
        db.session.refresh(line)
        return False
    return True


def _lines_of(refund: Refund) -> list[ReturnLine]:
    return [item.return_line for item in refund.items if item.return_line is not None]


def _line_ids(refund: Refund) -> list[int]:
    return [line.id for line in _lines_of(refund)]


@contextmanager
def _announcing_each(returns: Iterable[Return], *, facts: dict[str, Any] | None = None) -> Iterator[None]:
    """Announce what happens to each of `returns` inside the block, once each."""
    with ExitStack() as stack:
        for rma in {rma.id: rma for rma in returns}.values():
            stack.enter_context(announcing(rma, facts=facts))
        yield
