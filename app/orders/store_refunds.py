"""The refunds the store has on its books, ours and anybody's."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, update

from ..bc_client import BigCommerce
from ..bc_client.types.refunds import RefundReceipt
from ..extensions import current_store_id, db
from ..jobs import enqueue
from ..lib import clock
from .bulk import upsert
from .models import Order, StoreRefund

_TABLE: Table = StoreRefund.__table__  # type: ignore[assignment]
_KEPT = ("store_id", "order_id", "bc_refund_id", "total", "tax", "refunded_at", "items", "payments", "is_declined")
# Payments are made later: what is declined, or by which transaction it was paid, comes after the refund itself.
_DIFFERENT = (
    "(old.total, old.tax, old.items, old.payments, old.is_declined)"
    " IS DISTINCT FROM (excluded.total, excluded.tax, excluded.items, excluded.payments, excluded.is_declined)"
)


def save_refunds(order: Order, receipts: Iterable[RefundReceipt]) -> list[int]:
    """Write what the store said of the order's refunds. Gives the BigCommerce ids of those that are new or changed.

    Anything new or changed raises the order's version: a quote taken before is no longer good.
    """
    rows = [_row(order, one) for one in sorted(receipts, key=lambda one: one.id)]
    if not rows:
        return []
    db.session.flush()
    written = upsert(
        _TABLE,
        rows,
        key=("store_id", "bc_refund_id"),
        columns=(*_KEPT, "seen_at"),
        where=_DIFFERENT,
        returning="bc_refund_id",
    )
    news = [bc_refund_id for (bc_refund_id,) in written]
    if news:
        db.session.execute(update(Order).where(Order.id == order.id).values(version=Order.version + 1))
        db.session.expire(order)
    return news


def refresh(client: BigCommerce, order: Order) -> list[int]:
    """Read the order's refunds at the store; gives the ids of new or changed ones. Raises BCError."""
    return save_refunds(order, client.list_refunds(order.bc_order_id))


def adopt_news(order: Order, news: Sequence[int]) -> None:
    """Have refunds taken in that may have been made outside."""
    if news:
        enqueue("refund.adopt", store_id=order.store_id, order_id=order.id)


def _row(order: Order, one: RefundReceipt) -> dict[str, Any]:
    return {
        "store_id": current_store_id(),
        "order_id": order.id,
        "bc_refund_id": one.id,
        "total": one.total,
        "tax": one.total_tax,
        "refunded_at": one.created_at,
        "items": [
            {
                "item_type": item.type,
                "item_id": item.item_id,
                "quantity": item.quantity,
                "requested_amount": format(item.requested_amount, "f"),
                "reason": item.reason,
            }
            for item in one.items
        ],
        "payments": [
            {
                "provider_id": payment.provider_id,
                "amount": format(payment.amount, "f"),
                "offline": payment.offline,
                "is_declined": payment.is_declined,
            }
            for payment in one.payments
        ],
        "is_declined": one.declined,
        "seen_at": clock.now(),
    }
