"""The policy: what a merchant allows, as a value that can be kept and read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Policy:
    """What may come back and who decides. A published one never changes: see `versions`."""

    window_days: int
    grace_days: int
    """Added to the window when it does not start from the delivery itself."""
    excluded_category_ids: frozenset[int]
    digital_returnable: bool
    review_above: Decimal | None
    """Above this amount, in the order's currency, a person decides. None: whatever the amount."""
    reasons: tuple[tuple[str, str], ...]
    """(code, label) of every reason a shopper may give."""

    def to_json(self) -> dict[str, Any]:
        """{window_days, grace_days, excluded_category_ids, digital_returnable, review_above, reasons}.

        Amounts as decimal strings, ids ascending, so that equal policies give equal documents.
        """
        return {
            "window_days": self.window_days,
            "grace_days": self.grace_days,
            "excluded_category_ids": sorted(self.excluded_category_ids),
            "digital_returnable": self.digital_returnable,
            "review_above": None if self.review_above is None else f"{self.review_above.normalize():f}",
            "reasons": [[code, label] for code, label in self.reasons],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Policy":
        above = document["review_above"]
        return cls(
            window_days=document["window_days"],
            grace_days=document["grace_days"],
            excluded_category_ids=frozenset(document["excluded_category_ids"]),
            digital_returnable=document["digital_returnable"],
            review_above=None if above is None else Decimal(above),
            reasons=tuple((code, label) for code, label in document["reasons"]),
        )
