"""Refunds and quotes as the return's page shows them: every state in words, with what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ...lib.money import Money
from ...resolutions.expectation import needs_person
from ...resolutions.models import Refund, RefundQuote
from ...resolutions.outcome import DECIDED, PAID_TWICE
from ...returns.models import Return
from ...returns.states import MoneyState
from ..filters import moment, money

_UNKNOWN_TEXT = (
    "The store did not answer when we sent it. It may have gone through: we look it up again by ourselves. "
    "Please do not refund it by hand before this is settled."
)
_PERSON_TEXT = (
    "We cannot tell from the store whether it went through, so we neither repeat it nor count it as done. "
    "Look at the order's refunds in your control panel and say what you see."
)
_TWICE_TEXT = (
    "The store paid this one out late, when the same items had been refunded anew: they are paid twice. "
    "Settle it with the shopper, then note here what you did."
)
_PART_TEXT = (
    "The store took it and then declined a part of its payments. Look at the order's refunds in your control panel, "
    "pay what is missing another way, then say what you see."
)
_REFUSED_TEXT = (
    "No money has moved. Ask for the amount again below, or refund the order in your control panel: "
    "that is taken in here by itself."
)


@dataclass(frozen=True)
class RefundView:
    id: int
    title: str
    text: str
    small: str
    tone: str
    can_take_back: bool
    needs_decision: bool


@dataclass(frozen=True)
class QuoteItem:
    quantity: int
    name: str


@dataclass(frozen=True)
class QuotePayment:
    name: str
    amount: Money
    offline: bool


@dataclass(frozen=True)
class QuoteView:
    """The store's quote before somebody confirms it."""

    id: int
    items: tuple[QuoteItem, ...]
    shipping: Money
    tax: Money
    total: Money
    expected: Money
    difference: Money
    must_look: bool
    """Store and expectation differ by more than rounding: a person confirms having seen both."""
    payments: tuple[QuotePayment, ...]


def refund_view(refund: Refund) -> RefundView:
    """One intent in words."""
    amount = money(refund.money)
    title, text, tone = _in_words(refund, amount)
    return RefundView(
        id=refund.id,
        title=title,
        text=text,
        small=_small(refund),
        tone=tone,
        can_take_back=refund.state == MoneyState.PROMISED,
        needs_decision=refund.needs_person,
    )


def _in_words(refund: Refund, amount: str) -> tuple[str, str, str]:
    state = MoneyState(refund.state)
    if refund.needs_person:
        return f"{amount} needs you", _for_person(refund), "error"
    if state == MoneyState.SETTLED:
        return _settled(refund, amount)
    if state == MoneyState.REFUSED and refund.error == DECIDED:
        return f"{amount} did not go out", f"Somebody looked and found no such refund. {_REFUSED_TEXT}", "error"
    if state == MoneyState.REFUSED:
        said = f"It says: {refund.error.rstrip('.')}. " if refund.error else ""
        return f"The store declined {amount}", f"{said}{_REFUSED_TEXT}", "error"
    if state == MoneyState.UNKNOWN:
        return f"{amount} is not confirmed yet", _UNKNOWN_TEXT, "warning"
    if state == MoneyState.NONE:
        return f"{amount} was taken back", "It was withdrawn before it was sent. No money has moved.", ""
    return f"{amount} is on its way", "The store is being asked to pay it out; this takes a few seconds.", "info"


def _for_person(refund: Refund) -> str:
    if refund.error == PAID_TWICE:
        return _TWICE_TEXT
    return _PART_TEXT if refund.state == MoneyState.SETTLED else _PERSON_TEXT


def _settled(refund: Refund, amount: str) -> tuple[str, str, str]:
    if refund.source == "external":
        text = "Made in the store itself. It is counted and never repeated."
        return f"{amount} refunded outside Backhaul", text, "success"
    if refund.confirmed_at is None:
        return f"{amount} refunded", "The store has taken it; its payment is not confirmed yet.", "success"
    return f"{amount} refunded", "The store has paid it out.", "success"


def _small(refund: Refund) -> str:
    parts = [f"Refund {refund.bc_refund_id} at the store"] if refund.bc_refund_id else []
    by = f" by {refund.promised_by}" if refund.promised_by else ""
    parts.append(f"Confirmed {moment(refund.promised_at)}{by}" if refund.source != "external" else "")
    return " · ".join(part for part in parts if part)


def quote_view(quote: RefundQuote, rma: Return) -> QuoteView:
    """The quote with its lines' names."""
    names: Mapping[int, str] = {line.id: line.order_line.name for line in rma.lines}
    return QuoteView(
        id=quote.id,
        items=tuple(QuoteItem(one["quantity"], names.get(one["return_line_id"], "")) for one in quote.lines),
        shipping=Money(quote.shipping, quote.currency),
        tax=Money(quote.tax, quote.currency),
        total=quote.money,
        expected=Money(quote.expected, quote.currency),
        difference=quote.difference,
        must_look=needs_person(quote.difference, len(quote.lines)),
        payments=tuple(
            QuotePayment(
                name=part.get("description") or part.get("provider_id") or "the original payment",
                amount=Money(Decimal(part["amount"]), quote.currency),
                offline=bool(part.get("offline")),
            )
            for part in quote.payments
        ),
    )
