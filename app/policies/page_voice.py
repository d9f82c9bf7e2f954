"""Who speaks on a policy page: one document of one shop, in one language. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .document import PolicyDocument
from .effects import text_in
from .fact_names import Kind
from .page_parts import Shop
from .words import TEXTS, Words

_NUMBERED = frozenset({"product.id", "product.category", "shopper.group"})


class Voice:
    """Says things of `document`; remembers whether it named an amount."""

    def __init__(self, document: PolicyDocument, shop: Shop, locale: str) -> None:
        self.document, self.shop, self.locale = document, shop, locale
        self.words = Words(locale)
        self.named_amounts = False

    def say(self, key: str, **values: object) -> str:
        return self.words.say(key, **values)

    def own(self, texts: Mapping[str, str]) -> str:
        """The merchant's own text in the reader's language, else in the document's; empty: none."""
        return text_in(dict(texts), self.locale, self.document.locale).strip()

    def amount(self, value: Decimal) -> str:
        self.named_amounts = True
        return self.words.amount(value, self.shop.currency)

    def value(self, value: Any, kind: Kind) -> str:
        """A number, amount, percentage or day."""
        if kind is Kind.MONEY:
            return self.amount(value)
        if kind is Kind.DATE:
            return self.words.day(value)
        return self.words.percent(value) if kind is Kind.PERCENT else self.words.number(value)

    def name(self, fact: str, value: Any) -> str:
        """What `value` of `fact` is called."""
        if fact in _NUMBERED:
            return self._numbered(fact, value)
        if fact == "line.reason":
            return self.reason(value)
        if fact == "line.sub_reason":
            subs = (sub for reason in self.document.reasons for sub in reason.sub if sub.code == value)
            return next((self.own(sub.label) for sub in subs), str(value))
        if fact == "destination.country":
            return self.words.country(str(value))
        key = f"v.{value}"
        return self.say(key) if fact in _CHOICES and self.words.has(key) else str(value)

    def reason(self, code: str) -> str:
        """Its label; those every store has are known in every language."""
        reason = self.document.reason(code)
        if reason is None:
            return code
        key = f"reason.{code}"
        if self.locale not in reason.label and reason.label.get("en") == TEXTS["en"].get(key):
            return reason.label.get(self.words.language) or self.say(key)
        return self.own(reason.label)

    def _numbered(self, fact: str, value: int) -> str:
        names, key = {
            "product.id": (self.shop.products, "v.product"),
            "product.category": (self.shop.categories, "v.category"),
            "shopper.group": (self.shop.groups, ""),
        }[fact]
        if fact == "shopper.group" and value == 0:
            return self.say("v.no_group")
        return names.get(value) or (self.say(key, n=value) if key else str(value))


_CHOICES = frozenset({"line.kind", "line.resolution", "line.bundle", "shopper.list"})
