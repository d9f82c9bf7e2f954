"""A return as its page shows it: values only, ready for the template."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ...lib.money import Money, spread, total
from ...orders.models import OrderLine
from ...policies.versions import reason_labels
from ...resolutions.quotes import ARRIVED
from ...returns.guards import allowed
from ...returns.models import Return, ReturnEvent, ReturnLine
from ...returns.states import Decision, Word, word
from ...stores.settings import StoreSettings
from .why_view import WhyView, why_view
from .words import (
    TROUBLE,
    actor_name,
    deed_title,
    reason_label,
    state_in_words,
)


@dataclass(frozen=True)
class LineView:
    """A line of the return and what can be done with it now."""

    id: int
    version: int
    quantity: int
    name: str
    sku: str
    options: str
    image_url: str
    value: Money
    reason: str
    comment: str
    word: Word
    state: str
    why: WhyView | None
    can: tuple[str, ...]
    """Of authorize, override, reject, receive, cancel, refund."""


@dataclass(frozen=True)
class EventView:
    title: str
    why: str
    actor: str
    at: datetime
    tone: str


def line_views(
    rma: Return,
    images: Mapping[int, str],
    categories: Mapping[int, str] | None = None,
) -> list[LineView]:
    """The lines in their order. `images`: URL by BigCommerce's product id; `categories`: names by their number."""
    labels = reason_labels(rma.policy_version)
    return [_line(line, labels, images, categories or {}) for line in rma.lines]


def _line(
    line: ReturnLine, labels: Mapping[str, str], images: Mapping[int, str], categories: Mapping[int, str]
) -> LineView:
    sold = line.order_line
    state = line.state
    return LineView(
        id=line.id,
        version=line.version,
        quantity=line.quantity,
        name=sold.name,
        sku=sold.sku,
        options=options_in_words(sold.options),
        image_url=images.get(sold.bc_product_id, ""),
        value=paid_for(sold, line.quantity),
        reason=reason_label(line.reason, labels),
        comment=line.comment,
        word=word(state.decision, state.custody, state.money),
        state=state_in_words(line.decision, line.custody, line.money),
        why=why_view(line.explanation, categories),
        can=_can(line),
    )


def _can(line: ReturnLine) -> tuple[str, ...]:
    events = set(allowed(line.state))
    can: list[str] = [event for event in ("reject", "receive", "cancel") if event in events]
    if "authorize" in events:
        can.append("override" if line.decision == Decision.REJECTED else "authorize")
    if "promise" in events and line.custody in ARRIVED:
        can.append("refund")
    return tuple(can)


def options_in_words(options: Iterable[Sequence[str]]) -> str:
    """ "Size: M, Colour: Blue"."""
    return ", ".join(f"{name}: {value}" for name, value in options)


def paid_for(line: OrderLine, quantity: int) -> Money:
    """What was paid for `quantity` units of an order line: its dearest units first, as cents do not divide."""
    shares = spread(line.paid, max(line.quantity, 1))[:quantity]
    return total(shares, line.order.currency)


def event_views(rma: Return) -> list[EventView]:
    """The history, newest first, without the notes among staff and without what only splits a line.

    What one person did to several lines at one moment is one entry.
    """
    names = {line.id: line.order_line.name for line in rma.lines}
    deeds: list[list[ReturnEvent]] = []
    for event in rma.events:
        if event.kind in {"note", "split"}:
            continue
        if deeds and _is_same_deed(deeds[-1][-1], event):
            deeds[-1].append(event)
        else:
            deeds.append([event])
    return [_deed(events, names) for events in reversed(deeds)]


def _is_same_deed(one: ReturnEvent, other: ReturnEvent) -> bool:
    def who_and_what(event: ReturnEvent) -> tuple[str, ...]:
        return (event.kind, event.actor_kind, event.actor_name, event.why)

    return who_and_what(one) == who_and_what(other) and other.at - one.at < timedelta(seconds=2)


def note_views(rma: Return) -> list[EventView]:
    """What staff wrote for each other, newest first."""
    return [_deed([event], {}) for event in reversed(rma.events) if event.kind == "note"]


def _deed(events: Sequence[ReturnEvent], names: Mapping[int, str]) -> EventView:
    first = events[0]
    tone = "trouble" if first.kind in TROUBLE else "person" if first.actor_kind in {"staff", "shopper"} else ""
    return EventView(
        title=deed_title(events, names), why=first.why, actor=actor_name(first), at=events[-1].at, tone=tone
    )


@dataclass(frozen=True)
class Refundable:
    """What the refund form offers."""

    lines: tuple[LineView, ...]
    shipping: Money | None
    """The order's outbound shipping; None when it was free."""
    shipping_ticked: bool


def refundable_of(rma: Return, lines: Sequence[LineView], settings: StoreSettings) -> Refundable | None:
    """The lines a refund can be asked for, or None when there are none."""
    ready = tuple(line for line in lines if "refund" in line.can)
    if not ready:
        return None
    shipping = Money(rma.order.shipping_inc_tax or Decimal(0), rma.order.currency)
    return Refundable(
        lines=ready,
        shipping=shipping if shipping else None,
        # Who withdraws from the contract gets the standard delivery back, whatever the shop's own rule says.
        shipping_ticked=settings.refund_shipping or rma.origin == "withdrawal",
    )
