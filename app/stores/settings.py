"""What a merchant can set, as one validated document."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

MAILS = ("requested", "authorized", "rejected", "received", "refunded", "cancelled", "staff_new_request")
"""The letters a merchant can switch off. The guest's code is not among them: without it no guest gets in."""


class Reason(BaseModel):
    """Why something comes back. `code` is stable, `label` is what people read."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    label: str = Field(min_length=1, max_length=80)


BUILT_IN_REASONS = (
    Reason(code="damaged", label="Damaged or defective"),
    Reason(code="wrong_item", label="Wrong item sent"),
    Reason(code="not_as_described", label="Not as described"),
    Reason(code="poor_quality", label="Poor quality"),
    Reason(code="delivery_problem", label="Delivery problem"),
    Reason(code="no_longer_wanted", label="No longer wanted"),
)


class WithdrawalException(BaseModel):
    """A category whose goods the law may except from the right of withdrawal. `code`: see `withdrawals.exceptions`."""

    model_config = ConfigDict(frozen=True)

    bc_category_id: int = Field(ge=1)
    code: str = Field(pattern=r"^[a-z_]{1,40}$")


class StoreSettings(BaseModel):
    """The merchant's settings; a new store starts with these."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    return_address: str = Field(default="", max_length=500)
    instructions: str = Field(
        default="Pack the items well, put the return number in the parcel and send it to the address below.",
        max_length=2000,
    )
    window_days: int = Field(default=30, ge=0, le=3650)
    grace_days: int = Field(default=3, ge=0, le=60)
    """Added when no delivery date is known and the window starts from an earlier one."""
    non_returnable_categories: tuple[int, ...] = ()
    digital_returnable: bool = False
    review_above: Decimal | None = Field(default=None, ge=0)
    """Above this amount (the order's currency) a person decides."""
    reasons: tuple[Reason, ...] = ()
    """The merchant's own, beside the built-in ones."""
    refund_shipping: bool = False
    """Offer the outbound shipping in the refund form, ticked."""
    staff_notes: bool | None = None
    """Whether to keep a line in the order's staff notes. None: not asked yet."""
    mails_off: tuple[str, ...] = ()
    staff_mail: str = Field(default="", max_length=254)
    """Where staff hears of new requests; empty: the owner's mail."""
    portal_channels: tuple[int, ...] = (1,)
    withdrawal_offered: bool = True
    """Show consumers the way to withdraw from the contract (EU). Its address works all the same when it is off."""
    withdrawal_informed: bool = True
    """The shop tells its shoppers of the right before they buy; otherwise the period is twelve months longer."""
    withdrawal_exceptions: tuple[WithdrawalException, ...] = Field(default=(), max_length=500)

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        return BUILT_IN_REASONS + self.reasons

    def sends(self, mail: str) -> bool:
        return mail not in self.mails_off
