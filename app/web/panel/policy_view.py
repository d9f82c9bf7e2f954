"""A policy as its pages show it: values only, ready for the templates."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...flows.policy_shop import names_of_store
from ...flows.publish_policy import Check
from ...policies.document import RESERVED, PolicyDocument, Problem, Rule, dump_document
from ...policies.drafts import Draft, fingerprint
from ...policies.effects import Effects, text_in
from ...policies.explanation import LineDecision
from ...policies.golden import Tried, try_cases
from ...policies.wording import CHOICES, COUNTED, DECISIONS, DUE, TOPICS, Names, Wording
from .why_view import WhyView, why_view

SAYS = {"authorize": "Allowed", "review": "Left to you", "refuse": "Refused"}
TONES = {"authorize": "success", "review": "primary", "refuse": "danger"}
STEPS = {
    "outside_window": "the return window is over",
    "window_unsure": "the window is only a guess",
    "fact_unknown": "a fact nobody knows",
    "reason_not_listed": "the reason is not allowed",
    "otherwise": "no rule had an answer",
}
assert set(STEPS) == set(RESERVED)


@dataclass(frozen=True)
class RuleCard:
    """One rule in words."""

    code: str
    name: str
    when: str
    says: tuple[tuple[str, str], ...]
    """(topic, sentence)."""


@dataclass(frozen=True)
class OutcomeView:
    """What the policy says to one line."""

    name: str
    outcome: str
    tone: str
    sentence: str
    rule: str
    why: WhyView | None


@dataclass(frozen=True)
class TriedView:
    """A golden case and what came of it: (line, expected, actual) for each line."""

    index: int
    name: str
    on: Any
    is_met: bool
    lines: tuple[tuple[str, str, OutcomeView, bool], ...]


def rule_cards(document: PolicyDocument, names: Names) -> list[RuleCard]:
    words = Wording(document, names)
    return [_card(words, rule) for rule in document.rules]


def _card(words: Wording, rule: Rule) -> RuleCard:
    return RuleCard(rule.code, rule.name, words.condition(rule.when), spoken(words, rule.effects))


def spoken(words: Wording, effects: Effects) -> tuple[tuple[str, str], ...]:
    """(topic, sentence) for everything `effects` say."""
    return tuple((TOPICS[name], sentence) for name, sentence in words.effects(effects))


def default_card(document: PolicyDocument, names: Names) -> tuple[tuple[str, str], ...]:
    return spoken(Wording(document, names), document.defaults)


def rule_name(document: PolicyDocument, code: str) -> str:
    """What decided, by its code."""
    return next((f"rule “{rule.name}”" for rule in document.rules if rule.code == code), STEPS.get(code, code))


def outcome_view(document: PolicyDocument, decision: LineDecision, name: str, names: Names) -> OutcomeView:
    return OutcomeView(
        name=name,
        outcome=SAYS[decision.outcome],
        tone=TONES[decision.outcome],
        sentence=decision.sentence,
        rule=rule_name(document, decision.rule),
        why=why_view(decision.to_json(), names.categories),
    )


def tried_views(document: PolicyDocument, tried: Iterable[Tried], names: Names) -> list[TriedView]:
    return [
        TriedView(
            index=index,
            name=one.case.name,
            on=one.case.on,
            is_met=one.is_met,
            lines=tuple(
                (
                    f"Item {place + 1}",
                    _expected(document, expect),
                    outcome_view(document, decision, f"Item {place + 1}", names),
                    expect.is_met_by(decision),
                )
                for place, (_, expect, decision) in enumerate(one.lines)
            ),
        )
        for index, one in enumerate(tried)
    ]


def _expected(document: PolicyDocument, expect: Any) -> str:
    words = SAYS[expect.outcome]
    if expect.rule is not None:
        words += f", because {rule_name(document, expect.rule)}"
    return f"{words}, last day {expect.last_day}" if expect.last_day else words


def draft_page(draft: Draft) -> dict[str, Any]:
    """Everything the draft's page shows."""
    names = names_of_store()
    document = draft.document
    return {
        "draft": draft,
        "document": document,
        "cards": rule_cards(document, names),
        "otherwise": default_card(document, names),
        "tried": tried_views(document, try_cases(document, draft.cases), names),
        "reasons": [text_in(reason.label, document.locale) for reason in document.reasons],
        "reason_options": reason_options(document),
        "places": [text_in(place.name, document.locale) for place in document.places],
    }


def reason_options(document: PolicyDocument) -> list[tuple[str, str]]:
    """Reasons to choose from, closer ones below their own."""
    options: list[tuple[str, str]] = []
    for reason in document.reasons:
        label = text_in(reason.label, document.locale)
        options.append((reason.code, label))
        options += [
            (f"{reason.code}.{sub.code}", f"{label}: {text_in(sub.label, document.locale)}") for sub in reason.sub
        ]
    return options


def check_page(draft: Draft, checked: Check) -> dict[str, Any]:
    """Everything the page of the check shows."""
    tried = tried_views(draft.document, checked.tried, names_of_store())
    return {
        "draft": draft,
        "document": draft.document,
        "check": checked,
        "errors": [one for one in checked.findings if one.level == "error"],
        "warnings": [one for one in checked.findings if one.level != "error"],
        "tried": tried,
        "red": [one for one in tried if not one.is_met],
    }


def seen(document: PolicyDocument, part: str) -> str:
    """The mark of one part: a rule's code, "defaults", "general" or "" for the whole."""
    whole = dump_document(document)
    if part == "defaults":
        return fingerprint(whole["defaults"])
    if part == "general":
        return fingerprint({name: value for name, value in whole.items() if name not in {"rules", "defaults"}})
    if not part:
        return fingerprint(whole)
    return fingerprint(next((rule for rule in whole["rules"] if rule["code"] == part), None))


WORDS = {"says": DECISIONS, "counted": COUNTED, "due": DUE, "choices": CHOICES, "topics": TOPICS}
"""Words the forms of rules choose from."""


def problems_in_words(problems: Sequence[Problem]) -> list[str]:
    """What is wrong, each with the field it is about in words."""
    return list(dict.fromkeys(_problem(problem) for problem in problems))


def _problem(problem: Problem) -> str:
    path = re.sub(r"^rules\[\d+\]\.?", "", problem.path)
    path = re.sub(r"^effects\.|^defaults\.?", "", path)
    head, _, rest = path.partition(".")
    head = head.partition("[")[0]
    condition = re.match(r"when\.(?:of\.)?of\[(\d+)\]", path)
    if condition:
        where = f"Condition {int(condition[1]) + 1}"
    elif head == "when":
        where = "Condition"
    else:
        where = TOPICS.get(head, head.replace("_", " ").capitalize() or "The policy")
    field = rest.rpartition(".")[2].replace("_", " ")
    if field and not condition and head != "when" and not field.startswith("of["):
        where += f", {field}"
    return f"{where}: {problem.what}" + ("" if problem.what.endswith(".") else ".")
