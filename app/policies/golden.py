"""Golden cases: an order like this, on that day, must come to this. Kept with the policy, tried at each publish. Pure.

    {"name": "Shoes after three weeks", "on": "2026-03-21", "order": {"ordered_at": "2026-02-25T10:00:00Z", ...},
     "lines": [{"kind": "physical", "value": "59.00", "bc_category_ids": [12], ...,
                "expect": {"outcome": "refuse", "rule": "outside_window", "last_day": "2026-03-20"}}]}

`order` has the fields of `facts.OrderFacts` but its lines, a line those of `facts.LineFacts`; what is left out is not
known. Of what is expected, the outcome is needed, rule and last day may be left open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from .decide import decide
from .document import PolicyDocument, PolicyInvalid, Problem
from .effects import Outcome
from .explanation import LineDecision
from .facts import LineFacts, OrderFacts
from .window import day_of

MAX_CASES = 200
_NO_ZONE = "needs its time zone, such as Z at the end"
_LINE = {one.name for one in fields(LineFacts)} - {"order_line_id"}
_ORDER = {one.name for one in fields(OrderFacts)} - {"lines"}
_LINE_DEFAULTS: Mapping[str, Any] = {
    "kind": "physical", "bc_category_ids": None, "reason": None, "last_shipped_at": None,
}  # fmt: skip
_ORDER_DEFAULTS: Mapping[str, Any] = {
    "timezone": "UTC", "currency": "USD", "shipped_at": None, "delivered_at": None, "shipments_known": True,
}  # fmt: skip


class Expect(BaseModel):
    """What a line must come to. None: whatever it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    rule: str | None = None
    last_day: date | None = None

    def is_met_by(self, decision: LineDecision) -> bool:
        return (
            decision.outcome == self.outcome
            and self.rule in (None, decision.rule)
            and self.last_day in (None, decision.window.last_day)
        )


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    on: date
    order: dict[str, Any]
    lines: list[dict[str, Any]] = Field(min_length=1, max_length=50)


@dataclass(frozen=True)
class GoldenCase:
    """`facts` asked for on the day `on`; what is expected, line by line."""

    name: str
    on: date
    facts: OrderFacts
    expect: tuple[Expect, ...]


@dataclass(frozen=True)
class Tried:
    """A case beside what the policy said."""

    case: GoldenCase
    decisions: tuple[LineDecision, ...]

    @property
    def lines(self) -> tuple[tuple[LineFacts, Expect, LineDecision], ...]:
        return tuple(zip(self.case.facts.lines, self.case.expect, self.decisions, strict=True))

    @property
    def is_met(self) -> bool:
        return all(expect.is_met_by(decision) for _, expect, decision in self.lines)


def try_cases(document: PolicyDocument, cases: Sequence[GoldenCase]) -> tuple[Tried, ...]:
    """Every case decided by `document`."""
    return tuple(Tried(case, decide(case.facts, document, case.on)) for case in cases)


def case_of(name: str, on: date, facts: OrderFacts, decisions: Sequence[LineDecision]) -> GoldenCase:
    """A case that holds what was decided now."""
    expect = tuple(Expect(outcome=one.outcome, rule=one.rule, last_day=one.window.last_day) for one in decisions)
    return GoldenCase(name, on, facts, expect)


def parse_cases(data: Any) -> tuple[GoldenCase, ...]:
    """The cases that `data` (as JSON gives it) says. Raises PolicyInvalid with what is wrong where."""
    if not isinstance(data, list) or len(data) > MAX_CASES:
        raise PolicyInvalid((Problem(path="cases", what=f"a list of at most {MAX_CASES} cases is needed"),))
    problems: list[Problem] = []
    cases: list[GoldenCase] = []
    for index, one in enumerate(data):
        try:
            cases.append(_case(one, f"cases[{index}]"))
        except PolicyInvalid as invalid:
            problems += invalid.problems
    names = [case.name for case in cases]
    problems += [
        Problem(path="cases", what=f"two cases are called “{name}”")
        for name in dict.fromkeys(names) if names.count(name) > 1
    ]  # fmt: skip
    if problems:
        raise PolicyInvalid(tuple(problems))
    return tuple(cases)


def dump_cases(cases: Sequence[GoldenCase]) -> list[dict[str, Any]]:
    """As JSON: amounts as decimal strings, moments and days in ISO; what is not known is left out."""
    return [_dump(case) for case in cases]


def _case(data: Any, path: str) -> GoldenCase:
    frame = _parsed(_FRAME, data, path)
    lines: list[LineFacts] = []
    expect: list[Expect] = []
    for index, line in enumerate(frame.lines):
        where = f"{path}.lines[{index}]"
        given = {name: value for name, value in line.items() if name != "expect"}
        _only(given, _LINE, where)
        lines.append(_parsed(_LINE_FACTS, {**_LINE_DEFAULTS, **given, "order_line_id": index + 1}, where))
        expect.append(_parsed(_EXPECT, line.get("expect"), f"{where}.expect"))
    _only(frame.order, _ORDER, f"{path}.order")
    facts = _parsed(_ORDER_FACTS, {**_ORDER_DEFAULTS, **frame.order, "lines": lines}, f"{path}.order")
    _usable(facts, path)
    return GoldenCase(frame.name, frame.on, facts, tuple(expect))


def _usable(facts: OrderFacts, path: str) -> None:
    for name in ("ordered_at", "shipped_at", "delivered_at"):
        moment = getattr(facts, name)
        if moment is not None and moment.tzinfo is None:
            raise PolicyInvalid((Problem(path=f"{path}.order.{name}", what=_NO_ZONE),))
    for index, line in enumerate(facts.lines):
        if line.quantity < 1:
            raise PolicyInvalid((Problem(path=f"{path}.lines[{index}].quantity", what="is at least 1"),))
        if line.last_shipped_at is not None and line.last_shipped_at.tzinfo is None:
            raise PolicyInvalid((Problem(path=f"{path}.lines[{index}].last_shipped_at", what=_NO_ZONE),))
    day_of(facts.ordered_at, facts.timezone)


def _only(given: Mapping[str, Any], allowed: set[str], path: str) -> None:
    unknown = [name for name in given if name not in allowed]
    if unknown:
        what = f"there is no such field; allowed: {', '.join(sorted(allowed))}"
        raise PolicyInvalid(tuple(Problem(path=f"{path}.{name}", what=what) for name in unknown))


def _parsed(adapter: "TypeAdapter[Any]", data: Any, path: str) -> Any:
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise PolicyInvalid(tuple(_problem(one, path) for one in error.errors(include_url=False))) from None


def _problem(error: Any, path: str) -> Problem:
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    kind = error["type"]
    if kind == "missing":
        what = "is missing"
    elif kind == "extra_forbidden":
        what = "there is no such field"
    elif kind == "enum":
        what = f"cannot be {error['input']!r}; allowed: {error['ctx']['expected']}"
    else:
        what = str(error["msg"])
    return Problem(path=path, what=what)


def _dump(case: GoldenCase) -> dict[str, Any]:
    order = _plain(_ORDER_FACTS.dump_python(case.facts, mode="json"), _ORDER)
    lines = [
        {
            **_plain(_LINE_FACTS.dump_python(line, mode="json"), _LINE),
            "expect": expect.model_dump(mode="json", exclude_none=True),
        }
        for line, expect in zip(case.facts.lines, case.expect, strict=True)
    ]
    return {"name": case.name, "on": case.on.isoformat(), "order": order, "lines": lines}


def _plain(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    # Sets have no order of their own: written sorted, so that equal cases give equal documents.
    sets = {"bc_category_ids", "lists"}
    return {
        name: sorted(value) if name in sets else value
        for name, value in values.items()
        if name in names and value is not None
    }


_FRAME = TypeAdapter(_Frame)
_EXPECT = TypeAdapter(Expect)
_LINE_FACTS = TypeAdapter(LineFacts)
_ORDER_FACTS = TypeAdapter(OrderFacts)
