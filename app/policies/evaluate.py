"""Whether a condition holds for a line, with every comparison on the way. Pure; the plain reading of the grammar.

Three answers: yes, no, and not known. "all" with a no is no, whatever else is not known; "any" with a yes is yes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .conditions import All, AnyOf, Compare, In, Leaf, Not
from .explanation import Tested
from .fact_names import FACTS, Kind, Op
from .reading import Case, plain_text, reader_of
from .shown import shown

AnyCondition = Compare | In | Leaf | All | AnyOf | Not
_SEVERAL = frozenset({Kind.IDS, Kind.TEXTS, Kind.CHOICES})


@dataclass
class Trail:
    """What was compared, and what had to be done without."""

    tests: list[Tested] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """"fact_unknown:..." or "no_such_fact:...", once each."""


def holds(condition: AnyCondition, case: Case, trail: Trail) -> bool | None:
    """The answer; each comparison is written into `trail` up to the one that settles it."""
    if isinstance(condition, Not):
        held = holds(condition.of, case, trail)
        return None if held is None else not held
    if isinstance(condition, All | AnyOf):
        return _several(condition.of, case, trail, settles=isinstance(condition, AnyOf))
    return _leaf(condition, case, trail)


def _several(parts: tuple[AnyCondition, ...], case: Case, trail: Trail, *, settles: bool) -> bool | None:
    """`settles`: the answer of one part that is the answer of the whole."""
    answer: bool | None = not settles
    for part in parts:
        held = holds(part, case, trail)
        if held is settles:
            return settles
        if held is None:
            answer = None
    return answer


def _leaf(leaf: Leaf, case: Case, trail: Trail) -> bool | None:
    reader = reader_of(leaf.fact, leaf.field)
    actual = reader(case) if reader is not None else None
    held = _unknown(leaf, trail, is_gone=reader is None) if actual is None else _test(leaf, actual)
    trail.tests.append(_tested(leaf, actual, held, case.order.currency))
    return held


def _unknown(leaf: Leaf, trail: Trail, *, is_gone: bool) -> bool | None:
    name = f"{leaf.fact}:{leaf.field}" if leaf.field else leaf.fact
    flag = f"no_such_fact:{name}" if is_gone else f"fact_unknown:{name}"
    if flag not in trail.missing:
        trail.missing.append(flag)
    return {"ask": None, "yes": True, "no": False}[leaf.unknown]


def _test(leaf: Leaf, actual: Any) -> bool:
    kind = FACTS[leaf.fact].kind
    if isinstance(leaf, Compare):
        return _COMPARE[leaf.op](actual, _wanted(leaf.value, kind))
    if isinstance(leaf, In):
        values = {_wanted(value, kind) for value in leaf.values}
        return bool(values & actual) if kind in _SEVERAL else actual in values
    return bool(leaf.low <= actual <= leaf.high)


def _wanted(value: Any, kind: Kind) -> Any:
    return plain_text(value) if kind in {Kind.TEXT, Kind.TEXTS} else value


_COMPARE: dict[Op, Callable[[Any, Any], bool]] = {
    Op.IS: lambda actual, wanted: bool(actual == wanted),
    Op.IS_NOT: lambda actual, wanted: bool(actual != wanted),
    Op.BELOW: lambda actual, wanted: bool(actual < wanted),
    Op.AT_MOST: lambda actual, wanted: bool(actual <= wanted),
    Op.ABOVE: lambda actual, wanted: bool(actual > wanted),
    Op.AT_LEAST: lambda actual, wanted: bool(actual >= wanted),
    Op.STARTS_WITH: lambda actual, wanted: bool(actual.startswith(wanted)),
    Op.CONTAINS: lambda actual, wanted: wanted in actual,
    Op.HAS: lambda actual, wanted: wanted in actual,
    Op.HAS_NOT: lambda actual, wanted: wanted not in actual,
}


def _tested(leaf: Leaf, actual: Any, held: bool | None, currency: str) -> Tested:
    fact = FACTS.get(leaf.fact)
    kind = fact.kind if fact is not None else Kind.TEXT
    if isinstance(leaf, Compare):
        test, wanted = str(leaf.op), shown(leaf.value, kind, currency)
    elif isinstance(leaf, In):
        test, wanted = "in", shown(leaf.values, kind, currency)
    else:
        test, wanted = "between", f"{shown(leaf.low, kind, currency)} – {shown(leaf.high, kind, currency)}"
    return Tested(leaf.fact, leaf.field, test, wanted, shown(actual, kind, currency), held)
