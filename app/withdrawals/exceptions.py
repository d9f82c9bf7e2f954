"""Where the law knows no right of withdrawal: Article 16 of Directive 2011/83/EU (read 2026-11). Pure data.

An exception is shown to staff with its reason and asks them to look. It never stops a statement or its receipt: whether
it holds (was the seal broken? was it really made to order?) only a person can tell.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """One letter of Article 16. `question`: what staff has to find out."""

    code: str
    letter: str
    label: str
    question: str


GROUNDS: tuple[Ground, ...] = (
    Ground("custom_made", "c", "Made to order", "Was it made to the shopper's own wishes, or clearly personalised?"),
    Ground("perishable", "d", "Perishable", "Does it spoil or expire quickly?"),
    Ground("sealed_hygiene", "e", "Sealed for health or hygiene", "Was its seal broken after the delivery?"),
    Ground("mixed", "f", "Mixed with other goods", "Can it no longer be parted from other goods?"),
    Ground("price_fluctuation", "b", "Price follows the market", "Does its price depend on a financial market?"),
    Ground("sealed_media", "i", "Sealed recordings or software", "Was its seal broken after the delivery?"),
    Ground("periodical", "j", "Newspaper or magazine", "Is it a single issue, not a subscription?"),
    Ground("dated_service", "l", "Service on a fixed date", "Was it booked for a fixed date or period?"),
    Ground(
        "digital_begun",
        "m",
        "Download that has begun",
        "Did it begin with the shopper's express consent, who knew that the right is lost by it?",
    ),
)
BY_CODE: Mapping[str, Ground] = {ground.code: ground for ground in GROUNDS}
FOR_CATEGORIES = tuple(ground for ground in GROUNDS if ground.code != "digital_begun")
"""What a merchant can say of a category; a download is told by what the order line is."""


def ground_of(kind: str, bc_category_ids: Iterable[int] | None, by_category: Mapping[int, str]) -> Ground | None:
    """The exception that may stand against one order line.

    `kind`: physical, digital or giftcertificate. `bc_category_ids`: the product's categories with those above them;
    None: not known. `by_category`: category -> code, as the merchant has set it.
    """
    if kind == "digital":
        return BY_CODE["digital_begun"]
    codes = {by_category[one] for one in bc_category_ids or () if one in by_category}
    return next((ground for ground in GROUNDS if ground.code in codes), None)
