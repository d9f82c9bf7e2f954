"""A refund made by hand in the control panel: shown, counted, never repeated."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from ..extensions import db
from ..lib import clock
from ..lib.errors import RemoteError
from ..orders.models import Order, OrderLine, StoreRefund
from ..orders.queries import lock_order
from ..resolutions.lock import refund_lock
from ..resolutions.models import Refund, RefundItem
from ..resolutions.queries import in_flight_on, refunds_of_order
from ..returns.actor import STORE
from ..returns.models import Return, ReturnLine
from ..returns.service import move_money
from ..returns.states import Decision, MoneyState
from .announce import announcing


def adopt(store_id: int, order_id: int) -> None:
    """Job: take in every refund of the order that the store has and none of our intents explains.

    Raises RemoteError (retryable) while one of ours is under way: what looks foreign may be it.
    """
    with refund_lock(order_id):
        order = lock_order(order_id)
        if in_flight_on(order_id) is not None:
            raise RemoteError("a refund of ours is under way on this order", retryable=True, retry_after_s=10)
        for theirs in _foreign(order):
            _take_in(order, theirs)
        db.session.commit()


def _foreign(order: Order) -> list[StoreRefund]:
    ours = refunds_of_order(order.id)
    known = {refund.bc_refund_id for refund in ours}
    marks = [refund.mark for refund in ours if refund.mark]
    rows = db.session.scalars(
        select(StoreRefund)
        .where(StoreRefund.order_id == order.id, StoreRefund.is_declined.is_(False))
        .order_by(StoreRefund.bc_refund_id)
    )
    return [row for row in rows if row.bc_refund_id not in known and not _marked(row.items, marks)]


def _marked(items: Iterable[dict[str, Any]], marks: Iterable[str]) -> bool:
    return any(mark in item.get("reason", "") for item in items for mark in marks)


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
    db.session.add(refund)
    db.session.flush()
    by_number = {line.bc_line_id: line for line in order.lines}
    for item in theirs.items:
        line = by_number.get(item["item_id"]) if item["item_type"] == "PRODUCT" else None
        _take_in_item(refund, item, line)
    db.session.flush()


def _take_in_item(refund: Refund, item: dict[str, Any], line: OrderLine | None) -> None:
    """Note what was paid for, and settle the units of that line which a return still owed."""
    left = int(item.get("quantity") or 0)
    for owed in _owed(line) if line is not None else ():
        if left < 1:
            break
        units = min(left, owed.quantity)
        with announcing(owed.rma, facts={"money": {"amount": str(refund.money.amount), "currency": refund.currency}}):
            [adopted] = move_money(
                owed, "adopt", actor=STORE, quantity=units, data={"bc_refund_id": refund.bc_refund_id}
            )
        refund.return_id = refund.return_id or adopted.return_id
        refund.items.append(_item(refund, item, line, adopted, units))
        left -= units
    if left or line is None:
        refund.items.append(_item(refund, item, line, None, left))


def _item(
    refund: Refund, item: dict[str, Any], line: OrderLine | None, owed: ReturnLine | None, units: int
) -> RefundItem:
    return RefundItem(
        store_id=refund.store_id,
        item_type=item["item_type"],
        order_line_id=line.id if line is not None else None,
        return_line_id=owed.id if owed is not None else None,
        quantity=units,
        amount=item.get("requested_amount") or 0,
    )


def _owed(line: OrderLine) -> list[ReturnLine]:
    """Authorized units of that order line whose money was neither promised nor paid, oldest first."""
    query = (
        select(ReturnLine)
        .join(Return)
        .where(
            ReturnLine.order_line_id == line.id,
            ReturnLine.decision == Decision.AUTHORIZED,
            ReturnLine.money.in_((MoneyState.NONE, MoneyState.REFUSED)),
        )
        .order_by(ReturnLine.id)
    )
    return list(db.session.scalars(query))
