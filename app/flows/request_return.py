"""Somebody asks to return something: facts, decision, return, letters; one commit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..extensions import db
from ..lib import clock
from ..lib.errors import NotFound, UserError
from ..lib.money import Money
from ..orders.models import Order, OrderLine
from ..orders.queries import get_order, lock_order
from ..policies.decide import LineDecision, Outcome, decide
from ..policies.document import PolicyDocument, ReasonChoice, reason_choices
from ..policies.effects import text_in
from ..policies.explanation import Terms
from ..policies.versions import current_policy
from ..returns.actor import Actor
from ..returns.models import Return
from ..returns.queries import find_by_form_key
from ..returns.returnable import comes_with_parent, handed_out, returnable
from ..returns.service import WantedLine, open_return
from ..stores.models import Store
from ..stores.queries import get_store, settings_of
from .announce import announce
from .commit import one_commit
from .order_facts import facts_of, learn, value_of

__all__ = ["PreviewLine", "WantedLine", "preview_return", "request_return"]

RESOLUTIONS = ("refund",)
_FORM_KEY = re.compile(r"[\w.-]{8,200}", re.ASCII)


@dataclass(frozen=True)
class PreviewLine:
    """One order line as the form shows it."""

    order_line_id: int
    bc_product_id: int
    name: str
    sku: str
    options: tuple[tuple[str, str], ...]
    ordered: int
    left: int
    """Units that can still be asked for."""
    unit_price: Money
    """What was paid for one unit (the dearest, where cents do not divide)."""
    parts: tuple[str, ...]
    """Names of what comes back with it (a bundle's parts)."""
    last_day: date
    """Of the return window."""
    why_not: str
    """Why it cannot be returned; empty: it can. With `left` units it may be asked for all the same: the request is
    then filed as rejected, with this sentence."""
    reasons: tuple[ReasonChoice, ...]
    """What the shopper can choose from for this line."""
    terms: Terms
    """Evidence, resolutions, fees and the like, as far as they can be told before a reason is chosen."""

    @property
    def can_return(self) -> bool:
        return not self.why_not


def preview_return(order: Order) -> list[PreviewLine]:
    """The order's lines as they can be returned today, a bundle's parts under their parent.

    Asks the store for parcels and categories the first time (and commits what it learnt).
    """
    store = get_store()
    policy = _policy_for(store, order)
    learn(store, order, policy)
    shown = [line for line in order.lines if not comes_with_parent(line)]
    facts = facts_of(store, order, [WantedLine(line.id, 1, "") for line in shown], asking=False, policy=policy)
    decisions = decide(facts, policy, clock.today(store.timezone))
    left = returnable(order)
    preview = [
        _preview_line(order, line, left[line.id], decision, policy)
        for line, decision in zip(shown, decisions, strict=True)
    ]
    db.session.commit()
    return preview


def _preview_line(
    order: Order, line: OrderLine, left: int, decision: LineDecision, policy: PolicyDocument
) -> PreviewLine:
    parts = [one.name for one in order.lines if one.bc_parent_line_id == line.bc_line_id]
    return PreviewLine(
        order_line_id=line.id,
        bc_product_id=line.bc_product_id,
        name=line.name,
        sku=line.sku,
        options=tuple((name, value) for name, value in line.options),
        ordered=line.quantity,
        left=left,
        unit_price=Money(value_of(line, 1), order.currency),
        parts=tuple(parts),
        last_day=decision.window.last_day,
        why_not=_why_not(line, left, decision),
        reasons=reason_choices(policy, order.customer_locale, decision.terms.reasons),
        terms=decision.terms,
    )


def _why_not(line: OrderLine, left: int, decision: LineDecision) -> str:
    if decision.outcome == Outcome.REFUSE:
        return decision.sentence
    if left > 0:
        return ""
    if handed_out(line) == 0:
        return "This item has not been shipped yet."
    if line.quantity_refunded >= handed_out(line):
        return "This item has been refunded already."
    return "This item is in a return already."


def request_return(order_id: int, wanted: Sequence[WantedLine], *, origin: str, form_key: str, actor: Actor) -> Return:
    """File a return for `wanted` lines of the order and announce it. Commits.

    The policy decides each line: authorized, in review, or kept as rejected with its explanation.
    `origin`: shopper or merchant. `form_key`: unguessable, one per form; sent twice, files once.
    Raises NotFound; UserError: unknown_reason, unknown_resolution, stale_form and those of `open_return`.
    """
    store = get_store()
    order = get_order(order_id)
    policy = _policy_for(store, order)
    _check(order, wanted, form_key, policy)
    learn(store, order, policy)
    # What was learnt stays learnt; and nobody waits for a lock while a store is slow.
    db.session.commit()
    with one_commit():
        order = lock_order(order_id)
        filed_before = find_by_form_key(form_key) is not None
        version, policy = current_policy(store, order.channel_id)
        decisions = decide(facts_of(store, order, wanted, policy=policy), policy, clock.today(store.timezone))
        rma = open_return(
            order,
            wanted,
            origin=origin,
            form_key=form_key,
            decisions=decisions,
            policy_version=version,
            instructions=_instructions(store, order, decisions, policy),
            actor=actor,
        )
        if not filed_before:
            announce(rma, events=rma.events)
    return rma


def _policy_for(store: Store, order: Order) -> PolicyDocument:
    """The policy of the order's channel. Commits, as it may be published just now: nobody waits for a slow store."""
    _, policy = current_policy(store, order.channel_id)
    db.session.commit()
    return policy


def _instructions(store: Store, order: Order, decisions: Sequence[LineDecision], policy: PolicyDocument) -> str:
    """How to send it back, with the address of every line that goes elsewhere than to the store."""
    names = {line.id: line.name for line in order.lines}
    parts = [settings_of(store).instructions]
    for code in dict.fromkeys(one.terms.send_to for one in decisions if one.outcome != Outcome.REFUSE):
        if (place := policy.place(code)) is not None:
            items = ", ".join(names[one.order_line_id] for one in decisions if one.terms.send_to == code)
            name = text_in(place.name, order.customer_locale, policy.locale)
            parts.append(f"{items}: {name}\n{place.address}")
    return "\n\n".join(parts)


def _check(order: Order, wanted: Sequence[WantedLine], form_key: str, policy: PolicyDocument) -> None:
    if not _FORM_KEY.fullmatch(form_key):
        raise UserError("stale_form")
    if order.is_deleted:
        raise NotFound()
    known = {choice.code for choice in reason_choices(policy, order.customer_locale)}
    own = {line.id for line in order.lines}
    for want in wanted:
        if want.order_line_id not in own:
            raise UserError("unknown_line")
        if want.reason not in known:
            raise UserError("unknown_reason")
        if want.resolution not in RESOLUTIONS:
            raise UserError("unknown_resolution")
