"""Promising a refund: checked and written under the order's lock. Nothing leaves the house yet."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..extensions import db
from ..lib import clock, ids
from ..lib.errors import UserError
from ..lib.money import Money
from ..orders.models import Order
from ..orders.queries import lock_order
from ..returns.actor import Actor
from ..returns.models import Return, ReturnLine
from ..returns.service import move_money
from ..returns.states import MoneyState
from .expectation import expected_for, needs_person
from .later import send_soon
from .models import Refund, RefundItem, RefundQuote
from .queries import find_refund_of, get_quote, left_of, units_taken


def promise_refund(
    rma: Return, quote_id: int, *, actor: Actor, source: str = "merchant", despite_difference: bool = False
) -> Refund:
    """Promise what the quote says back to the shopper, and enqueue its sending.

    Pressed twice, gives the first promise again. `despite_difference`: a person saw that store and expectation differ
    by more than rounding, and goes on.
    Raises UserError: "quote_changed" when the order or a line moved since, "over_refund" above what is left,
    "quote_differs" for a difference that nobody has looked at.
    """
    # Look and promise under one lock, or two clerks could each promise the last dollar.
    order = lock_order(rma.order_id)
    quote = get_quote(quote_id, rma.id)
    if (first := find_refund_of(quote.id)) is not None:
        return first
    lines = _unchanged_lines(rma, order, quote)
    if quote.money > (left := left_of(order)):
        raise UserError("over_refund", left=left, total=quote.money)
    if needs_person(quote.difference, len(lines)) and not despite_difference:
        raise UserError("quote_differs", total=quote.money, expected=Money(quote.expected, quote.currency))
    refund = Refund(
        store_id=rma.store_id,
        return_id=rma.id,
        order_id=order.id,
        quote_id=quote.id,
        source=source,
        state=MoneyState.PROMISED,
        mark=f"{rma.number} {ids.token()[:10]}",
        total=quote.total,
        currency=quote.currency,
        promised_at=clock.now(),
        promised_by=actor.name,
    )
    db.session.add(refund)
    db.session.flush()
    _take_lines(refund, quote, lines, order, actor)
    send_soon(refund)
    return refund


def take_back_promise(refund: Refund, *, actor: Actor) -> None:
    """Withdraw a promise that was not sent yet. Raises UserError("refund_under_way") once it was."""
    lock_order(refund.order_id)
    db.session.refresh(refund)
    if refund.state != MoneyState.PROMISED:
        raise UserError("refund_under_way")
    refund.state = MoneyState.NONE
    move_lines(refund, "take_back", actor=actor)


def move_lines(
    refund: Refund, event: str, *, actor: Actor, why: str = "", data: Mapping[str, object] | None = None
) -> None:
    """Move the units an intent pays for along the money axis, wherever they went since they were promised."""
    facts = {"refund_id": refund.id, "total": str(refund.money.amount), "currency": refund.currency, **(data or {})}
    for item in refund.items:
        if item.return_line is not None:
            move_money(item.return_line, event, actor=actor, quantity=item.quantity, why=why, data=facts)


def _unchanged_lines(rma: Return, order: Order, quote: RefundQuote) -> list[tuple[ReturnLine, int]]:
    """The quote's lines and quantities, if order and lines stand as they did when it was taken."""
    if quote.order_version != order.version:
        raise UserError("quote_changed", total=quote.money)
    lines = {line.id: line for line in rma.lines}
    chosen = []
    for entry in quote.lines:
        line = lines.get(entry["return_line_id"])
        if line is None or line.version != entry["version"] or line.quantity < entry["quantity"]:
            raise UserError("quote_changed", total=quote.money)
        chosen.append((line, entry["quantity"]))
    return chosen


def _take_lines(
    refund: Refund, quote: RefundQuote, lines: Sequence[tuple[ReturnLine, int]], order: Order, actor: Actor
) -> None:
    taken = units_taken(order)
    for line, quantity in lines:
        facts = {"refund_id": refund.id, "total": str(quote.money.amount), "currency": quote.currency}
        [promised] = move_money(line, "promise", actor=actor, quantity=quantity, data=facts)
        already = taken[promised.order_line_id]
        value = expected_for(promised.order_line, quantity, already=already)
        taken[promised.order_line_id] = already + quantity
        refund.items.append(
            RefundItem(
                store_id=refund.store_id,
                return_line_id=promised.id,
                order_line_id=promised.order_line_id,
                quantity=quantity,
                amount=value.amount,
            )
        )
    if quote.shipping > Decimal(0):
        refund.items.append(RefundItem(store_id=refund.store_id, item_type="SHIPPING", amount=quote.shipping))
    db.session.flush()
