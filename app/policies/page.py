"""The policy page: what the rules say, in points and plain words. Pure.

It is made from the document that decides, effect by effect and in the engine's own order: for each effect, every rule
that says something about it, then the defaults; the first that fits counts. A rule that always holds ends the list, one
that never holds is left out, and the last ones are left out where they say no more than what follows.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from . import page_terms as terms
from .document import PolicyDocument, Rule
from .page_conditions import in_words
from .page_parts import DEFAULT, Point, PolicyPage, Section, Shop, Topic
from .page_voice import Voice
from .words import capital

__all__ = ["PolicyPage", "Shop", "page_of"]


def page_of(document: PolicyDocument, shop: Shop, locale: str, today: date) -> PolicyPage:
    """The page of `document` for readers of `locale` (its language if we speak it, else English) on `today`."""
    voice = Voice(document, shop, locale)
    sections = (
        _start(voice),
        _deadline(voice, today),
        _outcome(voice),
        _advice("condition", voice, voice.own(document.page.condition)),
        _advice("packing", voice, voice.own(document.page.packing) or shop.packing.strip()),
        _send_to(voice),
        _costs(voice),
        _refund(voice),
    )
    return PolicyPage(
        title=voice.say("title"),
        language=voice.words.language,
        intro=voice.own(document.page.intro),
        sections=sections,
        notes=(voice.say("amounts", currency=shop.currency),) if voice.named_amounts else (),
    )


def _start(voice: Voice) -> Section:
    steps = [
        Point(voice.say("start.open"), link=voice.shop.portal, link_text=voice.say("start.link")),
        *(Point(voice.say(f"start.{step}")) for step in ("guest", "pick", "wait")),
    ]
    topics = [Topic(tuple(steps), notes=(voice.say("start.account"),), is_steps=True)]
    document = voice.document
    if document.defaults.reasons is not None or _is_said(document, "reasons"):
        topics.append(_topic("reasons", voice, lambda value: terms.reasons(value, voice)))
    if document.defaults.evidence or _is_said(document, "evidence"):
        topics.append(_topic("evidence", voice, lambda value: terms.evidence(value, voice)))
    if voice.shop.withdrawal:
        link = Point(voice.say("start.eu"), link=voice.shop.withdrawal, link_text=voice.say("start.eu_link"))
        topics.append(Topic((link,)))
    return Section("start", voice.say("start.title"), tuple(topics))


def _deadline(voice: Voice, today: date) -> Section:
    document = voice.document
    windows = [rule.effects.window for rule in document.rules if rule.effects.window] + [document.defaults.window]
    graces = {said for one in windows if (said := terms.grace(one, voice))}

    def window(value: Any) -> str:
        # Said once where it is the same for all.
        grace = terms.grace(value, voice) if len(graces) > 1 else ""
        return f"{terms.window(value, voice)} {grace}".strip()

    midnight = voice.say("midnight", zone=voice.shop.timezone.replace("_", " "))
    notes = (*graces, midnight) if len(graces) == 1 else (midnight,)
    topics = [_topic("window", voice, window, notes=notes, title="")]
    ahead = [one for one in document.defaults.seasons if one.until >= today]
    if ahead or _is_said(document, "seasons"):
        topics.append(_topic("seasons", voice, lambda value: terms.seasons(value, voice, today)))
    return Section("deadline", voice.say("window.title"), tuple(topics))


def _outcome(voice: Voice) -> Section:
    notes = (voice.say("outcome.unclear"),)
    topic = _topic("outcome", voice, lambda value: terms.outcome(value, voice), notes=notes, title="")
    return Section("outcome", voice.say("outcome.title"), (topic,))


def _advice(code: str, voice: Voice, own: str) -> Section:
    """The merchant's own words, else ours."""
    return Section(code, voice.say(f"{code}.title"), (Topic((Point(own or voice.say(f"{code}.own")),)),))


def _send_to(voice: Voice) -> Section:
    topics = [_topic("send_to", voice, lambda value: terms.send_to(value, voice), title="")]
    if voice.document.defaults.returnless_below or _is_said(voice.document, "returnless_below"):
        title = voice.say("returnless.title")
        topics.append(_topic("returnless_below", voice, lambda value: terms.returnless(value, voice), title=title))
    return Section("send_to", voice.say("send_to.title"), tuple(topics))


def _costs(voice: Voice) -> Section:
    shipping = _topic(
        "shipping_paid_by", voice, lambda value: terms.shipping(value, voice), title=voice.say("shipping.title")
    )
    fees = _topic("fees", voice, lambda value: terms.fees(value, voice), notes=_fee_notes(voice))
    return Section("costs", voice.say("costs.title"), (shipping, fees))


def _fee_notes(voice: Voice) -> tuple[str, ...]:
    every = [rule.effects.fees for rule in voice.document.rules] + [voice.document.defaults.fees]
    taken = any(one is not None and (one.restocking is not None or one.label) for one in every)
    return (voice.say("fees.most"),) if taken else ()


def _refund(voice: Voice) -> Section:
    resolutions = _topic("resolutions", voice, lambda value: terms.resolutions(value, voice))
    bank = (voice.say("refund_at.bank"),)
    when = _topic("refund_at", voice, lambda value: terms.refund_at(value, voice), notes=bank)
    return Section("refund", voice.say("refund.title"), (resolutions, when))


def _is_said(document: PolicyDocument, effect: str) -> bool:
    """Whether any rule says something about it."""
    return any(getattr(rule.effects, effect) is not None for rule in document.rules)


def _topic(
    effect: str,
    voice: Voice,
    say: Callable[[Any], str | tuple[str, str]],
    *,
    notes: tuple[str, ...] = (),
    title: str | None = None,
) -> Topic:
    """What the rules and the defaults say about `effect`, in the order in which it counts."""
    points = []
    for rule in voice.document.rules:
        value = getattr(rule.effects, effect)
        held = in_words(rule.when, voice) if value is not None else False
        if held is False:
            continue
        points.append(_point(effect, rule.code, _lead(rule, held, voice), say(value)))
        if held is True:
            break
    else:
        points.append(_point(effect, DEFAULT, voice.say("else"), say(getattr(voice.document.defaults, effect))))
    points = _shortened(points, voice)
    first = (voice.say("first"),) if len(points) > 2 else ()
    return Topic(tuple(points), voice.say(f"{effect}.title") if title is None else title, (*first, *notes))


def _lead(rule: Rule, held: str | bool, voice: Voice) -> str:
    """For which items: in the merchant's own words, else the condition's. The terms are never theirs to word."""
    if held is True:
        return voice.say("else")
    own = voice.own(rule.words)
    return own.format() if own and not terms.has_gaps(own) else capital(str(held))


def _point(effect: str, rule: str, lead: str, said: str | tuple[str, str]) -> Point:
    text, address = said if isinstance(said, tuple) else (said, "")
    return Point(text, lead, effect, rule, address)


def _shortened(points: list[Point], voice: Voice) -> list[Point]:
    """Without those at the end that say the same as what follows; what holds for everything needs no lead."""
    *before, last = points
    while before and (before[-1].text, before[-1].address) == (last.text, last.address):
        before.pop()
    return [*before, last if before else Point(last.text, "", last.effect, last.rule, last.address)]
