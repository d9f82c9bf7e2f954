"""Conditions of a rule: a small closed grammar over the facts of `fact_names`.

    {"test": "compare", "fact": "line.paid", "op": "above", "value": "100.00"}
    {"test": "compare", "fact": "product.custom_field", "field": "Material", "op": "is", "value": "Silk"}
    {"test": "in", "fact": "product.category", "values": [12, 15]}        several values: one in common is enough
    {"test": "between", "fact": "order.date", "low": "2026-11-01", "high": "2026-12-25"}      both ends included
    {"test": "all", "of": [...]}     of nothing: always      {"test": "any", "of": [...]}     of nothing: never
    {"test": "not", "of": {...}}

Where a fact is not known (the store did not tell, nobody asked yet), a test says what to do by `unknown`: "ask" (the
rule is taken both ways and, where that matters, a person decides), or the named fallback "yes" or "no".
A parsed value has the fact's own type: Decimal, int, date, bool or str.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_serializer, field_validator, model_validator

from .fact_names import FACTS, LISTED, OPS, RANGED, Fact, Kind, Op

Value: TypeAlias = bool | int | Decimal | date | str
MAX_TEXT = 200
MAX_VALUES = 5000
MAX_DEPTH = 6
"""How deep conditions may nest."""


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Leaf(_Node):
    fact: str = Field(description="A fact of the catalogue.")
    field: str = Field(default="", max_length=250, description="Which option or custom field; for those two only.")
    unknown: Literal["ask", "yes", "no"] = "ask"

    @field_validator("fact")
    @classmethod
    def _known_fact(cls, name: str, info: ValidationInfo) -> str:
        if name not in FACTS and not _is_stored(info):
            raise ValueError(f"there is no fact {name!r}; allowed: {', '.join(FACTS)}")
        return name

    @field_validator("field")
    @classmethod
    def _trimmed(cls, value: str) -> str:
        return value.strip()

    @model_validator(mode="after")
    def _field_where_needed(self) -> "_Leaf":
        fact = FACTS.get(self.fact)
        if fact is not None and fact.needs_field != bool(self.field):
            what = "names which one in `field`" if fact.needs_field else "takes no `field`"
            raise ValueError(f"{self.fact} {what}")
        return self


class Compare(_Leaf):
    """One value against one other."""

    test: Literal["compare"] = "compare"
    op: Op
    value: Value

    @field_validator("op")
    @classmethod
    def _op_of_the_kind(cls, op: Op, info: ValidationInfo) -> Op:
        fact = FACTS.get(info.data.get("fact", ""))
        if fact is not None and op not in OPS[fact.kind]:
            raise ValueError(f"{fact.name} cannot be compared by {op.value!r}; allowed: {', '.join(OPS[fact.kind])}")
        return op

    @field_validator("value", mode="plain", json_schema_input_type=bool | int | str)
    @classmethod
    def _value_of_the_kind(cls, value: Any, info: ValidationInfo) -> Value:
        return _typed(value, info)

    @field_serializer("value")
    def _value_as_json(self, value: Value) -> bool | int | str:
        return as_json(value)


class In(_Leaf):
    """Any of these values."""

    test: Literal["in"] = "in"
    values: tuple[Value, ...] = Field(min_length=1, max_length=MAX_VALUES)

    @field_validator("values", mode="plain", json_schema_input_type=list[int | str])
    @classmethod
    def _values_of_the_kind(cls, values: Any, info: ValidationInfo) -> tuple[Value, ...]:
        fact = FACTS.get(info.data.get("fact", ""))
        if fact is not None and fact.kind not in LISTED:
            raise ValueError(f"{fact.name} cannot be looked up in a list; compare it instead")
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MAX_VALUES:
            raise ValueError(f"a list of 1 to {MAX_VALUES} values is needed")
        return tuple(dict.fromkeys(_typed(value, info) for value in values))

    @field_serializer("values")
    def _values_as_json(self, values: tuple[Value, ...]) -> list[bool | int | str]:
        return [as_json(value) for value in values]


class Between(_Leaf):
    """From `low` to `high`, both included."""

    test: Literal["between"] = "between"
    low: Value
    high: Value

    @field_validator("low", "high", mode="plain", json_schema_input_type=int | str)
    @classmethod
    def _end_of_the_kind(cls, value: Any, info: ValidationInfo) -> Value:
        fact = FACTS.get(info.data.get("fact", ""))
        if fact is not None and fact.kind not in RANGED:
            raise ValueError(f"{fact.name} has no range; compare it instead")
        return _typed(value, info)

    @field_serializer("low", "high")
    def _end_as_json(self, value: Value) -> bool | int | str:
        return as_json(value)

    @model_validator(mode="after")
    def _right_way_round(self) -> "Between":
        if self.fact in FACTS and self.low > self.high:  # type: ignore[operator]
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        return self


class All(_Node):
    """Every one of them; of nothing: always."""

    test: Literal["all"] = "all"
    of: tuple["Condition", ...] = Field(max_length=50)


class AnyOf(_Node):
    """At least one of them; of nothing: never."""

    test: Literal["any"] = "any"
    of: tuple["Condition", ...] = Field(max_length=50)


class Not(_Node):
    """The opposite."""

    test: Literal["not"] = "not"
    of: "Condition"


Leaf: TypeAlias = Compare | In | Between
Condition: TypeAlias = Annotated[Compare | In | Between | All | AnyOf | Not, Field(discriminator="test")]
TAGS = ("compare", "in", "between", "all", "any", "not")
ALWAYS = All(of=())

for _model in (All, AnyOf, Not):
    _model.model_rebuild()


def leaves(condition: Compare | In | Between | All | AnyOf | Not) -> Iterator[Leaf]:
    """Every single test in `condition`, in order."""
    if isinstance(condition, All | AnyOf):
        for part in condition.of:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.of)
    else:
        yield condition


def _is_stored(info: ValidationInfo) -> bool:
    """Whether a document that was published once is read back: what it names may be gone since."""
    return bool(info.context and info.context.get("stored"))


def _typed(value: Any, info: ValidationInfo) -> Value:
    fact = FACTS.get(info.data.get("fact", ""))
    if fact is None:
        # The fact itself is the problem (or gone since): its values cannot be judged.
        return value if isinstance(value, bool | int | str) else str(value)
    return _PARSERS[fact.kind](value, fact)


def _decimal(value: Any, fact: Fact) -> Decimal:
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{fact.name} needs a number such as 12.50, not {value!r}") from None
    if not number.is_finite() or abs(number) > 10**12 or -int(number.as_tuple().exponent) > 6:
        raise ValueError(f"{fact.name} needs a number of ordinary size, not {value!r}")
    if fact.kind is Kind.PERCENT and not 0 <= number <= 100:
        raise ValueError(f"{fact.name} goes from 0 to 100, not {value!r}")
    return plain(number)


def as_json(value: Value) -> bool | int | str:
    """A value as JSON keeps it: amounts as decimal strings, days as ISO dates."""
    if isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else f"{value:f}"


def plain(number: Decimal) -> Decimal:
    """The same number in its one plain writing (100, not 1E+2 or 100.00): equal policies give equal documents."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def _flag(value: Any, fact: Fact) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{fact.name} is true or false, not {value!r}")
    return value


def _date(value: Any, fact: Fact) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{fact.name} needs a day such as 2026-12-31, not {value!r}") from None


def _id(value: Any, fact: Fact) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError(f"{fact.name} needs a whole number, not {value!r}")
    return value


def _text(value: Any, fact: Fact) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or "\x00" in value:
        raise ValueError(f"{fact.name} needs a text of 1 to {MAX_TEXT} characters, not {value!r}")
    return value.strip()


def _choice(value: Any, fact: Fact) -> str:
    if value not in fact.choices:
        raise ValueError(f"{fact.name} cannot be {value!r}; allowed: {', '.join(fact.choices)}")
    return str(value)


_PARSERS: dict[Kind, Callable[[Any, Fact], Value]] = {
    Kind.MONEY: _decimal,
    Kind.NUMBER: _decimal,
    Kind.PERCENT: _decimal,
    Kind.FLAG: _flag,
    Kind.DATE: _date,
    Kind.TEXT: _text,
    Kind.CODE: _text,
    Kind.CHOICE: _choice,
    Kind.ID: _id,
    Kind.IDS: _id,
    Kind.TEXTS: _text,
    Kind.CHOICES: _choice,
}
