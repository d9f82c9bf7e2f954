"""May it come back? Pure and total: every request gets an answer, and every answer says why."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from .facts import LineFacts, OrderFacts
from .rules import Policy
from .window import Window, window_of


class Outcome(StrEnum):
    AUTHORIZE = "authorize"
    REVIEW = "review"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Considered:
    """One rule as it was looked at, with the values it compared, as text."""

    rule: str
    matched: bool
    compared: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "matched": self.matched, "compared": dict(self.compared)}


@dataclass(frozen=True)
class LineDecision:
    """The answer for one line, and how it came about. The last rule considered is the deciding one."""

    order_line_id: int
    outcome: Outcome
    rule: str
    considered: tuple[Considered, ...]
    window: Window
    sentence: str
    """What the shopper reads."""

    def to_json(self) -> dict[str, Any]:
        """{outcome, rule, considered: [{rule, matched, compared: {name: text}}],
        window: {first_day, last_day, basis, grace_days, fallbacks}, sentence}"""
        return {
            "outcome": str(self.outcome),
            "rule": self.rule,
            "considered": [one.to_json() for one in self.considered],
            "window": self.window.to_json(),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class _Case:
    order: OrderFacts
    line: LineFacts
    policy: Policy
    today: date
    window: Window
    asked: Decimal = Decimal(0)
    """What was paid for everything in this request that is not refused."""


class _Answer(NamedTuple):
    matched: bool
    compared: dict[str, object]


class _Rule(NamedTuple):
    name: str
    outcome: Outcome
    test: Callable[[_Case], _Answer]


def _gift_certificate(case: _Case) -> _Answer:
    return _Answer(case.line.kind == "giftcertificate", {"kind": case.line.kind})


def _digital(case: _Case) -> _Answer:
    allowed = case.policy.digital_returnable
    return _Answer(case.line.kind == "digital" and not allowed, {"kind": case.line.kind, "digital_returnable": allowed})


def _excluded_category(case: _Case) -> _Answer:
    known = case.line.bc_category_ids
    common = (known or frozenset()) & case.policy.excluded_category_ids
    return _Answer(
        bool(common),
        {
            "categories": "unknown" if known is None else _ids(known),
            "excluded": _ids(case.policy.excluded_category_ids),
            "in_common": _ids(common),
        },
    )


def _is_over(case: _Case) -> bool:
    return case.today > case.window.last_day


def _days(case: _Case) -> dict[str, object]:
    return {"today": case.today, "last_day": case.window.last_day, "counted_from": case.window.basis}


def _outside_window(case: _Case) -> _Answer:
    return _Answer(_is_over(case) and case.window.is_sure, _days(case))


def _window_unsure(case: _Case) -> _Answer:
    return _Answer(_is_over(case) and not case.window.is_sure, {**_days(case), "shipments": "unavailable"})


def _category_unknown(case: _Case) -> _Answer:
    unknown = case.line.bc_category_ids is None
    excluded = case.policy.excluded_category_ids
    return _Answer(
        unknown and bool(excluded), {"categories": "unknown" if unknown else "known", "excluded": _ids(excluded)}
    )


def _reason_not_listed(case: _Case) -> _Answer:
    listed = {code for code, _ in case.policy.reasons}
    reason = case.line.reason
    return _Answer(reason is not None and reason not in listed, {"reason": reason or "not asked yet"})


def _above_amount(case: _Case) -> _Answer:
    limit = case.policy.review_above
    return _Answer(
        limit is not None and case.asked > limit,
        {
            "request": f"{case.asked} {case.order.currency}",
            "limit": "none" if limit is None else f"{limit} {case.order.currency}",
        },
    )


def _otherwise(case: _Case) -> _Answer:
    return _Answer(True, {"today": case.today, "last_day": case.window.last_day})


def _ids(numbers: frozenset[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers)) or "none"


_RULES: tuple[_Rule, ...] = (
    _Rule("gift_certificate", Outcome.REFUSE, _gift_certificate),
    _Rule("digital_goods", Outcome.REFUSE, _digital),
    _Rule("excluded_category", Outcome.REFUSE, _excluded_category),
    _Rule("outside_window", Outcome.REFUSE, _outside_window),
    # A store that does not answer costs a person a look, never the shopper the return.
    _Rule("window_unsure", Outcome.REVIEW, _window_unsure),
    _Rule("category_unknown", Outcome.REVIEW, _category_unknown),
    _Rule("reason_not_listed", Outcome.REVIEW, _reason_not_listed),
    _Rule("above_amount", Outcome.REVIEW, _above_amount),
    _Rule("within_policy", Outcome.AUTHORIZE, _otherwise),
)
"""In this order; the first that matches decides, and the last always does."""

RULE_NAMES = tuple(rule.name for rule in _RULES)

_SENTENCES = {
    "gift_certificate": "Gift certificates cannot be returned.",
    "digital_goods": "Downloads cannot be returned.",
    "excluded_category": "Items of this kind cannot be returned.",
    "outside_window": "This item could be returned until {last_day}.",
    "within_policy": "This item can be returned until {last_day}.",
}
_IN_REVIEW = "We look at this request ourselves and answer by mail."


def decide(facts: OrderFacts, policy: Policy, today: date) -> tuple[LineDecision, ...]:
    """The decision for every line of `facts`, in their order, on `today` (a day of the store's time zone).

    The amount above which a person looks counts the whole request, so that lines asked for apart do not slip below;
    what is refused anyway does not count.
    """
    cases = [_case(facts, line, policy, today) for line in facts.lines]
    asked = sum((case.line.value for case in cases if not _is_refused(case)), Decimal(0))
    return tuple(_decide(replace(case, asked=asked)) for case in cases)


def _case(order: OrderFacts, line: LineFacts, policy: Policy, today: date) -> _Case:
    window = window_of(order, line, window_days=policy.window_days, grace_days=policy.grace_days)
    return _Case(order, line, policy, today, window)


def _is_refused(case: _Case) -> bool:
    return any(rule.test(case).matched for rule in _RULES if rule.outcome == Outcome.REFUSE)


def _decide(case: _Case) -> LineDecision:
    considered = []
    for rule in _RULES:
        answer = rule.test(case)
        compared = tuple((name, str(value)) for name, value in answer.compared.items())
        considered.append(Considered(rule.name, answer.matched, compared))
        if answer.matched:
            break
    return LineDecision(
        order_line_id=case.line.order_line_id,
        outcome=rule.outcome,
        rule=rule.name,
        considered=tuple(considered),
        window=case.window,
        sentence=_SENTENCES.get(rule.name, _IN_REVIEW).format(last_day=_in_words(case.window.last_day)),
    )


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
