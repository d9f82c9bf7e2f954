"""The policy as a document: what a merchant edits, exports, imports and publishes. Pure.

    {"format": 1, "name": "General", "locale": "en",
     "reasons": [{"code": "fit", "label": {"en": "Does not fit"}, "sub": [{"code": "too_small", "label": {...}}]}],
     "places": [{"code": "outlet", "name": {"en": "Outlet"}, "address": "..."}],
     "page": {"intro": {"en": "..."}, "condition": {}, "packing": {}},
     "rules": [{"code": "electronics", "name": "Electronics", "when": CONDITION, "effects": EFFECTS, "words": {}}],
     "defaults": EFFECTS, complete}

CONDITION: see `conditions`; EFFECTS: see `effects`; the facts: `fact_names`.

How it decides, for each line on its own:
* each effect comes from the first matching rule that says something about it; `defaults` closes every effect;
* so the outcome is that of the first matching rule with an outcome; then, unless it refuses: the window (if it is over
  and the rule does not say `even_late`, the line is refused), a missing fact on which the outcome hangs and a reason
  that is not allowed (a person looks). These four have codes of their own, no rule can take: see RESERVED.

`parse_document(data)` is the way in (it raises PolicyInvalid with every problem: path, what, what is allowed);
`load_document(stored)` the way back from the database, which never fails for what has gone since;
`dump_document(document)` gives the JSON, alike for equal policies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from .conditions import ALWAYS, MAX_DEPTH, TAGS, Compare, Condition, In, Leaf, leaves
from .effects import CODE, Code, Defaults, Effects, Locale, Sentences, Texts, text_in

RESERVED = ("outside_window", "window_unsure", "fact_unknown", "reason_not_listed", "otherwise")
"""What decides beside the rules: the window, a window that is only a guess, a fact nobody knows, a reason that is not
allowed, and the defaults where no rule had an outcome."""
MAX_RULES = 200


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SubReason(_Part):
    """A closer reason, such as "too small" under "does not fit"."""

    code: Code
    label: Texts = Field(min_length=1)


class Reason(_Part):
    """Why something comes back. With `sub`, the shopper must say which; a line then carries "code.sub_code"."""

    code: Code
    label: Texts = Field(min_length=1)
    sub: tuple[SubReason, ...] = Field(default=(), max_length=30)


class Place(_Part):
    """Where goods are sent. The code "store" is taken: the return address of the settings."""

    code: Code
    name: Texts = Field(min_length=1)
    address: str = Field(min_length=1, max_length=500)


class PageWords(_Part):
    """The merchant's own sentences on the policy page, per locale."""

    intro: Texts = {}
    condition: Texts = {}
    packing: Texts = {}


class Rule(_Part):
    """If `when` holds for a line, `effects` say something about it. `words`: what the policy page says of the rule;
    empty: put into words from it. Left out, `code` is made from the name; it stays when the name changes."""

    code: Code = ""
    name: str = Field(min_length=1, max_length=80)
    when: Condition = ALWAYS
    effects: Effects
    words: Sentences = {}

    @model_validator(mode="before")
    @classmethod
    def _code_from_name(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and not data.get("code") and isinstance(data.get("name"), str):
            return {**data, "code": code_of(data["name"])}
        return data


class PolicyDocument(_Part):
    """A whole policy. Never changed once published: see `versions`."""

    format: Literal[1] = 1
    name: str = Field(min_length=1, max_length=80)
    locale: Locale = "en"
    """The one that stands in where a text is missing in the shopper's."""
    reasons: tuple[Reason, ...] = Field(min_length=1, max_length=100)
    places: tuple[Place, ...] = Field(default=(), max_length=50)
    page: PageWords = PageWords()
    rules: tuple[Rule, ...] = Field(default=(), max_length=MAX_RULES)
    defaults: Defaults = Defaults()

    @model_validator(mode="after")
    def _names_what_it_has(self, info: ValidationInfo) -> "PolicyDocument":
        if not (info.context and info.context.get("stored")):
            problems = list(_loose_ends(self))
            if problems:
                raise PolicyInvalid(tuple(problems))
        return self

    @property
    def reason_codes(self) -> tuple[str, ...]:
        return tuple(reason.code for reason in self.reasons)

    def reason(self, code: str) -> Reason | None:
        """By its own code, or by that of a closer reason of it ("fit.too_small")."""
        return next((one for one in self.reasons if one.code == code.partition(".")[0]), None)

    def place(self, code: str) -> Place | None:
        return next((one for one in self.places if one.code == code), None)

    def facts_named(self) -> frozenset[tuple[str, str]]:
        """(fact, field) of every test in it: what must be known to decide. `field` is mostly ""."""
        return frozenset((leaf.fact, leaf.field) for rule in self.rules for leaf in leaves(rule.when))


class Problem(BaseModel):
    """One thing wrong with a document. `path`: "rules[2].when.of[0].value"; "" is the document itself."""

    model_config = ConfigDict(frozen=True)

    path: str
    rule: str = ""
    """The name of the rule it is in, where there is one."""
    what: str

    def __str__(self) -> str:
        where = f"{self.path} (rule “{self.rule}”)" if self.rule else self.path or "the document"
        return f"{where}: {self.what}"


class PolicyInvalid(Exception):
    """The document is no policy. `problems`: every one that was found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def parse_document(data: Any) -> PolicyDocument:
    """The policy that `data` (as JSON gives it, numbers exact) says. Raises PolicyInvalid."""
    if _too_deep(data):
        raise PolicyInvalid((Problem(path="", what=f"nested too deep: conditions go {MAX_DEPTH} deep at most"),))
    try:
        return PolicyDocument.model_validate(data)
    except ValidationError as error:
        raise PolicyInvalid(tuple(_problem(one, data) for one in error.errors(include_url=False))) from None


def load_document(stored: Mapping[str, Any]) -> PolicyDocument:
    """A document that was published: what it names may be gone since (then its tests are unknown, see `decide`)."""
    return PolicyDocument.model_validate(stored, context={"stored": True})


def dump_document(document: PolicyDocument) -> dict[str, Any]:
    """As JSON: amounts as decimal strings, days as ISO dates. Equal policies give equal documents."""
    return document.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class ReasonChoice:
    """One entry of a list of reasons to choose from: a reason, or a closer one with its parent's label before it."""

    code: str
    label: str


def reason_choices(
    policy: PolicyDocument, locale: str, allowed: Sequence[str] | None = None
) -> tuple[ReasonChoice, ...]:
    """The reasons as a shopper chooses them, in the policy's order. `allowed`: of these codes only."""
    choices = []
    for reason in policy.reasons:
        if allowed is not None and reason.code not in allowed:
            continue
        label = text_in(reason.label, locale, policy.locale)
        if not reason.sub:
            choices.append(ReasonChoice(reason.code, label))
        for sub in reason.sub:
            closer = text_in(sub.label, locale, policy.locale)
            choices.append(ReasonChoice(f"{reason.code}.{sub.code}", f"{label}: {closer}"))
    return tuple(choices)


def code_of(name: str) -> str:
    """A code for a rule called `name`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "rule"


def _loose_ends(document: PolicyDocument) -> Iterator[Problem]:
    """Codes that are used twice, taken or not there."""
    yield from _twice(document.reason_codes, "reasons", "the reason")
    yield from _twice(tuple(place.code for place in document.places), "places", "the place")
    for index, place in enumerate(document.places):
        if place.code == "store":
            yield Problem(path=f"places[{index}].code", what="“store” is the return address of the settings")
    codes: set[str] = set()
    names: set[str] = set()
    for index, rule in enumerate(document.rules):
        path = f"rules[{index}]"
        if rule.code in RESERVED:
            yield Problem(path=f"{path}.code", rule=rule.name, what=f"{rule.code!r} is taken: {', '.join(RESERVED)}")
        if rule.code in codes:
            yield Problem(path=f"{path}.code", rule=rule.name, what=f"another rule has the code {rule.code!r}")
        if rule.name.casefold() in names:
            yield Problem(path=f"{path}.name", rule=rule.name, what="another rule has this name")
        codes.add(rule.code)
        names.add(rule.name.casefold())
        yield from _reason_tests(document, rule, path)
        yield from _missing(document, rule.effects, f"{path}.effects", rule.name)
    yield from _missing(document, document.defaults, "defaults", "")


def _twice(codes: tuple[str, ...], path: str, what: str) -> Iterator[Problem]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield Problem(path=f"{path}[{index}].code", what=f"{what} {code!r} is there twice")


def _reason_tests(document: PolicyDocument, rule: Rule, path: str) -> Iterator[Problem]:
    subs = tuple(sub.code for reason in document.reasons for sub in reason.sub)
    for leaf in leaves(rule.when):
        known = {"line.reason": document.reason_codes, "line.sub_reason": subs}.get(leaf.fact)
        if known is None:
            continue
        for code in _codes_in(leaf):
            if code not in known:
                what = f"{leaf.fact} cannot be {code!r}; allowed: {', '.join(known) or 'none yet'}"
                yield Problem(path=f"{path}.when", rule=rule.name, what=what)


def _codes_in(leaf: Leaf) -> tuple[Any, ...]:
    if isinstance(leaf, In):
        return leaf.values
    return (leaf.value,) if isinstance(leaf, Compare) else ()


def _missing(document: PolicyDocument, effects: Effects, path: str, rule: str) -> Iterator[Problem]:
    known = document.reason_codes
    fees = effects.fees
    named = [("reasons", code) for code in effects.reasons or ()]
    named += [("evidence", code) for code in effects.evidence or {} if code != "any"]
    named += [("fees.waived_for_reasons", code) for code in (fees.waived_for_reasons if fees else ())]
    for where, code in named:
        if code not in known:
            what = f"there is no reason {code!r}; allowed: {', '.join(known)}"
            yield Problem(path=f"{path}.{where}", rule=rule, what=what)
    places = ("store", *(place.code for place in document.places))
    if effects.send_to is not None and effects.send_to not in places:
        what = f"there is no place {effects.send_to!r}; allowed: {', '.join(places)}"
        yield Problem(path=f"{path}.send_to", rule=rule, what=what)


def _too_deep(data: Any) -> bool:
    # Level by level, as a deep enough document would break any recursion. Conditions begin at the fourth level and take
    # two each; the values of the innermost are one more.
    level, layer = 0, [data] if isinstance(data, Mapping | list | tuple) else []
    while layer:
        level += 1
        if level > 5 + 2 * MAX_DEPTH:
            return True
        inner = [value for outer in layer for value in (outer.values() if isinstance(outer, Mapping) else outer)]
        layer = [value for value in inner if isinstance(value, Mapping | list | tuple)]
    return False


def _problem(error: Any, data: Any) -> Problem:
    location = [part for part in error["loc"] if part not in TAGS]
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return Problem(path=path, rule=_rule_name(location, data), what=_what(error))


def _rule_name(location: list[Any], data: Any) -> str:
    if len(location) > 1 and location[0] == "rules" and isinstance(location[1], int):
        try:
            return str(data["rules"][location[1]].get("name", ""))
        except (AttributeError, IndexError, KeyError, TypeError):
            return ""
    return ""


def _what(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return f"a condition is one of: {', '.join(TAGS)} (in `test`)"
    if kind in {"literal_error", "enum"}:
        return f"cannot be {error['input']!r}; allowed: {context['expected']}"
    if kind == "tuple_type":
        return "a list is needed"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return "an object with named fields is needed"
    if kind == "string_pattern_mismatch" and context.get("pattern") == CODE:
        return "needs 1 to 60 small letters, digits or underscores"
    return str(error["msg"])
