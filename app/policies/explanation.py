"""A decision about one line with everything that led to it; the stored return carries it whole."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .effects import Outcome
from .window import Window


@dataclass(frozen=True)
class Tested:
    """One comparison that was made. `held`: None where the fact is not known."""

    fact: str
    field: str
    test: str
    """An operator of `fact_names.Op`, "in" or "between"."""
    wanted: str
    actual: str
    held: bool | None

    def to_json(self) -> dict[str, Any]:
        shown = {"fact": self.fact, "test": self.test, "wanted": self.wanted, "actual": self.actual, "held": self.held}
        return {**shown, "field": self.field} if self.field else shown


@dataclass(frozen=True)
class Considered:
    """One rule as it was looked at, or one of the engine's own steps.

    `compared`: (name, text) of what an own step compared. `tests`: what a rule compared, in order, up to the one that
    settled it: of a rule that does not match, the last is the one that failed. `gives`: the effects it decided.
    """

    rule: str
    matched: bool | None
    """None: hangs on a fact that is not known."""
    compared: tuple[tuple[str, str], ...]
    name: str = ""
    tests: tuple[Tested, ...] = ()
    gives: tuple[str, ...] = ()

    @property
    def failed(self) -> Tested | None:
        """The comparison because of which the rule does not match."""
        return self.tests[-1] if self.matched is False and self.tests else None

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"rule": self.rule, "matched": self.matched, "compared": dict(self.compared)}
        if self.name:
            shown["name"] = self.name
        if self.tests:
            shown["tests"] = [test.to_json() for test in self.tests]
        if self.gives:
            shown["gives"] = list(self.gives)
        return shown


@dataclass(frozen=True)
class Fee:
    """Taken off the refund, unless waived. `kind`: restocking or label."""

    kind: str
    amount: Decimal
    currency: str
    waived: bool
    """For the reason or the resolution of this line."""
    waived_for_reasons: tuple[str, ...] = ()
    waived_for_resolutions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "amount": f"{self.amount:f}",
            "currency": self.currency,
            "waived": self.waived,
            "waived_for_reasons": list(self.waived_for_reasons),
            "waived_for_resolutions": list(self.waived_for_resolutions),
        }


@dataclass(frozen=True)
class Terms:
    """On which terms the line comes back, were it to."""

    reasons: tuple[str, ...] = ()
    photos: tuple[tuple[str, int], ...] = ()
    """(reason code or "any", at least so many)."""
    resolutions: tuple[str, ...] = ("refund",)
    fees: tuple[Fee, ...] = ()
    shipping_paid_by: str = "shopper"
    refund_at: str = "received"
    keeps_item: bool = False
    """Cheaper than what is worth sending back."""
    send_to: str = "store"

    @property
    def fee_total(self) -> Decimal:
        """What comes off the refund."""
        return sum((fee.amount for fee in self.fees if not fee.waived), Decimal(0))

    def photos_for(self, reason: str) -> int:
        """Photos needed at least for `reason`; what is said of the reason itself counts."""
        needed = dict(self.photos)
        return needed.get(reason.partition(".")[0], needed.get("any", 0))

    def to_json(self) -> dict[str, Any]:
        return {
            "reasons": list(self.reasons),
            "photos": dict(self.photos),
            "resolutions": list(self.resolutions),
            "fees": [fee.to_json() for fee in self.fees],
            "shipping_paid_by": self.shipping_paid_by,
            "refund_at": self.refund_at,
            "keeps_item": self.keeps_item,
            "send_to": self.send_to,
        }


@dataclass(frozen=True)
class LineDecision:
    """The answer for one line, and how it came about."""

    order_line_id: int
    outcome: Outcome
    rule: str
    """The code of the deciding rule, or one of `document.RESERVED`."""
    considered: tuple[Considered, ...]
    """Every rule in its order, then the engine's own steps."""
    window: Window
    sentence: str
    """What the shopper reads."""
    name: str = ""
    """What the deciding rule is called; empty for the engine's own steps."""
    terms: Terms = Terms()
    decided_by: tuple[tuple[str, str], ...] = ()
    """(effect, code of the rule that decided it or "otherwise")."""
    fallbacks: tuple[str, ...] = field(default=())
    """What had to be done without: those of the window; "fact_unknown:shopper.group" where a test hung on a fact
    nobody knows; "no_such_fact:..." where the policy names one that does not exist any more."""

    def to_json(self) -> dict[str, Any]:
        """{format: 2, outcome, rule, name, considered: [{rule, name, matched, compared: {name: text},
        tests: [{fact, field, test, wanted, actual, held}], gives: [effect]}],
        window: {first_day, last_day, basis, days, grace_days, is_extended, fallbacks},
        terms: {reasons, photos, resolutions, fees, shipping_paid_by, refund_at, keeps_item, send_to},
        decided_by: {effect: rule}, fallbacks, sentence}"""
        return {
            "format": 2,
            "outcome": str(self.outcome),
            "rule": self.rule,
            "name": self.name,
            "considered": [one.to_json() for one in self.considered],
            "window": self.window.to_json(),
            "terms": self.terms.to_json(),
            "decided_by": dict(self.decided_by),
            "fallbacks": list(self.fallbacks),
            "sentence": self.sentence,
        }
