"""What changes from one policy to another, in words. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .document import PolicyDocument, Rule
from .effects import EFFECTS, Effects, text_in
from .wording import TOPICS, Names, Wording


@dataclass(frozen=True)
class Change:
    """One difference. `kind`: added, removed, changed or moved; `where`: the rule, or the part of the policy."""

    kind: str
    where: str
    what: str
    before: str = ""
    after: str = ""


def compare(before: PolicyDocument, after: PolicyDocument, names: Names | None = None) -> tuple[Change, ...]:
    """Every difference that means something, in the order of the new policy; none for equal policies."""
    old, new = Wording(before, names or Names()), Wording(after, names or Names())
    return (
        *_head(before, after),
        *_rules(old, new),
        *_effects("Where no rule says otherwise", old, new, before.defaults, after.defaults),
        *_reasons(old, new),
        *_places(before, after),
        *_texts(before, after),
    )


def _head(before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    if before.name != after.name:
        yield Change("changed", "The policy", "Name", before.name, after.name)
    if before.locale != after.locale:
        yield Change("changed", "The policy", "Language of its texts", before.locale, after.locale)


def _rules(old: Wording, new: Wording) -> Iterator[Change]:
    was = {rule.code: rule for rule in old.document.rules}
    now = {rule.code: rule for rule in new.document.rules}
    for code, rule in now.items():
        if code in was:
            yield from _rule(old, new, was[code], rule)
        else:
            yield Change("added", rule.name, "New rule", after=rule_in_words(new, rule))
    for code, rule in was.items():
        if code not in now:
            yield Change("removed", rule.name, "Rule removed", before=rule_in_words(old, rule))
    yield from _moved(was, now)


def _moved(was: Mapping[str, Rule], now: Mapping[str, Rule]) -> Iterator[Change]:
    before = [code for code in was if code in now]
    after = [code for code in now if code in was]
    staying = _longest_common(before, after)
    for code in after:
        if code not in staying:
            first, then = before.index(code) + 1, after.index(code) + 1
            yield Change("moved", now[code].name, "Place among the rules that stay", str(first), str(then))


def _longest_common(before: list[str], after: list[str]) -> set[str]:
    """The most rules that keep their order; the others are those that moved."""
    place = {code: index for index, code in enumerate(before)}
    runs: list[list[str]] = []
    for code in after:
        fitting = [run for run in runs if place[run[-1]] < place[code]]
        runs.append([*_longest(fitting), code])
    return set(_longest(runs))


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=len) if runs else []


def _rule(old: Wording, new: Wording, was: Rule, now: Rule) -> Iterator[Change]:
    if was.name != now.name:
        yield Change("changed", now.name, "Name of the rule", was.name, now.name)
    if was.when != now.when:
        yield Change("changed", now.name, "When", old.condition(was.when), new.condition(now.when))
    yield from _effects(now.name, old, new, was.effects, now.effects)
    if was.words != now.words:
        yield Change("changed", now.name, "Words on the policy page", _joined(was.words), _joined(now.words))


def _effects(where: str, old: Wording, new: Wording, was: Effects, now: Effects) -> Iterator[Change]:
    for name in EFFECTS:
        one, other = getattr(was, name), getattr(now, name)
        if one == other:
            continue
        first = old.effect(name, one) if one is not None else ""
        second = new.effect(name, other) if other is not None else ""
        if first == second:
            first, second = _joined(_sentences(one)), _joined(_sentences(other))
        kind = "changed" if first and second else "added" if second else "removed"
        yield Change(kind, where, TOPICS[name], first, second)


def _sentences(effect: Any) -> Mapping[str, str]:
    return getattr(effect, "sentence", None) or {}


def _reasons(old: Wording, new: Wording) -> Iterator[Change]:
    was = {reason.code: reason for reason in old.document.reasons}
    now = {reason.code: reason for reason in new.document.reasons}
    for code, reason in now.items():
        label = text_in(reason.label, new.document.locale)
        if code not in was:
            yield Change("added", "Reasons", "New reason", after=label)
        elif was[code] != reason:
            yield Change("changed", "Reasons", label, _spelt(was[code]), _spelt(reason))
    for code, reason in was.items():
        if code not in now:
            yield Change("removed", "Reasons", "Reason removed", before=text_in(reason.label, old.document.locale))


def _spelt(reason: Any) -> str:
    subs = "; ".join(_joined(sub.label) for sub in reason.sub)
    return _joined(reason.label) + (f" (closer: {subs})" if subs else "")


def _places(before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    was = {place.code: place for place in before.places}
    now = {place.code: place for place in after.places}
    for code in dict.fromkeys((*now, *was)):
        one, other = was.get(code), now.get(code)
        if one != other:
            kind = "added" if one is None else "removed" if other is None else "changed"
            words = [f"{text_in(place.name, 'en')}, {place.address}" if place else "" for place in (one, other)]
            yield Change(kind, "Places", "Where to send", *words)


def _texts(before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    for name, what in (("intro", "Opening words"), ("condition", "Condition of the goods"), ("packing", "Packing")):
        one, other = getattr(before.page, name), getattr(after.page, name)
        if one != other:
            yield Change("changed", "Policy page", what, _joined(one), _joined(other))


def _joined(texts: Mapping[str, str]) -> str:
    if len(texts) == 1:
        return next(iter(texts.values()))
    return " / ".join(f"{locale}: {text}" for locale, text in sorted(texts.items()))


def rule_in_words(words: Wording, rule: Rule) -> str:
    """ "If the category is Shoes: 60 days from the delivery; refuse."""
    condition = words.condition(rule.when)
    effects = "; ".join(sentence for _, sentence in words.effects(rule.effects)) or "says nothing"
    return f"Always: {effects}." if condition == "always" else f"If {condition}: {effects}."
