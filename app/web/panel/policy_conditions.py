"""Conditions as rows of a form, and back. What the form cannot show is kept as JSON in its row.

Fields: `match` (all, any, none), `rows`; per row, by its prefix "c<i>" (in a group "c<i>-<k>"), `-kind`: leaf, group or
json. A leaf has `-fact`, `-was` (the fact its other fields were made for), `-op`, `-field`, `-value` (repeated),
`-high`, `-unknown`; a group `-match`, `-rows`; the last `-json`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from ...policies.conditions import All, AnyOf, Between, Compare, In, Not, as_json
from ...policies.document import PolicyDocument
from ...policies.effects import text_in
from ...policies.evaluate import AnyCondition
from ...policies.fact_names import FACTS, RANGED, Kind, Op
from ...policies.wording import CHOICES, DATE_OPS, OPS, STATUSES, Names
from .parse import text

MATCHES = {"all": "all of these", "any": "any of these", "none": "none of these"}
UNKNOWN = {"ask": "I decide myself", "yes": "it counts as matching", "no": "it counts as not matching"}
_LISTED = ("in", "not_in")
_RANGE = (Op.IS, Op.BELOW, Op.AT_MOST, Op.ABOVE, Op.AT_LEAST, "between")
_SEPARATORS = {Kind.ID: r"[\n,;]", Kind.IDS: r"[\n,;]", Kind.CODE: r"[\n,;]"}
MAX_ROWS = 50
_FLIPPED = {"yes": "no", "no": "yes"}
NEW_FACT = "product.category"


@dataclass(frozen=True)
class Row:
    """One row of the form."""

    kind: str = "leaf"
    fact: str = NEW_FACT
    op: str = "in"
    field: str = ""
    values: tuple[str, ...] = ()
    high: str = ""
    unknown: str = "ask"
    match: str = "all"
    rows: tuple["Row", ...] = ()
    json: str = ""
    is_new: bool = False
    """The fact was changed since its other fields were made: they are to be filled in first."""


@dataclass(frozen=True)
class Rows:
    """The whole condition: match all, any or none of the rows. No rows: always."""

    match: str = "all"
    rows: tuple[Row, ...] = ()

    @property
    def has_new(self) -> bool:
        return any(row.is_new or any(inner.is_new for inner in row.rows) for row in self.rows)


@dataclass(frozen=True)
class Choices:
    """What can be chosen from, by fact."""

    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, fact: str) -> Mapping[str, str]:
        return self.options.get(fact, {})


def choices_of(document: PolicyDocument, names: Names) -> Choices:
    """What the policy and the store have: value as the form sends it -> what it is called."""
    locale = document.locale
    listed: dict[str, Mapping[str, str]] = {
        name: {choice: CHOICES.get(choice, choice) for choice in fact.choices}
        for name, fact in FACTS.items()
        if fact.choices
    }
    subs = [sub for reason in document.reasons for sub in reason.sub]
    return Choices({
        **listed,
        "line.reason": {reason.code: text_in(reason.label, locale) for reason in document.reasons},
        "line.sub_reason": {sub.code: text_in(sub.label, locale) for sub in subs},
        "product.category": _called(names.categories),
        "shopper.group": {"0": "No group", **_called(names.groups)} if names.groups else {},
        "order.status": _called(STATUSES),
        "order.channel": _called(names.channels),
    })  # fmt: skip


def _called(names: Mapping[int, str]) -> dict[str, str]:
    return {str(number): name for number, name in sorted(names.items(), key=lambda one: one[1].casefold())}


def ops_of(fact: str) -> dict[str, str]:
    """How a fact can be compared in the form: op -> words."""
    known = FACTS.get(fact)
    if known is None:
        return {}
    if known.kind is Kind.FLAG:
        return {"is": "is"}
    if known.kind in RANGED:
        return {str(op): DATE_OPS.get(op, OPS[op]) if known.kind is Kind.DATE else OPS[op] for op in _RANGE}
    listed = {op: OPS[op] for op in _LISTED}
    if known.kind is Kind.TEXT:
        listed |= {str(op): OPS[op] for op in (Op.STARTS_WITH, Op.CONTAINS)}
    return listed


# From a condition to rows


def rows_of(condition: AnyCondition) -> Rows:
    """`condition` as the form shows it."""
    match, parts = _parts(condition)
    if match is None:
        return Rows("all", (_row(condition, depth=1),))
    return Rows(match, tuple(_row(part, depth=1) for part in parts))


def _parts(condition: AnyCondition) -> tuple[str | None, tuple[AnyCondition, ...]]:
    if isinstance(condition, All):
        return "all", condition.of
    if isinstance(condition, AnyOf) and condition.of:
        return "any", condition.of
    if isinstance(condition, Not) and isinstance(condition.of, AnyOf) and condition.of.of:
        return "none", condition.of.of
    return None, ()


def _row(condition: AnyCondition, *, depth: int) -> Row:
    leaf = _leaf(condition)
    if leaf is not None:
        return leaf
    match, parts = _parts(condition)
    if match is not None and parts and depth == 1:
        rows = [_leaf(part) for part in parts]
        if all(row is not None for row in rows):
            return Row(kind="group", match=match, rows=tuple(row for row in rows if row is not None))
    return Row(kind="json", json=json.dumps(condition.model_dump(mode="json"), indent=1, ensure_ascii=False))


def _leaf(condition: AnyCondition) -> Row | None:
    """The row of one test; None where the form has no such row."""
    if isinstance(condition, Not):
        row = _leaf(condition.of) if isinstance(condition.of, Compare | In) else None
        if row is None or row.op not in _LISTED:
            return None
        return replace(row, op="not_in" if row.op == "in" else "in", unknown=_FLIPPED.get(row.unknown, "ask"))
    if isinstance(condition, All | AnyOf):
        return None
    base = Row(fact=condition.fact, field=condition.field, unknown=condition.unknown)
    if isinstance(condition, Between):
        return replace(base, op="between", values=(_typed(condition.low),), high=_typed(condition.high))
    if isinstance(condition, In):
        values = tuple(_typed(value) for value in condition.values)
        return replace(base, op="in", values=values) if "in" in ops_of(condition.fact) else None
    op = {Op.IS: "in", Op.HAS: "in", Op.IS_NOT: "not_in", Op.HAS_NOT: "not_in"}.get(condition.op, str(condition.op))
    if condition.op in {Op.IS, Op.IS_NOT} and "in" not in ops_of(condition.fact):
        op = str(condition.op)
    return replace(base, op=op, values=(_typed(condition.value),)) if op in ops_of(condition.fact) else None


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(as_json(value))


# From the form to rows


def read_rows(form: MultiDict[str, str]) -> Rows:
    """What was typed, however wrong."""
    count = min(form.get("rows", 0, type=int), MAX_ROWS)
    rows = [_read(form, f"c{index}") for index in range(count) if f"c{index}-kind" in form]
    match = form.get("match", "all")
    return Rows(match if match in MATCHES else "all", tuple(rows))


def _read(form: MultiDict[str, str], prefix: str) -> Row:
    kind = form.get(f"{prefix}-kind", "leaf")
    if kind == "json":
        return Row(kind="json", json=text(form.get(f"{prefix}-json")))
    if kind == "group":
        count = min(form.get(f"{prefix}-rows", 0, type=int), MAX_ROWS)
        names = [f"{prefix}-{index}" for index in range(count) if f"{prefix}-{index}-kind" in form]
        match = form.get(f"{prefix}-match", "all")
        return Row(
            kind="group", match=match if match in MATCHES else "all", rows=tuple(_read(form, one) for one in names)
        )
    return _read_leaf(form, prefix)


def _read_leaf(form: MultiDict[str, str], prefix: str) -> Row:
    fact = form.get(f"{prefix}-fact", "")
    ops = ops_of(fact)
    if fact != form.get(f"{prefix}-was", fact):
        return Row(fact=fact, op=next(iter(ops), ""), is_new=True)
    op = form.get(f"{prefix}-op", "")
    values = [text(value) for value in form.getlist(f"{prefix}-value")]
    if op in _LISTED and len(values) == 1:
        values = [one.strip() for one in re.split(_SEPARATORS.get(FACTS[fact].kind, r"\n"), values[0])]
    return Row(
        fact=fact,
        op=op if op in ops else next(iter(ops), ""),
        field=text(form.get(f"{prefix}-field")),
        values=tuple(dict.fromkeys(value for value in values if value)),
        high=text(form.get(f"{prefix}-high")),
        unknown=form.get(f"{prefix}-unknown", "ask"),
        is_new=op not in ops,
    )


# From rows to the document


def condition_json(rows: Rows) -> dict[str, Any]:
    """The condition as the document writes it. Raises ValueError where a row's JSON cannot be read."""
    parts = [_part(row) for row in rows.rows]
    if len(parts) == 1 and rows.match in {"all", "any"}:
        return parts[0]
    return _several(rows.match, parts)


def _several(match: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    if match == "none":
        return {"test": "not", "of": {"test": "any", "of": parts}} if parts else {"test": "all", "of": []}
    return {"test": match if parts else "all", "of": parts}


def _part(row: Row) -> dict[str, Any]:
    if row.kind == "json":
        found = json.loads(row.json, parse_float=Decimal)
        if not isinstance(found, dict):
            raise ValueError("a condition is an object")
        return found
    if row.kind == "group":
        return _several(row.match, [_part(inner) for inner in row.rows])
    return _test(row)


def _test(row: Row) -> dict[str, Any]:
    base: dict[str, Any] = {"fact": row.fact, "unknown": row.unknown}
    if row.field:
        base["field"] = row.field
    values = [_value(row.fact, value) for value in row.values]
    if row.op == "in":
        return {"test": "in", **base, "values": values}
    if row.op == "not_in":
        unknown = _FLIPPED.get(row.unknown, "ask")
        return {"test": "not", "of": {"test": "in", **base, "unknown": unknown, "values": values}}
    first = values[0] if values else ""
    if row.op == "between":
        return {"test": "between", **base, "low": first, "high": _value(row.fact, row.high)}
    return {"test": "compare", **base, "op": row.op, "value": first}


def _value(fact: str, value: str) -> Any:
    kind = FACTS[fact].kind if fact in FACTS else Kind.TEXT
    if kind is Kind.FLAG:
        return {"yes": True, "no": False}.get(value, value)
    if kind in {Kind.ID, Kind.IDS}:
        return int(value) if value.isascii() and value.isdigit() and len(value) < 17 else value
    if kind in {Kind.MONEY, Kind.NUMBER, Kind.PERCENT}:
        return value.replace(",", ".")
    return value


# Buttons of the form


def press(rows: Rows, deed: str) -> Rows:
    """The rows after a button: "add", "add-group", "add:<i>", "remove:<i>", "remove:<i>-<k>"; else as they are."""
    name, _, place = deed.partition(":")
    new = Row(is_new=False)
    if name == "add" and not place:
        return replace(rows, rows=(*rows.rows, new))
    if name == "add-group":
        return replace(rows, rows=(*rows.rows, Row(kind="group", match="any", rows=(new,))))
    outer, _, inner = place.partition("-")
    if not outer.isdigit() or int(outer) >= len(rows.rows):
        return rows
    index = int(outer)
    if name == "add":
        group = rows.rows[index]
        return replace(rows, rows=_put(rows.rows, index, replace(group, rows=(*group.rows, new))))
    if name == "remove" and inner.isdigit():
        group = rows.rows[index]
        left = tuple(row for place, row in enumerate(group.rows) if place != int(inner))
        return replace(rows, rows=_put(rows.rows, index, replace(group, rows=left) if left else None))
    return replace(rows, rows=_put(rows.rows, index, None)) if name == "remove" else rows


def _put(rows: Iterable[Row], index: int, row: Row | None) -> tuple[Row, ...]:
    kept = [row if place == index else one for place, one in enumerate(rows)]
    return tuple(one for one in kept if one is not None)
