"""Is this refund of the store the one we sent? Pure: it reads receipts and intents, and changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ..bc_client.types.refunds import RefundReceipt

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Sent:
    """What we sent: the intent's mark, its product quantities by order line, its total, and when."""

    mark: str
    quantities: tuple[tuple[int, int], ...]
    other_items: tuple[str, ...]
    """Item types that are not products, sorted."""
    total: Decimal
    sent_at: datetime


def find_ours(sent: Sent, receipts: Iterable[RefundReceipt], claimed: Iterable[int]) -> RefundReceipt | None:
    """Our refund among the store's, or None.

    By our mark. Where the store did not give the reasons back: the one refund made over the API since then, with our
    very lines, quantities and total, that no other intent claims. Two such candidates are no answer: None.
    """
    receipts = list(receipts)
    marked = [receipt for receipt in receipts if receipt.carries(sent.mark)]
    if marked:
        return marked[0]
    taken = set(claimed)
    alike = [receipt for receipt in receipts if receipt.id not in taken and _alike(sent, receipt)]
    return alike[0] if len(alike) == 1 else None


def ambiguous(sent: Sent, receipts: Iterable[RefundReceipt], claimed: Iterable[int]) -> bool:
    """Whether refunds without reasons could be ours but cannot be told apart: a person has to look."""
    taken = set(claimed)
    return sum(1 for receipt in receipts if receipt.id not in taken and _alike(sent, receipt)) > 1


def _alike(sent: Sent, receipt: RefundReceipt) -> bool:
    silent = not receipt.reason and not any(item.reason for item in receipt.items)
    products = tuple(sorted((item.item_id, item.quantity) for item in receipt.items if item.type == "PRODUCT"))
    others = tuple(sorted(item.type for item in receipt.items if item.type != "PRODUCT"))
    return (
        silent
        and receipt.user_id == 0
        and receipt.created_at >= sent.sent_at - CLOCK_SKEW
        and receipt.total == sent.total
        and products == sent.quantities
        and others == sent.other_items
    )


def store_would_refuse_a_second(quantities: Sequence[tuple[int, int]], refundable: dict[int, int]) -> bool:
    """Whether, had the store executed our refund unseen, the same one again would exceed its own count.

    `quantities`: (order line, units) we sent; `refundable`: units the store says are left per order line. Only then
    may it be sent again: otherwise the store could pay twice.
    """
    return any(refundable.get(line, 0) < 2 * units for line, units in quantities)
