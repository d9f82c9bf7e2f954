"""Which refund on the store's books is which intent of ours. What none explains was made outside."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from ..extensions import db
from ..orders.models import StoreRefund
from ..returns.states import MoneyState
from .models import Refund


def rows_of(order_id: int) -> Sequence[StoreRefund]:
    """The order's refunds as we last saw them at the store, declined ones included, oldest first."""
    return db.session.scalars(
        select(StoreRefund)
        .where(StoreRefund.order_id == order_id)
        .order_by(StoreRefund.bc_refund_id)
        .execution_options(populate_existing=True)
    ).all()


def intents_of(order_id: int) -> Sequence[Refund]:
    """Every intent of an order, oldest first, those made outside the app included."""
    return db.session.scalars(select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)).all()


def unexplained(order_id: int) -> list[StoreRefund]:
    """Refunds of the store that paid something and whose number no intent of ours has."""
    known = {refund.bc_refund_id for refund in intents_of(order_id)}
    return [row for row in rows_of(order_id) if row.bc_refund_id not in known and not is_void(row)]


def is_void(row: StoreRefund) -> bool:
    """Whether all of it was declined: what was declined in part still paid something."""
    return row.is_declined and all(payment.get("is_declined") for payment in row.payments)


def intent_behind(row: StoreRefund, intents: Iterable[Refund]) -> Refund | None:
    """The intent of ours that made `row` although we do not have its number: it carries our mark.

    Or it was settled on a person's word, and lines and total are the same.
    """
    nameless = [refund for refund in intents if refund.bc_refund_id is None and refund.mark]
    for refund in nameless:
        if any(refund.mark in item.get("reason", "") for item in row.items):
            return refund
    return next((refund for refund in nameless if _settled_by_word(refund) and _alike(refund, row)), None)


def find_row_of(refund: Refund) -> StoreRefund | None:
    """The refund on the store's books that a person must mean who says that `refund` went out."""
    rows = unexplained(refund.order_id)
    marked = [row for row in rows if any(refund.mark in item.get("reason", "") for item in row.items)]
    alike = [row for row in rows if _alike(refund, row)]
    return next(iter(marked or alike), None)


def _settled_by_word(refund: Refund) -> bool:
    return refund.state == MoneyState.SETTLED


def _alike(refund: Refund, row: StoreRefund) -> bool:
    if refund.quote is None or row.total != refund.total:
        return False
    ours = sorted(
        (item["item_id"], item["quantity"]) for item in refund.quote.request["items"] if item["item_type"] == "PRODUCT"
    )
    theirs = sorted((item["item_id"], item["quantity"]) for item in row.items if item["item_type"] == "PRODUCT")
    return ours == theirs
