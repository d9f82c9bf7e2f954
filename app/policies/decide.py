"""May it come back? Pure and total: every request gets an answer, and every answer says why.

The order of things is that of `document`. Where a rule hangs on a fact nobody knows, it is taken both ways: if every
way ends alike, that is the outcome; otherwise a person looks. A guess never refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .document import PolicyDocument, Rule
from .effects import EFFECTS, Effects, Outcome, OutcomeEffect, text_in
from .evaluate import Trail, holds
from .explanation import Considered, LineDecision
from .facts import LineFacts, OrderFacts
from .reading import Case
from .sentences import built_in, day_in_words
from .terms import terms_of
from .window import Window, window_of

__all__ = ["Considered", "LineDecision", "Outcome", "decide"]

_DEFAULT = "otherwise"


@dataclass(frozen=True)
class _Judged:
    """A rule and whether its condition holds."""

    rule: Rule
    held: bool | None
    trail: Trail


@dataclass(frozen=True)
class _Chosen:
    """Who answers for one effect: those that may, as their rule hangs on an unknown fact, and the one that does."""

    maybe: tuple[Effects, ...]
    effects: Effects
    rule: str

    @property
    def ways(self) -> tuple[Effects, ...]:
        return (*self.maybe, self.effects)


def decide(facts: OrderFacts, policy: PolicyDocument, today: date) -> tuple[LineDecision, ...]:
    """The decision for every line of `facts`, in their order, on `today` (a day of the store's time zone)."""
    asked = _asked(facts, policy, today)
    return tuple(_decide(Case(facts, line, today, asked), policy) for line in facts.lines)


def _asked(facts: OrderFacts, policy: PolicyDocument, today: date) -> Decimal:
    """What was paid for every line that the rules do not refuse, whatever the window says."""
    if ("request.paid", "") not in policy.facts_named():
        return Decimal(0)
    return sum((line.value for line in facts.lines if not _is_refused(facts, line, policy, today)), Decimal(0))


def _is_refused(facts: OrderFacts, line: LineFacts, policy: PolicyDocument, today: date) -> bool:
    judged = _judge(Case(facts, line, today), policy.rules)
    ways = _choose("outcome", judged, policy).ways
    return all(_outcome(effects).decision is Outcome.REFUSE for effects in ways)


def _judge(case: Case, rules: Sequence[Rule]) -> list[_Judged]:
    judged = []
    for rule in rules:
        trail = Trail()
        judged.append(_Judged(rule, holds(rule.when, case, trail), trail))
    return judged


def _choose(effect: str, judged: Sequence[_Judged], policy: PolicyDocument) -> _Chosen:
    maybe: list[Effects] = []
    for one in judged:
        if one.held is False or getattr(one.rule.effects, effect) is None:
            continue
        if one.held:
            return _Chosen(tuple(maybe), one.rule.effects, one.rule.code)
        maybe.append(one.rule.effects)
    return _Chosen(tuple(maybe), policy.defaults, _DEFAULT)


def _outcome(effects: Effects) -> OutcomeEffect:
    assert effects.outcome is not None, "only those that say something about the outcome are chosen"
    return effects.outcome


def _decide(case: Case, policy: PolicyDocument) -> LineDecision:
    judged = _judge(case, policy.rules)
    chosen = {effect: _choose(effect, judged, policy) for effect in EFFECTS}
    window, state = _window(case, chosen)
    effects = Effects.model_construct(**{name: getattr(one.effects, name) for name, one in chosen.items()})
    terms = terms_of(effects, policy.reason_codes, case)
    outcome, rule = _settle(chosen["outcome"], state, is_allowed=_is_allowed(case, policy, terms.reasons))
    return LineDecision(
        order_line_id=case.line.order_line_id,
        outcome=outcome,
        rule=rule,
        considered=(*_rules_considered(judged, chosen), *_steps(case, window, state, rule)),
        window=window,
        sentence=_sentence(case, policy, outcome, rule, _outcome(chosen["outcome"].effects), window),
        name=next((one.name for one in policy.rules if one.code == rule), ""),
        terms=terms,
        decided_by=tuple((name, one.rule) for name, one in chosen.items()),
        fallbacks=tuple(dict.fromkeys((*window.fallbacks, *(flag for one in judged for flag in one.trail.missing)))),
    )


def _window(case: Case, chosen: dict[str, _Chosen]) -> tuple[Window, str]:
    """The window, the longest where it is not known which; and whether it is "open", "over", or "unsure"."""
    seasons = chosen["seasons"].effects.seasons or ()
    windows = [
        window_of(case.order, case.line, effects.window, seasons)
        for effects in reversed(chosen["window"].ways)
        if effects.window is not None
    ]
    longest = max(windows, key=lambda window: window.last_day)
    open_ones = [case.today <= window.last_day for window in windows]
    if all(open_ones):
        return longest, "open"
    # A store that does not answer costs a person a look, never the shopper the return.
    surely_over = not any(open_ones) and all(window.is_sure for window in windows)
    return longest, "over" if surely_over else "unsure"


def _settle(chosen: _Chosen, state: str, *, is_allowed: bool) -> tuple[Outcome, str]:
    """The outcome and what decided it."""
    outcome, rule = _ending(_outcome(chosen.effects), chosen.rule, state)
    endings = {_ending(_outcome(effects), chosen.rule, state)[0] for effects in chosen.ways}
    if len(endings) > 1:
        return Outcome.REVIEW, rule if outcome is Outcome.REVIEW else "fact_unknown"
    if outcome is not Outcome.REFUSE and rule == chosen.rule and not is_allowed:
        return Outcome.REVIEW, "reason_not_listed"
    return outcome, rule


def _ending(effect: OutcomeEffect, rule: str, state: str) -> tuple[Outcome, str]:
    """What `effect` of `rule` comes to when the window is in `state`."""
    if effect.decision is not Outcome.REFUSE and not effect.even_late:
        if state == "over":
            return Outcome.REFUSE, "outside_window"
        if state == "unsure":
            return Outcome.REVIEW, "window_unsure"
    return effect.decision, rule


def _is_allowed(case: Case, policy: PolicyDocument, allowed: tuple[str, ...]) -> bool:
    """Whether the reason given is one of those allowed; none given yet is fine."""
    if case.line.reason is None:
        return True
    code, _, sub = case.line.reason.partition(".")
    reason = policy.reason(code)
    if reason is None or code not in allowed:
        return False
    return not sub or sub in {one.code for one in reason.sub}


def _rules_considered(judged: Sequence[_Judged], chosen: dict[str, _Chosen]) -> list[Considered]:
    return [
        Considered(
            rule=one.rule.code,
            matched=one.held,
            compared=(),
            name=one.rule.name,
            tests=tuple(one.trail.tests),
            gives=tuple(name for name in EFFECTS if one.held and chosen[name].rule == one.rule.code),
        )
        for one in judged
    ]


def _steps(case: Case, window: Window, state: str, rule: str) -> list[Considered]:
    """The engine's own steps: the window always, the others where they decided."""
    days: dict[str, Any] = {"today": case.today, "last_day": window.last_day, "counted_from": window.basis}
    steps = [Considered("outside_window", rule == "outside_window", _texts(days))]
    if state == "unsure" and rule == "window_unsure":
        why = "guessed" if window.is_sure else "shipments unavailable"
        steps.append(Considered(rule, True, _texts({**days, "window": why})))
    elif rule == "reason_not_listed":
        steps.append(Considered(rule, True, _texts({"reason": case.line.reason})))
    elif rule in {"fact_unknown", _DEFAULT}:
        steps.append(Considered(rule, True, ()))
    return steps


def _texts(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())


def _sentence(
    case: Case, policy: PolicyDocument, outcome: Outcome, rule: str, effect: OutcomeEffect, window: Window
) -> str:
    """The merchant's own where their rule decided, else a built-in one; both with the last day filled in."""
    locale = case.order.locale
    own = text_in(effect.sentence, locale, policy.locale) if rule not in _STEPS else ""
    is_late = case.today > window.last_day
    key = {
        Outcome.REVIEW: "review",
        Outcome.AUTHORIZE: "authorized_late" if is_late else "authorized",
        Outcome.REFUSE: "outside_window" if rule == "outside_window" else "refused",
    }[outcome]
    return (own or built_in(key, locale)).format(last_day=day_in_words(window.last_day, locale), days=window.days)


_STEPS = frozenset({"outside_window", "window_unsure", "fact_unknown", "reason_not_listed"})
