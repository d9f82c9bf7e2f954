"""What the shopper of this request may see: one order, or one customer's orders, of the entered store."""

from flask import g

from ...lib.errors import NotFound
from ...orders.models import INCOMPLETE, Order
from ...orders.queries import find_order_by_bc_id, get_order
from ...returns.actor import Actor
from ...returns.models import Return
from ...returns.queries import get_return_by_number


def is_mine(order: Order) -> bool:
    if order.is_deleted or order.bc_status_id == INCOMPLETE:
        return False
    if g.portal.order_id is not None:
        return bool(order.id == g.portal.order_id)
    return bool(g.portal.bc_customer_id) and order.bc_customer_id == g.portal.bc_customer_id


def find_my_order(number: int, *, by_id: bool = False) -> Order | None:
    """The order of that number (`by_id`: of our id), if it is the shopper's."""
    try:
        order = get_order(number) if by_id else find_order_by_bc_id(number)
    except NotFound:
        return None
    return order if order is not None and is_mine(order) else None


def get_my_order(number: int) -> Order:
    """Raises NotFound, alike for what is not there and what is another's."""
    order = find_my_order(number)
    if order is None:
        raise NotFound()
    return order


def find_my_return(number: str) -> Return | None:
    try:
        return get_my_return(number)
    except NotFound:
        return None


def get_my_return(number: str) -> Return:
    """Raises NotFound, alike for what is not there and what is another's."""
    rma = get_return_by_number(number)
    if not is_mine(rma.order):
        raise NotFound()
    return rma


def me(order: Order) -> Actor:
    """The shopper, for the timeline."""
    return Actor("shopper", g.portal.bc_customer_id, order.shopper_name)
