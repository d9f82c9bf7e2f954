"""The catalogue of facts: everything a rule may ask about, with its type and the values it can take. Closed and pure.

A fact is named in a condition by its key here; `field` goes with the two that stand for many (an option, a custom
field). Whoever offers choices (editor, lint, import) reads them from here; `decide` reads the values from `facts`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What values of a fact are, and so which tests make sense of it."""

    MONEY = "money"
    """An amount in the order's currency, whichever that is: a rule that must tell currencies apart names them."""
    NUMBER = "number"
    PERCENT = "percent"
    """0 to 100."""
    FLAG = "flag"
    DATE = "date"
    """A day of the store's time zone."""
    TEXT = "text"
    """Compared without regard to case and outer blanks."""
    CODE = "code"
    """A word of a list kept elsewhere (reasons of the policy, ISO codes): compared exactly."""
    CHOICE = "choice"
    """One of the fact's `choices`."""
    ID = "id"
    """A number BigCommerce gave."""
    IDS = "ids"
    """Several of them: a line has all of its categories."""
    TEXTS = "texts"
    CHOICES = "choices"


class Op(StrEnum):
    """How a value is compared. For days: below is before, above is after."""

    IS = "is"
    IS_NOT = "is_not"
    BELOW = "below"
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    HAS = "has"
    """Among several values is this one."""
    HAS_NOT = "has_not"


_EQUAL = (Op.IS, Op.IS_NOT)
_ORDERED = (*_EQUAL, Op.BELOW, Op.AT_MOST, Op.ABOVE, Op.AT_LEAST)
_SEVERAL = (Op.HAS, Op.HAS_NOT)

OPS: dict[Kind, tuple[Op, ...]] = {
    Kind.MONEY: _ORDERED,
    Kind.NUMBER: _ORDERED,
    Kind.PERCENT: _ORDERED,
    Kind.DATE: _ORDERED,
    Kind.FLAG: (Op.IS,),
    Kind.TEXT: (*_EQUAL, Op.STARTS_WITH, Op.CONTAINS),
    Kind.CODE: _EQUAL,
    Kind.CHOICE: _EQUAL,
    Kind.ID: _EQUAL,
    Kind.IDS: _SEVERAL,
    Kind.TEXTS: _SEVERAL,
    Kind.CHOICES: _SEVERAL,
}
"""The comparisons each kind of fact allows."""
RANGED = frozenset({Kind.MONEY, Kind.NUMBER, Kind.PERCENT, Kind.DATE})
"""Kinds that `between` allows."""
LISTED = frozenset(Kind) - {Kind.FLAG, Kind.MONEY}
"""Kinds that `in` allows. Where a fact has several values, one in common is enough."""

RESOLUTIONS = ("refund", "store_credit", "gift_certificate", "exchange", "repair")
"""What a shopper can be offered."""
LISTS = ("allow", "block")
"""The lists a merchant keeps of shoppers (by mail, phone or address): see `people`."""


@dataclass(frozen=True)
class Fact:
    """One entry of the catalogue. `needs_field`: the condition names which option or custom field."""

    name: str
    kind: Kind
    label: str
    """What the editor calls it."""
    choices: tuple[str, ...] = ()
    needs_field: bool = False


def _catalogue(*facts: Fact) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


FACTS: dict[str, Fact] = _catalogue(
    Fact("line.paid", Kind.MONEY, "Paid for the units asked for"),
    Fact("line.unit_paid", Kind.MONEY, "Paid for one unit"),
    Fact("line.discount_percent", Kind.PERCENT, "Discount on the item, percent"),
    Fact("line.quantity", Kind.NUMBER, "Units asked for"),
    Fact("line.kind", Kind.CHOICE, "Type of item", ("physical", "digital", "giftcertificate")),
    Fact("line.option", Kind.TEXT, "Chosen option", needs_field=True),
    Fact("line.reason", Kind.CODE, "Reason"),
    Fact("line.sub_reason", Kind.CODE, "Closer reason"),
    Fact("line.resolution", Kind.CHOICE, "What the shopper wants", RESOLUTIONS),
    Fact("line.bundle", Kind.CHOICE, "Place in a bundle", ("none", "whole", "part")),
    Fact("product.id", Kind.ID, "Product"),
    Fact("product.category", Kind.IDS, "Category, or one below it"),
    Fact("product.brand", Kind.TEXT, "Brand"),
    Fact("product.sku", Kind.TEXT, "SKU"),
    Fact("product.custom_field", Kind.TEXT, "Custom field", needs_field=True),
    Fact("order.date", Kind.DATE, "Day of the order"),
    Fact("order.total", Kind.MONEY, "Order total"),
    Fact("order.currency", Kind.CODE, "Currency of the order"),
    Fact("order.status", Kind.ID, "Order status"),
    Fact("order.channel", Kind.ID, "Channel"),
    Fact("order.payment_method", Kind.TEXT, "Payment method"),
    Fact("order.coupon", Kind.TEXTS, "Coupon used"),
    Fact("shopper.is_guest", Kind.FLAG, "Ordered as a guest"),
    Fact("shopper.group", Kind.ID, "Customer group"),
    Fact("shopper.returns_count", Kind.NUMBER, "Returns in the last 12 months"),
    Fact("shopper.return_rate", Kind.PERCENT, "Units returned of those bought in the last 12 months, percent"),
    Fact("shopper.list", Kind.CHOICES, "On your list", LISTS),
    Fact("destination.country", Kind.CODE, "Country it was sent to"),
    Fact("destination.region", Kind.TEXT, "Region it was sent to"),
    Fact("destination.in_eu", Kind.FLAG, "Sent to the European Union"),
    Fact("request.date", Kind.DATE, "Day of the request"),
    Fact("request.paid", Kind.MONEY, "Paid for everything in the request"),
)
"""By name. `request.paid` counts every line that the rules themselves do not refuse, so that asking for lines apart
does not slip below an amount; the window plays no part in it."""
