"""How many units can still come back."""

from collections.abc import Iterable

from sqlalchemy import select

from ..extensions import db
from ..orders.models import Order, OrderLine
from .guards import is_live
from .models import ReturnLine
from .states import MoneyState


def returnable(order: Order) -> dict[int, int]:
    """Units left per order line id: handed out, less refunded at the store outside us, less in a live return.

    Zero for what comes back with its parent (a bundle's parts). Only true while the order is locked
    (`orders.queries.lock_order`): elsewhere it is for showing.
    """
    lines = db.session.scalars(
        select(ReturnLine)
        .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
        .where(OrderLine.order_id == order.id)
        .execution_options(populate_existing=True)
    ).all()
    by_order_line: dict[int, list[ReturnLine]] = {}
    for line in lines:
        by_order_line.setdefault(line.order_line_id, []).append(line)
    order_lines = select(OrderLine).where(OrderLine.order_id == order.id).execution_options(populate_existing=True)
    return {line.id: _left(line, by_order_line.get(line.id, ())) for line in db.session.scalars(order_lines)}


def lines_of(order_line_id: int) -> list[ReturnLine]:
    """Every return line of one order line, as it is now."""
    query = select(ReturnLine).where(ReturnLine.order_line_id == order_line_id).order_by(ReturnLine.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def comes_with_parent(line: OrderLine) -> bool:
    """Whether it is a part of a bundle: priced 0 and returned with the line it belongs to."""
    return bool(line.bc_parent_line_id)


def handed_out(line: OrderLine) -> int:
    """Units the shopper has: what was shipped; a download or a certificate needs no parcel."""
    return line.quantity_shipped if line.kind == "physical" else line.quantity


def refunded_outside(line: OrderLine, returned: Iterable[ReturnLine]) -> int:
    """Units refunded at the store that no return of ours accounts for.

    The store counts ours too, so those we know as settled come off; it may count one of ours before we know,
    and until then a unit too many is held back, never one too few.
    """
    ours = sum(one.quantity for one in returned if one.money == MoneyState.SETTLED)
    return max(0, line.quantity_refunded - ours)


def _left(line: OrderLine, returned: Iterable[ReturnLine]) -> int:
    returned = tuple(returned)
    if comes_with_parent(line):
        return 0
    live = sum(one.quantity for one in returned if is_live(one.state))
    return max(0, handed_out(line) - refunded_outside(line, returned) - live)
