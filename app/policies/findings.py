"""What is looked at before a policy is published, and what is found. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """Something to look at. `level`: an error keeps the policy from being published; a warning is shown; "unsure" says
    what could not be told."""

    level: str
    code: str
    """unreachable, never_matches, partly_unreachable, too_involved, overlapping_windows, contradictory_window,
    pointless_season, overlapping_seasons, no_such_category, empty_category, no_such_sku, no_such_brand,
    no_such_custom_field, guests_cannot, nothing_for_guests, shorter_than_law, reason_without_resolution, no_address,
    place_unused."""
    rule: str
    """The code of the rule; empty: what holds where no rule says otherwise, or the policy as a whole."""
    name: str
    """What the rule is called."""
    what: str


@dataclass(frozen=True)
class Shop:
    """What is known of the store's catalogue. None: not known."""

    category_ids: frozenset[int] | None = None
    below: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Per category those anywhere below it."""
    used_category_ids: frozenset[int] | None = None
    """Those that a product we know of hangs in, with what lies above them."""
    skus: frozenset[str] | None = None
    brands: frozenset[str] | None = None
    custom_fields: frozenset[str] | None = None
    """Names. All three as `reading.plain_text` writes them."""
    is_whole: bool = False
    """These are all of the store's products, not only those ever ordered."""
    sells_to_eu: bool = False
    """Something was sent into the European Union."""
    has_address: bool = True
    """The settings have a return address."""


LEVELS = ("error", "warning", "unsure")
EU_DAYS = 14
"""What a consumer in the European Union has from the delivery: Directive 2011/83/EU, Art. 9."""
