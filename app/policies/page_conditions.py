"""A rule's condition as a shopper reads it: "Shoes or Bags, and price paid below 20.00 EUR". Pure.

"not" is pushed down to the single tests first, so that each is said as it counts. In the engine's three-valued logic
that changes nothing.
"""

from collections.abc import Collection
from typing import Any

from .conditions import All, AnyOf, Between, Compare, In, Leaf, Not
from .fact_names import FACTS, RANGED, Kind, Op
from .page_voice import Voice

MOST = 20
"""How many values of a long list are named."""
_BARE = frozenset({"product.category", "product.id", "line.kind", "line.bundle"})
"""Facts whose values stand alone: "Shoes", not "category Shoes"."""
_OPPOSITE = {
    Op.IS: Op.IS_NOT,
    Op.IS_NOT: Op.IS,
    Op.BELOW: Op.AT_LEAST,
    Op.AT_LEAST: Op.BELOW,
    Op.ABOVE: Op.AT_MOST,
    Op.AT_MOST: Op.ABOVE,
    Op.HAS: Op.HAS_NOT,
    Op.HAS_NOT: Op.HAS,
}
Said = tuple[str, str]
"""("and", "or" or "leaf", the words)."""


def in_words(condition: Any, voice: Voice) -> str | bool:
    """The condition in words; True: it always holds; False: never."""
    said = _said(condition, voice, is_not=False)
    return said if isinstance(said, bool) else said[1]


def _said(condition: Any, voice: Voice, *, is_not: bool) -> Said | bool:
    if isinstance(condition, Not):
        return _said(condition.of, voice, is_not=not is_not)
    if isinstance(condition, All | AnyOf):
        parts = [_said(part, voice, is_not=is_not) for part in condition.of]
        return _joined(parts, voice, "and" if isinstance(condition, All) is not is_not else "or")
    return "leaf", _leaf(condition, voice, is_not=is_not)


def _joined(parts: Collection[Said | bool], voice: Voice, by: str) -> Said | bool:
    settles = by == "or"
    if any(part is settles for part in parts):
        return settles
    said = list(dict.fromkeys(part for part in parts if not isinstance(part, bool)))
    if len(said) < 2:
        return said[0] if said else not settles
    texts = [text if kind in {by, "leaf"} else f"({text})" for kind, text in said]
    return by, voice.say(by, a=", ".join(texts[:-1]), b=texts[-1])


def _leaf(leaf: Leaf, voice: Voice, *, is_not: bool) -> str:
    fact = FACTS.get(leaf.fact)
    if fact is None:
        return voice.say("gone")
    if fact.kind is Kind.FLAG:
        return voice.say(f"{'no' if bool(_values(leaf)[0]) is is_not else 'yes'}.{fact.name}")
    said = _range(leaf, fact.kind, voice, is_not) if fact.kind in RANGED else _set(leaf, voice, is_not)
    return voice.say(f"f.{fact.name}", r=said, f=leaf.field)


def _values(leaf: Leaf) -> tuple[Any, ...]:
    if isinstance(leaf, Between):
        return leaf.low, leaf.high
    return leaf.values if isinstance(leaf, In) else (leaf.value,)


def _range(leaf: Leaf, kind: Kind, voice: Voice, is_not: bool) -> str:
    form = "d" if kind is Kind.DATE else "r"
    texts = [voice.value(value, kind) for value in _values(leaf)]
    if isinstance(leaf, Between):
        return voice.say(f"{form}.not_between" if is_not else f"{form}.between", a=texts[0], b=texts[1])
    if isinstance(leaf, Compare):
        return voice.say(f"{form}.{_OPPOSITE[leaf.op] if is_not else leaf.op}", a=texts[0])
    return voice.say(f"{form}.is_not" if is_not else f"{form}.is", a=voice.words.one_of(texts))


def _set(leaf: Leaf, voice: Voice, is_not: bool) -> str:
    names = _names(leaf, voice)
    if isinstance(leaf, Compare):
        if leaf.op in {Op.STARTS_WITH, Op.CONTAINS}:
            return voice.say(f"t.not_{leaf.op}" if is_not else f"t.{leaf.op}", a=names[0])
        is_not = is_not is not (leaf.op in {Op.IS_NOT, Op.HAS_NOT})
    if not is_not:
        return voice.say("t.is", a=voice.words.one_of(names))
    if leaf.fact in _BARE:
        return voice.say("all_but", a=voice.words.all_of(names))
    return voice.say("t.is_not", a=voice.words.one_of(names))


def _names(leaf: Leaf, voice: Voice) -> list[str]:
    values = _values(leaf)
    names = [voice.name(leaf.fact, value) for value in values[:MOST]]
    more = len(values) - MOST
    return [*names, voice.say("more", n=more)] if more > 0 else names
