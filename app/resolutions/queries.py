"""What was promised and paid, and what is left."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from ..extensions import db
from ..lib.errors import NotFound
from ..lib.money import Money
from ..orders.models import Order, StoreRefund
from ..returns.states import MoneyState
from .explain import intent_behind, intents_of, unexplained
from .models import Refund, RefundItem, RefundQuote

LIVE = (MoneyState.PROMISED, MoneyState.SENDING, MoneyState.UNKNOWN, MoneyState.SETTLED)
"""Promises count as refunded."""
IN_FLIGHT = (MoneyState.SENDING, MoneyState.UNKNOWN)
_BIGGEST_ID = 2**63 - 1


def get_refund(refund_id: int, *, lock: bool = False) -> Refund:
    """The intent, freshly read; `lock`: its row is held until the transaction ends. Raises NotFound."""
    if not 0 < refund_id <= _BIGGEST_ID:
        raise NotFound()
    query = select(Refund).where(Refund.id == refund_id).execution_options(populate_existing=True)
    refund = db.session.scalar(query.with_for_update(of=Refund) if lock else query)
    if refund is None:
        raise NotFound()
    return refund


def get_quote(quote_id: int, return_id: int) -> RefundQuote:
    """The quote of that return. Raises NotFound."""
    if not 0 < quote_id <= _BIGGEST_ID:
        raise NotFound()
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
    intents = intents_of(order.id)
    ours = sum((refund.total for refund in intents if refund.state in LIVE), Decimal(0))
    others = sum((row.total for row in _foreign(order.id, intents)), Decimal(0))
    return order.total - Money(ours, order.currency) - Money(others, order.currency)


def _foreign(order_id: int, intents: Sequence[Refund]) -> list[StoreRefund]:
    """Refunds of the store that none of our live intents counts already."""
    behind = [(row, intent_behind(row, intents)) for row in unexplained(order_id)]
    return [row for row, intent in behind if intent is None or intent.state not in LIVE]


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
    foreign = _foreign(order_id, intents_of(order_id))
    return any(item["item_type"] == "SHIPPING" for row in foreign for item in row.items)


def units_taken(order: Order) -> dict[int, int]:
    """Units per order line that are refunded at the store or promised by us: the expectation goes on after them."""
    waiting: dict[int, int] = defaultdict(int)
    settled: dict[int, int] = defaultdict(int)
    rows = db.session.execute(
        select(RefundItem.order_line_id, RefundItem.quantity, Refund.state)
        .join(Refund)
        .where(Refund.order_id == order.id, Refund.state.in_(LIVE))
    )
    for line_id, quantity, state in rows:
        if line_id is not None:
            (settled if state == MoneyState.SETTLED else waiting)[line_id] += quantity
    # The store counts what we settled too, but our copy of its count may be a moment old.
    return {
        line.id: min(line.quantity, max(line.quantity_refunded, settled[line.id]) + waiting[line.id])
        for line in order.lines
    }
