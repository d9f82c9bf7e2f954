"""The same answers as `decide`, without the trace, for thousands of past orders at a time. Pure.

A policy is compiled once: each fact it names gets a place in a row of values, each condition becomes a closure over
that row, and what the effects of several rules add up to is put together once per combination.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from .conditions import All, AnyOf, Between, Compare, In, Leaf, Not
from .document import PolicyDocument, Reason
from .effects import EFFECTS, Effects, Outcome
from .evaluate import AnyCondition
from .explanation import Terms
from .fact_names import FACTS, Kind, Op
from .facts import LineFacts, OrderFacts
from .reading import Case, Reader, plain_text, reader_of
from .terms import fees_of, terms_of
from .window import Window, window_of

Values = list[Any]
Test = Callable[[Values], bool | None]
_OUTCOME, _WINDOW, _SEASONS = (EFFECTS.index(name) for name in ("outcome", "window", "seasons"))
_OUTCOME_BIT, _WINDOW_BIT, _EVERY = 1 << _OUTCOME, 1 << _WINDOW, (1 << len(EFFECTS)) - 1
_DEFAULT = -1


class Verdict(NamedTuple):
    """The answer for one line: what `LineDecision` says of it, without how it came about."""

    order_line_id: int
    outcome: Outcome
    rule: str
    window: Window
    terms: Terms


class _Compiled(NamedTuple):
    code: str
    test: Test
    speaks: tuple[int, ...]
    """Indexes of the effects it says something about."""
    mask: int
    """The same as bits."""
    effects: Effects


class CompiledPolicy:
    """A policy made ready to `replay`. Holds nothing of any order."""

    def __init__(self, policy: PolicyDocument) -> None:
        slots: dict[tuple[str, str], int] = {}
        self._rules = [
            _Compiled(
                rule.code,
                _condition(rule.when, slots),
                tuple(EFFECTS.index(name) for name in rule.effects.spoken()),
                sum(1 << EFFECTS.index(name) for name in rule.effects.spoken()),
                rule.effects,
            )
            for rule in policy.rules
        ]
        self._defaults = policy.defaults
        self._reasons = {reason.code: reason for reason in policy.reasons}
        self._codes = policy.reason_codes
        readers = [(slot, fact, reader_of(fact, name)) for (fact, name), slot in slots.items()]
        self._size = len(slots)
        self._asked_slot = slots.get(("request.paid", ""))
        self._order_readers = _some(readers, of_line=False)
        self._line_readers = _some(readers, of_line=True)
        self._terms: dict[tuple[int, ...], tuple[Effects, Terms]] = {}

    def replay(self, facts: OrderFacts, today: date) -> tuple[Verdict, ...]:
        """The verdict for every line, in their order: `decide` gives the same outcome, rule, window and terms."""
        rows = self._rows(facts, today)
        return tuple(self._verdict(case, values) for case, values in rows)

    def _rows(self, facts: OrderFacts, today: date) -> list[tuple[Case, Values]]:
        rows: list[tuple[Case, Values]] = []
        shared: Values = [None] * self._size
        for line in facts.lines:
            case = Case(facts, line, today)
            if not rows:
                for slot, read in self._order_readers:
                    shared[slot] = read(case)
            values = shared.copy()
            for slot, read in self._line_readers:
                values[slot] = read(case)
            rows.append((case, values))
        if self._asked_slot is not None:
            self._fill_asked(rows, self._asked_slot)
        return rows

    def _fill_asked(self, rows: list[tuple[Case, Values]], slot: int) -> None:
        asked = Decimal(0)
        for case, values in rows:
            values[slot] = Decimal(0)
            chosen, ways, _ = self._choose(values)
            decisions = {self._effects(one, "outcome").decision for one in (*ways, chosen[_OUTCOME])}
            if decisions != {Outcome.REFUSE}:
                asked += case.line.value
        for _, values in rows:
            values[slot] = asked

    def _choose(self, values: Values) -> tuple[list[int], list[int], list[int]]:
        """Per effect the rule that decides it; the rules that may decide the outcome; those that may the window."""
        chosen = [_DEFAULT] * len(EFFECTS)
        maybe_outcome: list[int] = []
        maybe_window: list[int] = []
        still_open = _EVERY
        for index, (_, test, speaks, mask, _) in enumerate(self._rules):
            if not mask & still_open:
                continue
            held = test(values)
            if held:
                for effect in speaks:
                    if chosen[effect] == _DEFAULT:
                        chosen[effect] = index
                still_open &= ~mask
                if not still_open:
                    break
            elif held is None:
                if mask & still_open & _OUTCOME_BIT:
                    maybe_outcome.append(index)
                if mask & still_open & _WINDOW_BIT:
                    maybe_window.append(index)
        return chosen, maybe_outcome, maybe_window

    def _effects(self, index: int, name: str) -> Any:
        return getattr(self._defaults if index == _DEFAULT else self._rules[index].effects, name)

    def _verdict(self, case: Case, values: Values) -> Verdict:
        chosen, maybe_outcome, maybe_window = self._choose(values)
        window, is_open, is_over = self._window(case, chosen, maybe_window)
        terms = self._terms_of(case, tuple(chosen))
        code = "otherwise" if chosen[_OUTCOME] == _DEFAULT else self._rules[chosen[_OUTCOME]].code
        outcome, rule = self._ending(chosen[_OUTCOME], code, is_open, is_over)
        if maybe_outcome and any(self._ending(one, "", is_open, is_over)[0] != outcome for one in maybe_outcome):
            rule = rule if outcome is Outcome.REVIEW else "fact_unknown"
            return Verdict(case.line.order_line_id, Outcome.REVIEW, rule, window, terms)
        if outcome is not Outcome.REFUSE and rule == code and not self._is_allowed(case.line, terms):
            outcome, rule = Outcome.REVIEW, "reason_not_listed"
        return Verdict(case.line.order_line_id, outcome, rule, window, terms)

    def _ending(self, index: int, code: str, is_open: bool, is_over: bool) -> tuple[Outcome, str]:
        effect = self._effects(index, "outcome")
        if is_open or effect.even_late or effect.decision is Outcome.REFUSE:
            return effect.decision, code
        return (Outcome.REFUSE, "outside_window") if is_over else (Outcome.REVIEW, "window_unsure")

    def _window(self, case: Case, chosen: list[int], maybe: list[int]) -> tuple[Window, bool, bool]:
        seasons = self._effects(chosen[_SEASONS], "seasons")
        longest = window_of(case.order, case.line, self._effects(chosen[_WINDOW], "window"), seasons)
        is_open = case.today <= longest.last_day
        if not maybe:
            return longest, is_open, not is_open and longest.is_sure
        all_open, any_open, all_sure = is_open, is_open, longest.is_sure
        for index in reversed(maybe):
            window = window_of(case.order, case.line, self._effects(index, "window"), seasons)
            is_open = case.today <= window.last_day
            all_open, any_open = all_open and is_open, any_open or is_open
            all_sure = all_sure and window.is_sure
            if window.last_day > longest.last_day:
                longest = window
        return longest, all_open, not any_open and all_sure

    def _terms_of(self, case: Case, chosen: tuple[int, ...]) -> Terms:
        known = self._terms.get(chosen)
        if known is None:
            effects = Effects.model_construct(
                **{name: self._effects(index, name) for name, index in zip(EFFECTS, chosen, strict=True)}
            )
            bare = effects.model_copy(update={"fees": None, "returnless_below": None})
            known = self._terms[chosen] = effects, terms_of(bare, self._codes, case)
        effects, terms = known
        fees = fees_of(effects.fees, case) if effects.fees is not None else ()
        keeps = case.line.value < (effects.returnless_below or Decimal(0))
        if not fees and not keeps and not terms.keeps_item:
            return terms
        return Terms(
            terms.reasons, terms.photos, terms.resolutions, fees, terms.shipping_paid_by, terms.refund_at, keeps,
            terms.send_to,
        )  # fmt: skip

    def _is_allowed(self, line: LineFacts, terms: Terms) -> bool:
        if line.reason is None:
            return True
        code, _, sub = line.reason.partition(".")
        reason: Reason | None = self._reasons.get(code)
        if reason is None or code not in terms.reasons:
            return False
        return not sub or any(one.code == sub for one in reason.sub)


def compile_policy(policy: PolicyDocument) -> CompiledPolicy:
    """`policy` made ready for many orders."""
    return CompiledPolicy(policy)


def _some(readers: list[tuple[int, str, Reader | None]], *, of_line: bool) -> list[tuple[int, Reader]]:
    return [
        (slot, read)
        for slot, fact, read in readers
        if read is not None and fact != "request.paid" and fact.startswith(("line.", "product.")) == of_line
    ]


def _condition(condition: AnyCondition, slots: dict[tuple[str, str], int]) -> Test:
    if isinstance(condition, Not):
        return _not(_condition(condition.of, slots))
    if isinstance(condition, All):
        return _all(tuple(_condition(part, slots) for part in condition.of))
    if isinstance(condition, AnyOf):
        return _any(tuple(_condition(part, slots) for part in condition.of))
    slot = slots.setdefault((condition.fact, condition.field), len(slots))
    return _leaf(condition, slot)


def _not(inner: Test) -> Test:
    def test(values: Values) -> bool | None:
        held = inner(values)
        return None if held is None else not held

    return test


def _all(parts: tuple[Test, ...]) -> Test:
    def test(values: Values) -> bool | None:
        answer: bool | None = True
        for part in parts:
            held = part(values)
            if held is False:
                return False
            if held is None:
                answer = None
        return answer

    return parts[0] if len(parts) == 1 else test


def _any(parts: tuple[Test, ...]) -> Test:
    def test(values: Values) -> bool | None:
        answer: bool | None = False
        for part in parts:
            held = part(values)
            if held:
                return True
            if held is None:
                answer = None
        return answer

    return parts[0] if len(parts) == 1 else test


_ASK: dict[str, bool | None] = {"ask": None, "yes": True, "no": False}


def _leaf(leaf: Leaf, slot: int) -> Test:
    unknown = _ASK[leaf.unknown]
    fact = FACTS.get(leaf.fact)
    if fact is None:
        return lambda values: unknown
    if isinstance(leaf, Between):
        low: Any = leaf.low
        high: Any = leaf.high
        return lambda values: unknown if (actual := values[slot]) is None else low <= actual <= high
    folds = fact.kind in {Kind.TEXT, Kind.TEXTS}
    if isinstance(leaf, In):
        wanted = frozenset(plain_text(str(value)) if folds else value for value in leaf.values)
        if fact.kind in {Kind.IDS, Kind.TEXTS, Kind.CHOICES}:
            return lambda values: unknown if (actual := values[slot]) is None else not wanted.isdisjoint(actual)
        return lambda values: unknown if (actual := values[slot]) is None else actual in wanted
    return _compare(leaf, slot, plain_text(str(leaf.value)) if folds else leaf.value, unknown)


def _compare(leaf: Compare, slot: int, wanted: Any, unknown: bool | None) -> Test:
    tests: dict[Op, Test] = {
        Op.IS: lambda values: unknown if (actual := values[slot]) is None else actual == wanted,
        Op.IS_NOT: lambda values: unknown if (actual := values[slot]) is None else actual != wanted,
        Op.BELOW: lambda values: unknown if (actual := values[slot]) is None else actual < wanted,
        Op.AT_MOST: lambda values: unknown if (actual := values[slot]) is None else actual <= wanted,
        Op.ABOVE: lambda values: unknown if (actual := values[slot]) is None else actual > wanted,
        Op.AT_LEAST: lambda values: unknown if (actual := values[slot]) is None else actual >= wanted,
        Op.STARTS_WITH: lambda values: unknown if (actual := values[slot]) is None else actual.startswith(wanted),
        Op.CONTAINS: lambda values: unknown if (actual := values[slot]) is None else wanted in actual,
        Op.HAS: lambda values: unknown if (actual := values[slot]) is None else wanted in actual,
        Op.HAS_NOT: lambda values: unknown if (actual := values[slot]) is None else wanted not in actual,
    }
    return tests[leaf.op]
