"""What a policy would say to an order of the store, line by line; nothing is filed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from ..extensions import db
from ..orders.models import Order, OrderLine
from ..policies.decide import decide
from ..policies.document import PolicyDocument
from ..policies.explanation import LineDecision
from ..policies.facts import LineFacts, OrderFacts
from ..policies.golden import GoldenCase, case_of
from ..policies.reading import plain_text
from ..returns.returnable import comes_with_parent
from ..returns.service import WantedLine
from ..stores.models import Store
from .order_facts import facts_of, learn


@dataclass(frozen=True)
class PreviewedLine:
    sold: OrderLine
    decision: LineDecision


@dataclass(frozen=True)
class Preview:
    """The answer for every line, and the facts it rests on."""

    order: Order
    on: date
    facts: OrderFacts
    lines: tuple[PreviewedLine, ...]

    @property
    def decisions(self) -> tuple[LineDecision, ...]:
        return tuple(line.decision for line in self.lines)


def preview_policy(store: Store, order: Order, policy: PolicyDocument, *, on: date, reason: str = "") -> Preview:
    """As if every unit of the order were asked for on the day `on`, for `reason` (empty: none given).

    Asks the store for parcels and products the first time (and commits what it learnt).
    """
    learn(store, order, policy)
    sold = [line for line in order.lines if not comes_with_parent(line)]
    wanted = [WantedLine(line.id, max(line.quantity, 1), reason) for line in sold]
    facts = facts_of(store, order, wanted, policy=policy)
    lines = tuple(replace(line, reason=reason or None, resolution=None) for line in facts.lines)
    facts = replace(facts, lines=lines)
    decisions = decide(facts, policy, on)
    db.session.commit()
    return Preview(order, on, facts, tuple(map(PreviewedLine, sold, decisions)))


def golden_case(preview: Preview, policy: PolicyDocument, name: str) -> GoldenCase:
    """A golden case of what was just shown. Of options and custom fields, which may say something about a person, only
    those that the policy asks for."""
    asked: dict[str, set[str]] = {"line.option": set(), "product.custom_field": set()}
    for fact, field in policy.facts_named():
        asked.setdefault(fact, set()).add(plain_text(field))
    lines = tuple(
        _bare(replace(line, order_line_id=index + 1), asked) for index, line in enumerate(preview.facts.lines)
    )
    return case_of(name, preview.on, replace(preview.facts, lines=lines), preview.decisions)


def _bare(line: LineFacts, asked: Mapping[str, set[str]]) -> LineFacts:
    fields = line.custom_fields
    return replace(
        line,
        options=tuple(pair for pair in line.options if plain_text(pair[0]) in asked["line.option"]),
        custom_fields=None
        if fields is None
        else tuple(pair for pair in fields if plain_text(pair[0]) in asked["product.custom_field"]),
    )
