"""What a rule can say about a line. Each effect is decided by the first matching rule that says something about it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from .conditions import plain
from .fact_names import RESOLUTIONS

PLACEHOLDERS = ("last_day", "days")
"""What a shopper's sentence may name in braces: the window's last day in words, and its length."""
CODE = r"^[a-z0-9_]{1,60}$"


class Outcome(StrEnum):
    AUTHORIZE = "authorize"
    REVIEW = "review"
    REFUSE = "refuse"


def _fillable(text: str) -> str:
    try:
        parts = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"braces stand for a value: {error}") from None
    for name, spec, conversion in parts:
        if name not in PLACEHOLDERS or spec or conversion:
            raise ValueError(f"there is no {{{name}}}; allowed: {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)}")
    return text


def _plain_amount(amount: Decimal) -> Decimal:
    return plain(amount)


Locale = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Texts = dict[Locale, Text]
"""A text per locale ("en", "de", "fr-CA")."""
Sentences = dict[Locale, Annotated[Text, AfterValidator(_fillable)]]
Code = Annotated[str, Field(pattern=CODE)]
MoneyAmount = Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4), AfterValidator(_plain_amount)]
"""In the order's currency, whichever that is."""
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4), AfterValidator(_plain_amount)]
Resolution = Literal["refund", "store_credit", "gift_certificate", "exchange", "repair"]
assert Resolution.__args__ == RESOLUTIONS  # type: ignore[attr-defined]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WindowEffect(_Part):
    """How long a line may come back. `grace_days` are added only when another date stood in for `counted_from`."""

    days: int = Field(ge=0, le=3650)
    counted_from: Literal["order", "shipment", "delivery"] = "delivery"
    grace_days: int = Field(default=0, ge=0, le=60)


class Season(_Part):
    """Orders of these days (both included) may come back until a fixed day, if that is later than the window's end."""

    ordered_from: date
    ordered_to: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> "Season":
        if self.ordered_from > self.ordered_to:
            raise ValueError(f"ordered_from ({self.ordered_from}) is after ordered_to ({self.ordered_to})")
        if self.until < self.ordered_to:
            raise ValueError(f"until ({self.until}) is before ordered_to ({self.ordered_to})")
        return self


class OutcomeEffect(_Part):
    """May it come back? `even_late`: also when the window is over. `sentence`: what the shopper reads, per locale;
    empty: a built-in one."""

    decision: Outcome
    sentence: Sentences = {}
    even_late: bool = False


class Restocking(_Part):
    """Taken off the refund: a flat amount per unit, or a share of what was paid for the line."""

    flat: MoneyAmount | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Restocking":
        if (self.flat is None) == (self.percent is None):
            raise ValueError("either `flat` or `percent` is needed")
        return self


class Fees(_Part):
    """What is taken off the refund; of nothing: no fees. `label`: for the return label, once per line's parcel.

    Waived entirely for the reasons and for the resolutions named.
    """

    restocking: Restocking | None = None
    label: MoneyAmount | None = None
    waived_for_reasons: tuple[Code, ...] = ()
    waived_for_resolutions: tuple[Resolution, ...] = ()


class Effects(_Part):
    """What a rule says; None: nothing about that."""

    window: WindowEffect | None = None
    seasons: tuple[Season, ...] | None = Field(default=None, max_length=20)
    """Longer for orders of certain days, on top of whichever window holds; empty: none."""
    outcome: OutcomeEffect | None = None
    reasons: tuple[Code, ...] | None = Field(default=None, max_length=100)
    """The reasons allowed, by the policy's codes; another one is left to a person."""
    evidence: dict[str, Annotated[int, Field(ge=1, le=10)]] | None = None
    """Photos at least, by reason code ("any": whatever the reason); empty: none."""
    resolutions: tuple[Resolution, ...] | None = None
    """What the shopper can choose from, in this order."""
    fees: Fees | None = None
    shipping_paid_by: Literal["shopper", "merchant"] | None = None
    refund_at: Literal["authorized", "first_scan", "received", "inspected"] | None = None
    """When the refund is due."""
    returnless_below: MoneyAmount | None = None
    """What was paid for less than this is kept by the shopper; 0: never."""
    send_to: Code | None = None
    """A place of the policy; "store": the return address of the settings."""

    def spoken(self) -> tuple[str, ...]:
        """The names of the effects it says something about."""
        return tuple(name for name in EFFECTS if getattr(self, name) is not None)


EFFECTS: tuple[str, ...] = tuple(Effects.model_fields)


class Defaults(Effects):
    """What holds where no rule says otherwise: every effect has an answer."""

    window: WindowEffect = WindowEffect(days=30)
    seasons: tuple[Season, ...] = Field(default=(), max_length=20)
    outcome: OutcomeEffect = OutcomeEffect(decision=Outcome.AUTHORIZE)
    reasons: tuple[Code, ...] | None = Field(default=None, max_length=100)
    """None: every reason of the policy."""
    evidence: dict[str, Annotated[int, Field(ge=1, le=10)]] = {}
    resolutions: tuple[Resolution, ...] = ("refund",)
    fees: Fees = Fees()
    shipping_paid_by: Literal["shopper", "merchant"] = "shopper"
    refund_at: Literal["authorized", "first_scan", "received", "inspected"] = "received"
    returnless_below: MoneyAmount = Decimal(0)
    send_to: Code = "store"


def text_in(texts: dict[str, Any], locale: str, fallback: str = "en") -> str:
    """The text for `locale`: itself, its language, `fallback`, else the first there is; "" of none."""
    for key in (locale, locale[:2], fallback):
        if key in texts:
            return str(texts[key])
    return str(next(iter(texts.values()), ""))
