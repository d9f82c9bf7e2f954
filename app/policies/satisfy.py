"""Can a line exist for which these conditions hold and those do not? Pure.

For the closed grammar this can be settled: every condition is turned into choices between single tests, and the tests
of one fact into a set of values. Facts are taken to be independent of each other (only categories know what lies below
them, and the European Union its countries), so "no" is certain, while "yes" may name a line that no shop sells.
Where the search would take too long it says so: `Unsure`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from math import ceil, floor
from typing import Any

from .conditions import All, AnyOf, Between, Compare, In, Leaf, Not
from .evaluate import AnyCondition
from .fact_names import FACTS, Kind, Op
from .reading import EU, plain_text

BUDGET = 5_000
"""Steps of one search: a fraction of a second."""
ALWAYS_KNOWN = frozenset(
    {
        *("line.paid", "line.unit_paid", "line.quantity", "line.kind", "line.option", "line.bundle", "product.id"),
        *("product.sku", "order.date", "order.currency", "order.channel", "shopper.is_guest", "shopper.list"),
        *("request.date", "request.paid"),
    }
)
_WHOLE = frozenset({"line.quantity", "shopper.returns_count"})
_OPEN = frozenset({"line.kind"})
"""The store may come up with further ones."""
_SEVERAL = frozenset({Kind.IDS, Kind.TEXTS, Kind.CHOICES})
_RANGED = frozenset({Kind.MONEY, Kind.NUMBER, Kind.PERCENT, Kind.DATE})


class Unsure(Exception):
    """The search was given up: nothing is known either way."""


class Want(Enum):
    """What a condition shall come to; a test of a fact that nobody knows may come to neither."""

    TRUE = "true"
    FALSE = "false"
    NOT_TRUE = "not true"
    NOT_FALSE = "not false"


_OPPOSITE = {
    Want.TRUE: Want.FALSE,
    Want.FALSE: Want.TRUE,
    Want.NOT_TRUE: Want.NOT_FALSE,
    Want.NOT_FALSE: Want.NOT_TRUE,
}


@dataclass(frozen=True)
class _Literal:
    """One test and what it shall come to. `holds`: whether the value, if known, passes the test."""

    leaf: Leaf
    holds: bool
    may_be_unknown: bool


@dataclass(frozen=True)
class _Choice:
    """All of them, or any of them."""

    parts: tuple["_Literal | _Choice", ...]
    is_any: bool


_Formula = _Literal | _Choice
Demand = tuple[AnyCondition, Want]
_World = dict[tuple[str, str], tuple[_Literal, ...]]


@dataclass
class Search:
    """Answers questions about conditions. `below`: per category those anywhere below it."""

    below: Mapping[int, frozenset[int]] = field(default_factory=dict)
    _steps: int = 0

    def is_possible(self, demands: Iterable[Demand]) -> bool:
        """Whether one line can meet every demand. Raises Unsure."""
        self._steps = 0
        return self._solve([_formula(condition, want) for condition, want in demands], [], {})

    def _solve(self, pending: list[_Formula], choices: list[_Choice], world: _World) -> bool:
        """Whether `world` can grow to meet everything in `pending` and one part of each of `choices`."""
        choices = list(choices)
        while True:
            self._step()
            while pending:
                one = pending.pop()
                if isinstance(one, _Literal):
                    if not self._add(world, one):
                        return False
                elif one.is_any:
                    choices.append(one)
                else:
                    pending.extend(one.parts)
            ways = [self._ways(world, choice) for choice in choices]
            if not all(ways):
                return False
            forced = [index for index, open_ones in enumerate(ways) if len(open_ones) == 1]
            if not forced:
                return self._branch(choices, ways, world)
            pending = [ways[index][0] for index in forced]
            choices = [choice for index, choice in enumerate(choices) if index not in set(forced)]

    def _branch(self, choices: list[_Choice], ways: list[list[_Formula]], world: _World) -> bool:
        if not choices:
            return True
        fewest = min(range(len(ways)), key=lambda index: len(ways[index]))
        rest = choices[:fewest] + choices[fewest + 1 :]
        return any(self._solve([way], rest, dict(world)) for way in ways[fewest])

    def _ways(self, world: _World, choice: _Choice) -> list[_Formula]:
        """The parts that may still hold; one that holds already is enough."""
        open_ones = []
        for part in choice.parts:
            if isinstance(part, _Literal) and part in world.get(_key(part.leaf), ()):
                return [part]
            if self._may_be(world, part):
                open_ones.append(part)
        return open_ones

    def _step(self) -> None:
        self._steps += 1
        if self._steps > BUDGET:
            raise Unsure

    def _may_be(self, world: _World, part: _Formula) -> bool:
        self._step()
        return not isinstance(part, _Literal) or self._fits(world, part) is not None

    def _add(self, world: _World, literal: _Literal) -> bool:
        literals = self._fits(world, literal)
        if literals is not None:
            world[_key(literal.leaf)] = literals
        return literals is not None

    def _fits(self, world: _World, literal: _Literal) -> tuple[_Literal, ...] | None:
        before = world.get(_key(literal.leaf), ())
        if literal in before:
            return before
        literals = (*before, literal)
        return literals if self._has_a_value(literals) else None

    def _has_a_value(self, literals: tuple[_Literal, ...]) -> bool:
        fact = literals[0].leaf.fact
        if fact not in FACTS:
            return all(literal.may_be_unknown for literal in literals)
        if fact not in ALWAYS_KNOWN and all(literal.may_be_unknown for literal in literals):
            return True
        kind = FACTS[fact].kind
        if kind in _RANGED:
            return _has_number(literals)
        return self._has_several(literals) if kind in _SEVERAL else _has_word(literals)

    def _has_several(self, literals: tuple[_Literal, ...]) -> bool:
        """Of many values at once: none of those excluded, and one at least of each list that is asked for."""
        excluded: set[Any] = set()
        asked: list[set[Any]] = []
        for literal in literals:
            values, holds = _values(literal)
            if holds:
                asked.append(values)
            else:
                excluded |= values
                for value in values:
                    excluded |= self.below.get(value, frozenset())
        return all(values - excluded for values in asked)


def _key(leaf: Leaf) -> tuple[str, str]:
    return leaf.fact, plain_text(leaf.field)


def _formula(condition: AnyCondition, want: Want) -> _Formula:
    if isinstance(condition, Not):
        return _formula(condition.of, _OPPOSITE[want])
    if isinstance(condition, All | AnyOf):
        parts = tuple(_formula(part, want) for part in condition.of)
        asks_for_all = want in {Want.TRUE, Want.NOT_FALSE}
        return _Choice(parts, is_any=asks_for_all == isinstance(condition, AnyOf))
    if isinstance(condition, Compare) and condition.fact == "destination.in_eu":
        return _formula(*_as_countries(condition, want))
    return _Literal(
        condition,
        holds=want in {Want.TRUE, Want.NOT_FALSE},
        may_be_unknown={
            Want.TRUE: condition.unknown == "yes",
            Want.FALSE: condition.unknown == "no",
            Want.NOT_TRUE: condition.unknown != "yes",
            Want.NOT_FALSE: condition.unknown != "no",
        }[want],
    )


def _as_countries(leaf: Compare, want: Want) -> Demand:
    """The European Union as its countries, so that both ways of naming them meet."""
    if leaf.value:
        return In(fact="destination.country", values=_EU, unknown=leaf.unknown), want
    return In(fact="destination.country", values=_EU, unknown=_FLIPPED[leaf.unknown]), _OPPOSITE[want]


def _values(literal: _Literal) -> tuple[set[Any], bool]:
    """The values the test names, and whether the fact shall be among them (or have one of them)."""
    leaf = literal.leaf
    folds = FACTS[leaf.fact].kind in {Kind.TEXT, Kind.TEXTS}
    named = leaf.values if isinstance(leaf, In) else (leaf.value,) if isinstance(leaf, Compare) else ()
    values = {plain_text(str(value)) if folds else value for value in named}
    is_other = isinstance(leaf, Compare) and leaf.op in {Op.IS_NOT, Op.HAS_NOT}
    return values, literal.holds != is_other


def _has_word(literals: tuple[_Literal, ...]) -> bool:
    """Of words, codes, numbers of things and flags."""
    fact = FACTS[literals[0].leaf.fact]
    among: set[Any] | None = None
    if fact.kind is Kind.FLAG:
        among = {True, False}
    elif fact.kind is Kind.CHOICE and fact.name not in _OPEN:
        among = set(fact.choices)
    excluded: set[Any] = set()
    parts: list[tuple[Op, str, bool]] = []
    for literal in literals:
        leaf = literal.leaf
        if isinstance(leaf, Compare) and leaf.op in {Op.STARTS_WITH, Op.CONTAINS}:
            parts.append((leaf.op, plain_text(str(leaf.value)), literal.holds))
            continue
        values, holds = _values(literal)
        if not holds:
            excluded |= values
        else:
            among = values if among is None else among & values
    if among is not None:
        return any(_reads(value, parts) for value in among - excluded)
    return _can_be_written(parts)


def _reads(value: Any, parts: list[tuple[Op, str, bool]]) -> bool:
    return all(
        (str(value).startswith(text) if op is Op.STARTS_WITH else text in str(value)) == holds
        for op, text, holds in parts
    )


def _can_be_written(parts: list[tuple[Op, str, bool]]) -> bool:
    """Whether some text begins and contains as asked: the pieces with a sign between them that nobody names."""
    beginnings = [text for op, text, holds in parts if holds and op is Op.STARTS_WITH]
    longest = max(beginnings, key=len, default="")
    if not all(longest.startswith(text) for text in beginnings):
        return False
    pieces = [longest, *(text for op, text, holds in parts if holds and op is Op.CONTAINS)]
    return _reads("\ufdd0".join(pieces), parts)


_Cut = tuple[Any, int]
"""Just before a number (0), or just after it (1)."""
_Span = tuple[_Cut, _Cut]
_FROM, _TO = (Decimal("-Infinity"), 0), (Decimal("Infinity"), 1)


def _has_number(literals: tuple[_Literal, ...]) -> bool:
    """Of amounts, numbers and days: whether the spans have anything in common."""
    fact = FACTS[literals[0].leaf.fact]
    spans: list[_Span] = [_domain(fact.name, fact.kind)]
    for literal in literals:
        wanted = _spans(literal.leaf) if literal.holds else _outside(_spans(literal.leaf))
        spans = [
            (max(one[0], other[0]), min(one[1], other[1]))
            for one in spans
            for other in wanted
            if max(one[0], other[0]) < min(one[1], other[1])
        ]
    if fact.kind is Kind.DATE or fact.name in _WHOLE:
        return any(_first_whole(low) < _first_whole(high) for low, high in spans)
    return bool(spans)


def _domain(fact: str, kind: Kind) -> _Span:
    if kind is Kind.PERCENT:
        return (0, 0), (100, 1)
    if fact in _WHOLE:
        return (0, 0), _TO
    return _FROM, _TO


def _spans(leaf: Leaf) -> list[_Span]:
    if isinstance(leaf, Between):
        return [((_number(leaf.low), 0), (_number(leaf.high), 1))]
    if isinstance(leaf, In):
        return sorted(((_number(value), 0), (_number(value), 1)) for value in leaf.values)
    value = _number(leaf.value)
    before, after = (value, 0), (value, 1)
    return {
        Op.IS: [(before, after)],
        Op.IS_NOT: [(_FROM, before), (after, _TO)],
        Op.BELOW: [(_FROM, before)],
        Op.AT_MOST: [(_FROM, after)],
        Op.ABOVE: [(after, _TO)],
        Op.AT_LEAST: [(before, _TO)],
    }[leaf.op]


def _outside(spans: list[_Span]) -> list[_Span]:
    edges: list[_Cut] = [_FROM, *(cut for span in spans for cut in span), _TO]
    return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]


def _number(value: Any) -> Any:
    return value.toordinal() if isinstance(value, date) else value


def _first_whole(cut: _Cut) -> Any:
    """The first whole number after the cut."""
    number, side = cut
    if isinstance(number, Decimal) and not number.is_finite():
        return number
    return ceil(number) if side == 0 else floor(number) + 1


_EU = tuple(sorted(EU))
_FLIPPED: dict[str, Any] = {"ask": "ask", "yes": "no", "no": "yes"}
