"""A policy in words, for the merchant: conditions, effects and whole rules as English sentences. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .conditions import All, AnyOf, Between, Compare, In, Leaf, Not, Value
from .document import PolicyDocument
from .effects import Effects, Fees, Outcome, OutcomeEffect, Season, WindowEffect, text_in
from .evaluate import AnyCondition
from .fact_names import FACTS, Kind, Op

NOUNS: Mapping[str, str] = {
    "line.paid": "what was paid for the item",
    "line.unit_paid": "what was paid for one unit",
    "line.discount_percent": "the discount on the item (percent)",
    "line.quantity": "the number of units",
    "line.kind": "the type of item",
    "line.option": "the option",
    "line.reason": "the reason",
    "line.sub_reason": "the closer reason",
    "line.resolution": "what the shopper wants",
    "line.bundle": "its place in a bundle",
    "product.id": "the product",
    "product.category": "the category",
    "product.brand": "the brand",
    "product.sku": "the SKU",
    "product.custom_field": "the custom field",
    "order.date": "the day of the order",
    "order.total": "the order total",
    "order.currency": "the order's currency",
    "order.status": "the order status",
    "order.channel": "the channel",
    "order.payment_method": "the payment method",
    "order.coupon": "the coupon used",
    "shopper.is_guest": "the shopper ordered as a guest",
    "shopper.group": "the customer group",
    "shopper.returns_count": "the shopper's returns in 12 months",
    "shopper.return_rate": "the shopper's return rate (percent)",
    "shopper.list": "the shopper's entry on your lists",
    "destination.country": "the country it was sent to",
    "destination.region": "the region it was sent to",
    "destination.in_eu": "it was sent to the European Union",
    "request.date": "the day of the request",
    "request.paid": "what was paid for the whole request",
}
"""What a fact is called in the middle of a sentence."""
OPS: Mapping[str, str] = {
    Op.IS: "is",
    Op.IS_NOT: "is not",
    Op.BELOW: "is below",
    Op.AT_MOST: "is at most",
    Op.ABOVE: "is above",
    Op.AT_LEAST: "is at least",
    Op.STARTS_WITH: "starts with",
    Op.CONTAINS: "contains",
    Op.HAS: "is",
    Op.HAS_NOT: "is not",
    "in": "is one of",
    "not_in": "is none of",
    "between": "is between",
}
DATE_OPS: Mapping[str, str] = {
    Op.BELOW: "is before",
    Op.AT_MOST: "is not after",
    Op.ABOVE: "is after",
    Op.AT_LEAST: "is not before",
}
CHOICES: Mapping[str, str] = {
    "physical": "goods",
    "digital": "a download",
    "giftcertificate": "a gift certificate",
    "none": "none",
    "whole": "the whole bundle",
    "part": "part of a bundle",
    "allow": "always allowed",
    "block": "blocked",
    "refund": "refund",
    "store_credit": "store credit",
    "gift_certificate": "gift certificate",
    "exchange": "exchange",
    "repair": "repair",
}
STATUSES: Mapping[int, str] = dict(
    enumerate(
        (
            "Incomplete", "Pending", "Shipped", "Partially Shipped", "Refunded", "Cancelled", "Declined",
            "Awaiting Payment", "Awaiting Pickup", "Awaiting Shipment", "Completed", "Awaiting Fulfillment",
            "Manual Verification Required", "Disputed", "Partially Refunded",
        )
    )
)  # fmt: skip
"""BigCommerce's order statuses by number."""
DECISIONS: Mapping[str, str] = {
    Outcome.AUTHORIZE: "allow the return",
    Outcome.REVIEW: "leave it to you",
    Outcome.REFUSE: "refuse",
}
COUNTED: Mapping[str, str] = {"order": "the order", "shipment": "the shipment", "delivery": "the delivery"}
DUE: Mapping[str, str] = {
    "authorized": "when the return is authorized",
    "first_scan": "when the carrier has the parcel",
    "received": "when the parcel has arrived",
    "inspected": "when the goods have been inspected",
}
TOPICS: Mapping[str, str] = {
    "window": "Days to return",
    "seasons": "Seasons",
    "outcome": "Decision",
    "reasons": "Reasons",
    "evidence": "Photos",
    "resolutions": "What the shopper can get",
    "fees": "Fees",
    "shipping_paid_by": "Return shipping",
    "refund_at": "When the refund is due",
    "returnless_below": "Keep instead of sending back",
    "send_to": "Where to send",
}
"""What each effect is called."""


@dataclass(frozen=True)
class Names:
    """What numbers of the store are called; one that is not here reads as its number."""

    categories: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)

    def of(self, fact: str, value: Any) -> str | None:
        known: Mapping[str, Mapping[int, str]] = {
            "product.category": self.categories,
            "shopper.group": {0: "none", **self.groups},
            "order.channel": self.channels,
            "order.status": STATUSES,
        }
        return known.get(fact, {}).get(value)


@dataclass(frozen=True)
class Wording:
    """Puts parts of one policy into words."""

    document: PolicyDocument
    names: Names = Names()

    def condition(self, condition: AnyCondition) -> str:
        """ "the category is one of Shoes, Boots and the order total is above 100"."""
        if isinstance(condition, All | AnyOf):
            return self._several(condition)
        if isinstance(condition, Not):
            if isinstance(condition.of, In):
                return self._leaf(condition.of, "not_in")
            return f"not ({self.condition(condition.of)})"
        return self._leaf(condition, "")

    def _several(self, condition: All | AnyOf) -> str:
        if not condition.of:
            return "always" if isinstance(condition, All) else "never"
        joint = " and " if isinstance(condition, All) else " or "
        return joint.join(self._bracketed(part, alone=len(condition.of) == 1) for part in condition.of)

    def _bracketed(self, part: AnyCondition, *, alone: bool) -> str:
        words = self.condition(part)
        return f"({words})" if isinstance(part, All | AnyOf) and len(part.of) > 1 and not alone else words

    def _leaf(self, leaf: Leaf, op: str) -> str:
        fact = FACTS.get(leaf.fact)
        noun = NOUNS.get(leaf.fact, leaf.fact) + (f" “{leaf.field}”" if leaf.field else "")
        if fact is not None and fact.kind is Kind.FLAG and isinstance(leaf, Compare):
            return noun if leaf.value else f"it is not so that {noun}"
        is_date = fact is not None and fact.kind is Kind.DATE
        if isinstance(leaf, Between):
            return f"{noun} is between {self.value(leaf.fact, leaf.low)} and {self.value(leaf.fact, leaf.high)}"
        if isinstance(leaf, In):
            verbs = {"in": OPS[Op.IS], "not_in": OPS[Op.IS_NOT]} if len(leaf.values) == 1 else OPS
            return f"{noun} {verbs[op or 'in']} {', '.join(self.value(leaf.fact, value) for value in leaf.values)}"
        verb = DATE_OPS.get(leaf.op, OPS[leaf.op]) if is_date else OPS[leaf.op]
        return f"{noun} {verb} {self.value(leaf.fact, leaf.value)}"

    def value(self, fact: str, value: Value) -> str:
        """One value as people call it."""
        if fact == "line.reason":
            return self.reason(str(value))
        named = self.names.of(fact, value)
        if named is not None:
            return named
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Decimal):
            return f"{value:f}"
        return CHOICES.get(str(value), str(value)) if fact in FACTS and FACTS[fact].choices else str(value)

    def reason(self, code: str) -> str:
        """A reason, or a closer one ("fit.too_small"), as people call it."""
        found = self.document.reason(code)
        if found is None:
            return "any reason" if code == "any" else code
        sub = next((one for one in found.sub if one.code == code.partition(".")[2]), None)
        return text_in((sub or found).label, self.document.locale)

    def place(self, code: str) -> str:
        found = self.document.place(code)
        return text_in(found.name, self.document.locale) if found else "the return address of your settings"

    def effects(self, effects: Effects) -> list[tuple[str, str]]:
        """(effect, sentence) for everything that is said; the outcome first."""
        spoken = sorted(effects.spoken(), key=lambda name: name != "outcome")
        return [(name, self.effect(name, getattr(effects, name))) for name in spoken]

    def effect(self, name: str, value: Any) -> str:
        """What one effect says, as the end of a sentence."""
        if name == "outcome":
            return self._outcome(value)
        if name == "window":
            return window_in_words(value)
        if name == "seasons":
            return "; ".join(map(season_in_words, value)) or "no season makes it longer"
        if name == "reasons":
            return "these reasons only: " + (", ".join(map(self.reason, value)) or "none")
        if name == "evidence":
            photos = [f"{count} for {self.reason(code)}" for code, count in sorted(value.items())]
            return f"photos at least: {', '.join(photos)}" if photos else "no photos needed"
        if name == "resolutions":
            return "the shopper can choose " + (", ".join(CHOICES[one] for one in value) or "nothing")
        return self._money(name, value)

    def _money(self, name: str, value: Any) -> str:
        if name == "fees":
            return self._fees(value)
        if name == "shipping_paid_by":
            return f"return shipping is paid by {'the shopper' if value == 'shopper' else 'you'}"
        if name == "refund_at":
            return f"the refund is due {DUE[value]}"
        if name == "returnless_below":
            return f"the shopper keeps what was paid with less than {value:f}" if value else "everything is sent back"
        return f"send it to {self.place(value)}"

    def _outcome(self, effect: OutcomeEffect) -> str:
        words = DECISIONS[effect.decision]
        if effect.even_late and effect.decision is not Outcome.REFUSE:
            words += ", also when the time is over"
        said = text_in(effect.sentence, self.document.locale)
        return f"{words}, saying “{said}”" if said else words

    def _fees(self, fees: Fees) -> str:
        parts = []
        if fees.restocking is not None:
            share, flat = fees.restocking.percent, fees.restocking.flat
            parts.append(f"restocking {share:f} %" if share is not None else f"restocking {flat:f} a unit")
        if fees.label is not None:
            parts.append(f"{fees.label:f} for the label")
        if not parts:
            return "no fees"
        waived = [*map(self.reason, fees.waived_for_reasons), *(CHOICES[one] for one in fees.waived_for_resolutions)]
        return f"fees: {', '.join(parts)}" + (f"; waived for {', '.join(waived)}" if waived else "")


def window_in_words(window: WindowEffect) -> str:
    """ "30 days from the delivery, with 3 days of grace"."""
    unit = "day" if window.days == 1 else "days"
    words = f"{window.days} {unit} from {COUNTED[window.counted_from]}"
    return f"{words}, with {window.grace_days} days of grace" if window.grace_days else words


def season_in_words(season: Season) -> str:
    return f"ordered from {season.ordered_from} to {season.ordered_to}: until {season.until}"
