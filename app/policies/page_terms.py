"""One effect of a rule as a shopper reads it. Pure.

The numbers are the effect's own, the ones the engine reads.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from string import Formatter

from .effects import Fees, Outcome, OutcomeEffect, Season, WindowEffect
from .page_voice import Voice
from .sentences import BUILT_IN

_BUILT_IN = frozenset(text for texts in BUILT_IN.values() for text in texts.values())


def has_gaps(text: str) -> bool:
    """Whether something has to be filled in that is known for a line only."""
    return any(name is not None for _, name, _, _ in Formatter().parse(text))


def window(effect: WindowEffect, voice: Voice) -> str:
    if effect.days == 0:
        return voice.say(f"window.0.{effect.counted_from}")
    return voice.say(f"window.{effect.counted_from}", days=voice.words.days(effect.days))


def grace(effect: WindowEffect, voice: Voice) -> str:
    """What happens when the day it counts from is not known; empty: that day always is."""
    if effect.counted_from == "order":
        return ""
    if effect.grace_days == 0:
        return voice.say("grace.0")
    return voice.say("grace", days=voice.words.days(effect.grace_days))


def seasons(effect: tuple[Season, ...], voice: Voice, today: date) -> str:
    """Those that are not over."""
    ahead = [season for season in effect if season.until >= today]
    if not ahead:
        return voice.say("seasons.none")
    day = voice.words.day
    return " ".join(
        voice.say("seasons.one", **{"from": day(one.ordered_from), "to": day(one.ordered_to), "until": day(one.until)})
        for one in ahead
    )


def outcome(effect: OutcomeEffect, voice: Voice) -> str:
    """With the merchant's own reason where something is refused."""
    if effect.decision is not Outcome.REFUSE:
        return voice.say(f"outcome.{effect.decision}_late" if effect.even_late else f"outcome.{effect.decision}")
    own = voice.own(effect.sentence)
    said = voice.say("outcome.refuse")
    return said if not own or own in _BUILT_IN or has_gaps(own) else f"{said} {own.format()}"


def reasons(effect: tuple[str, ...] | None, voice: Voice) -> str:
    every = voice.document.reason_codes
    codes = every if effect is None else effect
    if not codes:
        return voice.say("reasons.none")
    said = voice.words.one_of(voice.reason(code) for code in codes)
    return voice.say("reasons.all" if set(codes) == set(every) else "reasons.some", v=said)


def evidence(effect: Mapping[str, int], voice: Voice) -> str:
    if not effect:
        return voice.say("evidence.none")
    number = voice.words.number
    said = [
        voice.say("evidence.one", reason=voice.reason(code), n=number(Decimal(least)))
        for code, least in effect.items()
        if code != "any"
    ]
    if "any" in effect:
        said.append(voice.say("evidence.rest" if said else "evidence.any", n=number(Decimal(effect["any"]))))
    return " ".join(said)


def resolutions(effect: tuple[str, ...], voice: Voice) -> str:
    if not effect:
        return voice.say("resolutions.none")
    key = "resolutions.one" if len(effect) == 1 else "resolutions.some"
    return voice.say(key, v=voice.words.one_of(voice.say(f"v.{one}") for one in effect))


def fees(effect: Fees, voice: Voice) -> str:
    said = []
    restocking = effect.restocking
    if restocking is not None and restocking.percent:
        said.append(voice.say("fees.percent", percent=voice.words.percent(restocking.percent)))
    if restocking is not None and restocking.flat:
        said.append(voice.say("fees.flat", amount=voice.amount(restocking.flat)))
    if effect.label:
        said.append(voice.say("fees.label", amount=voice.amount(effect.label)))
    if not said:
        return voice.say("fees.none")
    if effect.waived_for_reasons:
        names = voice.words.one_of(voice.reason(code) for code in effect.waived_for_reasons)
        said.append(voice.say("fees.not_for_reasons", v=names))
    if effect.waived_for_resolutions:
        names = voice.words.one_of(voice.say(f"v.{one}") for one in effect.waived_for_resolutions)
        said.append(voice.say("fees.not_for_resolutions", v=names))
    return " ".join(said)


def shipping(effect: str, voice: Voice) -> str:
    return voice.say(f"shipping.{effect}")


def refund_at(effect: str, voice: Voice) -> str:
    return voice.say(f"refund_at.{effect}")


def returnless(effect: Decimal, voice: Voice) -> str:
    return voice.say("returnless.below", amount=voice.amount(effect)) if effect else voice.say("returnless.never")


def send_to(effect: str, voice: Voice) -> tuple[str, str]:
    """What is said, and the address (empty: told later)."""
    place = voice.document.place(effect)
    if place is not None:
        return voice.say("send_to.place", name=voice.own(place.name)), place.address.strip()
    address = voice.shop.return_address.strip()
    return (voice.say("send_to.store"), address) if address else (voice.say("send_to.later"), "")
