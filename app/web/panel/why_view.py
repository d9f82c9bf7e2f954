"""How the policy decided a line, in words: the stored explanation as a trace a clerk can read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...policies.fact_names import FACTS, Kind
from ...policies.wording import CHOICES, DATE_OPS, DUE, NOUNS, OPS, TOPICS
from .words import OUTCOMES, RULES, window_sentence


@dataclass(frozen=True)
class RuleView:
    text: str
    matched: bool
    compared: str


@dataclass(frozen=True)
class WhyView:
    """How the policy decided, in words."""

    outcome: str
    because: str
    rules: tuple[RuleView, ...]
    first_day: date | None
    last_day: date | None
    counted: str
    terms: tuple[str, ...] = ()
    """On which terms, each with the rule that says so."""
    missing: tuple[str, ...] = ()
    """Facts nobody knew."""


def why_view(explanation: Mapping[str, Any], categories: Mapping[int, str] | None = None) -> WhyView | None:
    """A stored explanation (`LineDecision.to_json`) as text, if there is one. `categories`: names by number."""
    if not explanation:
        return None
    window = explanation.get("window", {})
    considered = list(explanation.get("considered", ()))
    return WhyView(
        outcome=OUTCOMES.get(explanation.get("outcome", ""), "Decided by your policy"),
        because=_because(explanation, considered),
        rules=tuple(_rule(one, categories or {}) for one in considered),
        first_day=_day(window.get("first_day")),
        last_day=_day(window.get("last_day")),
        counted=window_sentence(window),
        terms=tuple(_terms(explanation, considered)),
        missing=tuple(_missing(explanation.get("fallbacks", ()))),
    )


def _because(explanation: Mapping[str, Any], considered: list[Mapping[str, Any]]) -> str:
    if name := explanation.get("name"):
        return f"your rule “{name}”"
    rule = str(explanation.get("rule", ""))
    if rule not in RULES and (matched := [str(one.get("rule", "")) for one in considered if one.get("matched")]):
        rule = matched[-1]
    words, _ = _words(rule)
    return words[:1].lower() + words[1:] if words else str(explanation.get("sentence", ""))


def _words(rule: str) -> tuple[str, str]:
    plain = rule.replace("_", " ")
    return RULES.get(rule, (plain, f"not: {plain}"))


def _rule(one: Mapping[str, Any], categories: Mapping[int, str]) -> RuleView:
    matched = one.get("matched")
    if name := one.get("name"):
        tests = list(one.get("tests", ()))
        shown = tests[-1:] if matched is False else tests
        gives = [TOPICS.get(effect, effect).lower() for effect in one.get("gives", ())]
        text = f"{name}: {_VERDICT[matched]}" + (f" – decides {', '.join(gives)}" if gives else "")
        return RuleView(text, bool(gives), " · ".join(_test(test, categories) for test in shown))
    yes, no = _words(str(one.get("rule", "")))
    compared = [f"{key.replace('_', ' ')}: {value}" for key, value in one.get("compared", {}).items()]
    return RuleView(yes if matched else no, bool(matched), " · ".join(compared))


_VERDICT = {True: "matches", False: "does not match", None: "cannot be told"}


def _test(test: Mapping[str, Any], categories: Mapping[int, str]) -> str:
    """ "what was paid for the item is above 100.00 EUR: it is 150.00 EUR"."""
    name = str(test.get("fact", ""))
    fact = FACTS.get(name)
    noun = NOUNS.get(name, f"“{name}” (which no longer exists)")
    if test.get("field"):
        noun += f" “{test['field']}”"
    wanted, actual = (_value(str(test.get(side, "")), name, categories) for side in ("wanted", "actual"))
    if fact is not None and fact.kind is Kind.FLAG:
        return f"{noun}: {actual} (asked for: {wanted})"
    kinds = DATE_OPS if fact is not None and fact.kind is Kind.DATE else {}
    op = kinds.get(test["test"], OPS.get(test["test"], test["test"]))
    return f"{noun} {op} {wanted}: it is {actual}"


def _value(text: str, fact: str, categories: Mapping[int, str]) -> str:
    parts = text.split(", ")
    if fact == "product.category":
        parts = [categories.get(int(part), part) if part.isdigit() else part for part in parts]
    elif fact in FACTS and FACTS[fact].choices:
        parts = [CHOICES.get(part, part) for part in parts]
    return ", ".join(parts)


def _terms(explanation: Mapping[str, Any], considered: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Every term a rule of its own decided, and every fee."""
    terms = explanation.get("terms", {})
    names = {one.get("rule"): one.get("name") for one in considered}
    by = {effect: names.get(rule) for effect, rule in explanation.get("decided_by", {}).items()}
    said = {
        "fees": _fees(terms.get("fees", ())),
        "shipping_paid_by": {"shopper": "paid by the shopper", "merchant": "paid by you"}.get(
            terms.get("shipping_paid_by", ""), ""
        ),
        "refund_at": DUE.get(terms.get("refund_at", ""), ""),
        "resolutions": ", ".join(CHOICES.get(one, one) for one in terms.get("resolutions", ())),
        "evidence": ", ".join(f"{count} for {reason}" for reason, count in terms.get("photos", {}).items()),
        "returnless_below": "the shopper keeps it" if terms.get("keeps_item") else "",
        "send_to": terms.get("send_to", ""),
    }
    for effect, words in said.items():
        if words and (by.get(effect) or (effect == "fees" and terms.get("fees"))):
            rule = f" (rule “{by[effect]}”)" if by.get(effect) else ""
            yield f"{TOPICS[effect]}: {words}{rule}"


def _fees(fees: Iterable[Mapping[str, Any]]) -> str:
    kinds = {"restocking": "restocking", "label": "return label"}
    shown = [
        f"{kinds.get(fee['kind'], fee['kind'])} {fee['amount']} {fee['currency']}{', waived' if fee['waived'] else ''}"
        for fee in fees
    ]
    return "; ".join(shown) or "none"


def _missing(fallbacks: Iterable[str]) -> Iterable[str]:
    for flag in fallbacks:
        kind, _, rest = flag.partition(":")
        name, _, field = rest.partition(":")
        label = FACTS[name].label if name in FACTS else f"“{rest}”"
        label += f" “{field}”" if field else ""
        if kind == "fact_unknown":
            yield f"{label} was not known"
        elif kind == "no_such_fact":
            yield f"{label} does not exist any more: change the rule that asks for it"


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
