"""On which terms a line comes back, from the effects that hold for it. Pure."""

from decimal import Decimal

from ..lib.money import exact
from .effects import Effects, Fees
from .explanation import Fee, Terms
from .reading import Case


def terms_of(effects: Effects, reason_codes: tuple[str, ...], case: Case) -> Terms:
    """`effects`: one answer for every effect. `reason_codes`: every reason of the policy."""
    line = case.line
    below = effects.returnless_below or Decimal(0)
    return Terms(
        reasons=reason_codes if effects.reasons is None else effects.reasons,
        photos=tuple((effects.evidence or {}).items()),
        resolutions=effects.resolutions or (),
        fees=fees_of(effects.fees, case) if effects.fees is not None else (),
        shipping_paid_by=effects.shipping_paid_by or "shopper",
        refund_at=effects.refund_at or "received",
        keeps_item=line.value < below,
        send_to=effects.send_to or "store",
    )


def fees_of(fees: Fees, case: Case) -> tuple[Fee, ...]:
    """The fees in money, restocking first; together never more than what was paid for the line."""
    left = max(case.line.value, Decimal(0))
    reason = case.line.reason.partition(".")[0] if case.line.reason is not None else None
    waived = reason in fees.waived_for_reasons or case.line.resolution in fees.waived_for_resolutions
    due = []
    for kind, amount in (("restocking", _restocking(fees, case)), ("label", fees.label)):
        if not amount:
            continue
        taken = min(exact(amount, case.order.currency), left)
        left -= taken
        due.append(Fee(kind, taken, case.order.currency, waived, fees.waived_for_reasons, fees.waived_for_resolutions))
    return tuple(due)


def _restocking(fees: Fees, case: Case) -> Decimal | None:
    """On what was really paid: discounts come off before a share is taken."""
    if fees.restocking is None:
        return None
    if fees.restocking.percent is not None:
        return case.line.value * fees.restocking.percent / 100
    return (fees.restocking.flat or Decimal(0)) * case.line.quantity
