"""The store's own quote: what it would give back, kept as it was shown."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..bc_client.client import BigCommerce
from ..bc_client.errors import BCRejected
from ..bc_client.types.refunds import RefundItem as WireItem
from ..bc_client.types.refunds import RefundMethod, RefundQuoteRequest
from ..bc_client.types.refunds import RefundQuote as StoreQuote
from ..extensions import db
from ..lib import clock
from ..lib.errors import UserError
from ..lib.money import Money, exact
from ..returns.actor import Actor
from ..returns.models import Return, ReturnLine
from ..returns.states import Custody, Decision, MoneyState
from .expectation import expected_total
from .models import RefundQuote
from .queries import shipping_granted, units_taken

ARRIVED = (Custody.RECEIVED, Custody.INSPECTED, Custody.KEPT)


def take_quote(
    rma: Return, units: Mapping[int, int], *, shipping: bool, actor: Actor, client: BigCommerce
) -> RefundQuote:
    """Ask the store what it gives back for `units` (return line id -> quantity), and keep its answer.

    `shipping`: the outbound shipping as well, once per order.
    Raises UserError: "nothing_chosen", "not_authorized_yet", "not_received_yet", "already_promised", "too_many_units",
    "shipping_granted_already", "quote_refused" (the store's own words in `why`).
    """
    chosen = _chosen(rma, units)
    order = rma.order
    if shipping and not order.shipping_inc_tax:
        shipping = False
    if shipping and shipping_granted(order.id):
        raise UserError("shipping_granted_already")
    # The version before the store is asked: whatever happens meanwhile makes the quote stale.
    version = order.version
    shipping_amount = order.shipping_inc_tax if shipping else Decimal(0)
    items = _wire_items(chosen, units, shipping_amount)
    try:
        answer = client.quote_refund(RefundQuoteRequest(order.bc_order_id, tuple(items)))
    except BCRejected as refused:
        raise UserError("quote_refused", why=refused.title or "no reason given") from refused
    quote = RefundQuote(
        store_id=rma.store_id,
        return_id=rma.id,
        order_id=order.id,
        order_version=version,
        lines=[_line_of(line, units[line.id]) for line in chosen],
        shipping=shipping_amount,
        request={"items": [item.to_json() for item in items]},
        answer=answer.raw,
        payments=_payments(answer),
        total=answer.total,
        tax=answer.tax,
        expected=_expected(rma, chosen, units).amount + shipping_amount,
        currency=order.currency,
        quoted_at=clock.now(),
        quoted_by=actor.name,
    )
    db.session.add(quote)
    db.session.flush()
    return quote


def _line_of(line: ReturnLine, quantity: int) -> dict[str, int]:
    number = line.order_line.bc_line_id
    return {"return_line_id": line.id, "bc_line_id": number, "quantity": quantity, "version": line.version}


def _chosen(rma: Return, units: Mapping[int, int]) -> list[ReturnLine]:
    lines = {line.id: line for line in rma.lines}
    if not units or any(quantity < 1 for quantity in units.values()):
        raise UserError("nothing_chosen")
    if set(units) - set(lines):
        raise UserError("line_of_another_return")
    chosen = [lines[line_id] for line_id in units]
    for line in chosen:
        if line.decision != Decision.AUTHORIZED:
            raise UserError("not_authorized_yet", name=line.order_line.name)
        if line.custody not in ARRIVED:
            raise UserError("not_received_yet", name=line.order_line.name)
        if line.money not in (MoneyState.NONE, MoneyState.REFUSED):
            raise UserError("already_promised", name=line.order_line.name)
        if units[line.id] > line.quantity:
            raise UserError("too_many_units", name=line.order_line.name, left=line.quantity)
    return chosen


def _wire_items(chosen: Sequence[ReturnLine], units: Mapping[int, int], shipping: Decimal) -> list[WireItem]:
    # Two return lines of one order line are one item on the wire.
    quantities: dict[int, int] = {}
    for line in chosen:
        number = line.order_line.bc_line_id
        quantities[number] = quantities.get(number, 0) + units[line.id]
    items = [WireItem.product(number, quantity) for number, quantity in quantities.items()]
    if shipping:
        items.append(WireItem.shipping(_address(chosen), shipping))
    return items


def _address(chosen: Sequence[ReturnLine]) -> int:
    """The address the goods went to; a download has none, so any line of the order may name it."""
    lines = [line.order_line for line in chosen]
    lines += lines[0].order.lines
    return next((line.bc_address_id for line in lines if line.bc_address_id), 0)


def _payments(answer: StoreQuote) -> list[dict[str, object]]:
    """The first way the store offers: back to where the money came from."""
    if not answer.methods:
        raise UserError("quote_refused", why="the store offers no way to pay it back")
    way: tuple[RefundMethod, ...] = answer.methods[0]
    return [
        {
            "provider_id": part.provider_id,
            "amount": str(part.amount),
            "offline": part.offline,
            "description": part.description,
        }
        for part in way
    ]


def _expected(rma: Return, chosen: Sequence[ReturnLine], units: Mapping[int, int]) -> Money:
    quantities: dict[int, int] = {}
    for line in chosen:
        quantities[line.order_line_id] = quantities.get(line.order_line_id, 0) + units[line.id]
    order_lines = {line.order_line_id: line.order_line for line in chosen}
    value = expected_total(list(order_lines.values()), quantities, units_taken(rma.order))
    return Money(exact(value.amount, rma.order.currency), rma.order.currency)
