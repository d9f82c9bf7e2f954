"""What a shopper bought and sent back in the last twelve months, where a rule asks for it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select

from ..extensions import db
from ..lib import clock
from ..orders.models import Order, OrderLine
from ..returns.models import Return, ReturnLine
from ..returns.states import Decision, Word

PERIOD = timedelta(days=365)
_NOT_COUNTED = (Decision.REJECTED, Decision.CANCELLED, Decision.EXPIRED)


@dataclass(frozen=True)
class History:
    returns: int
    """Filed, and neither rejected nor cancelled altogether."""
    rate: Decimal
    """Of the units bought, percent returned."""


def history_of(order: Order) -> History:
    """Of the shopper of `order`: a customer by their number, a guest by their mail."""
    since = clock.now() - PERIOD
    same = _same_shopper(order)
    filed = db.session.scalar(
        select(func.count(Return.id))
        .join(Order, Order.id == Return.order_id)
        .where(same, Return.created_at >= since, Return.word.not_in((Word.CANCELLED, Word.REJECTED)))
    )
    bought = db.session.scalar(
        select(func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(same, Order.ordered_at >= since, OrderLine.bc_parent_line_id.is_(None))
    )
    returned = db.session.scalar(
        select(func.sum(ReturnLine.quantity))
        .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(same, Order.ordered_at >= since, ReturnLine.decision.not_in(_NOT_COUNTED))
    )
    rate = Decimal(int(returned or 0)) * 100 / int(bought) if bought else Decimal(0)
    return History(filed or 0, min(rate, Decimal(100)).quantize(Decimal("0.01")))


def _same_shopper(order: Order) -> ColumnElement[bool]:
    if order.bc_customer_id:
        return Order.bc_customer_id == order.bc_customer_id
    mail = order.shopper_email.strip().lower()
    if not mail:
        return Order.id == order.id
    return func.lower(Order.shopper_email) == mail
