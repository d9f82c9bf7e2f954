"""What was promised and paid, and what is left."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import func, select

from ..extensions import db
from ..lib.errors import NotFound
from ..lib.money import Money
from ..orders.models import Order, StoreRefund
from ..returns.states import MoneyState
from .models import Refund, RefundItem, RefundQuote

LIVE = (MoneyState.PROMISED, MoneyState.SENDING, MoneyState.UNKNOWN, MoneyState.SETTLED)
"""Promises count as refunded."""
IN_FLIGHT = (MoneyState.SENDING, MoneyState.UNKNOWN)


def get_refund(refund_id: int, *, lock: bool = False) -> Refund:
    """The intent, freshly read; `lock`: its row is held until the transaction ends. Raises NotFound."""
    query = select(Refund).where(Refund.id == refund_id).execution_options(populate_existing=True)
    refund = db.session.scalar(query.with_for_update(of=Refund) if lock else query)
    if refund is None:
        raise NotFound()
    return refund


def get_quote(quote_id: int, return_id: int) -> RefundQuote:
    """The quote of that return. Raises NotFound."""
    quote = db.session.scalar(select(RefundQuote).where(RefundQuote.id == quote_id, RefundQuote.return_id == return_id))
    if quote is None:
        raise NotFound()
    return quote


def find_refund_of(quote_id: int) -> Refund | None:
    """The intent promised on that quote."""
    return db.session.scalar(select(Refund).where(Refund.quote_id == quote_id))


def refunds_of(return_id: int) -> Sequence[Refund]:
    """The intents of a return, oldest first."""
    return db.session.scalars(select(Refund).where(Refund.return_id == return_id).order_by(Refund.id)).all()


def refunds_of_order(order_id: int) -> Sequence[Refund]:
    """Every intent of an order, oldest first, those made outside the app included."""
    return db.session.scalars(select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)).all()


def list_open_refunds() -> Sequence[Refund]:
    """What is not finished, or waits for a person."""
    return db.session.scalars(
        select(Refund)
        .where(Refund.state.in_((MoneyState.PROMISED, *IN_FLIGHT)) | Refund.needs_person)
        .order_by(Refund.id)
    ).all()


def in_flight_on(order_id: int) -> Refund | None:
    """The intent of that order whose outcome the store still owes us."""
    return db.session.scalar(select(Refund).where(Refund.order_id == order_id, Refund.state.in_(IN_FLIGHT)))


def left_of(order: Order) -> Money:
    """What of the order's money is neither promised nor refunded, by us or by anybody."""
    ours = db.session.scalar(
        select(func.coalesce(func.sum(Refund.total), 0)).where(Refund.order_id == order.id, Refund.state.in_(LIVE))
    )
    known = select(Refund.bc_refund_id).where(Refund.order_id == order.id, Refund.bc_refund_id.is_not(None))
    others = db.session.scalar(
        select(func.coalesce(func.sum(StoreRefund.total), 0)).where(
            StoreRefund.order_id == order.id,
            StoreRefund.is_declined.is_(False),
            StoreRefund.bc_refund_id.not_in(known),
        )
    )
    return order.total - Money(Decimal(ours or 0), order.currency) - Money(Decimal(others or 0), order.currency)


def shipping_granted(order_id: int) -> bool:
    """Whether outbound shipping was promised or refunded already, by us or by anybody: it is granted once."""
    ours = db.session.scalar(
        select(RefundItem.id)
        .join(Refund)
        .where(Refund.order_id == order_id, Refund.state.in_(LIVE), RefundItem.item_type == "SHIPPING")
        .limit(1)
    )
    if ours is not None:
        return True
    rows = db.session.scalars(
        select(StoreRefund.items).where(StoreRefund.order_id == order_id, StoreRefund.is_declined.is_(False))
    )
    return any(item["item_type"] == "SHIPPING" for items in rows for item in items)


def units_taken(order: Order) -> dict[int, int]:
    """Units per order line that are refunded at the store or promised by us: the expectation goes on after them."""
    waiting: dict[int, int] = defaultdict(int)
    rows = db.session.execute(
        select(RefundItem.order_line_id, RefundItem.quantity)
        .join(Refund)
        .where(
            Refund.order_id == order.id,
            Refund.state.in_((MoneyState.PROMISED, *IN_FLIGHT)),
        )
    )
    for line_id, quantity in rows:
        if line_id is not None:
            waiting[line_id] += quantity
    return {line.id: min(line.quantity, line.quantity_refunded + waiting[line.id]) for line in order.lines}
