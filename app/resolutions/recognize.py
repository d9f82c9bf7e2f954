"""Is this refund of the store the one we sent? Pure: it reads receipts and intents, and changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ..bc_client.types.refunds import RefundReceipt

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Sent:
    """What we sent: the intent's mark, its product quantities by order line, its total, and when first."""

    mark: str
    quantities: tuple[tuple[int, int], ...]
    other_items: tuple[str, ...]
    """Item types that are not products, sorted."""
    total: Decimal
    sent_at: datetime


@dataclass(frozen=True)
class LineCount:
    """The store's own count of an order line: units ordered, and units it says are refunded."""

    ordered: int
    refunded: int


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
    others = tuple(sorted(item.type for item in receipt.items if item.type != "PRODUCT"))
    return (
        silent
        and receipt.user_id == 0
        and receipt.created_at >= sent.sent_at - CLOCK_SKEW
        and receipt.total == sent.total
        and _products(receipt) == sent.quantities
        and others == sent.other_items
    )


def _products(receipt: RefundReceipt) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((item.item_id, item.quantity) for item in receipt.items if item.type == "PRODUCT"))


def may_send_again(
    sent: Sent, receipts: Iterable[RefundReceipt], claimed: Iterable[int], counts: Mapping[int, LineCount]
) -> bool:
    """Whether, nothing of ours having been found, the store itself would refuse a duplicate.

    `counts`: per order line, the store's own count. Only if
    - everything we sent is bound by quantity (an amount could be paid twice);
    - nobody else refunded these lines since: a clerk may have done our work;
    - the list accounts for every unit the store counts as refunded (else ours is there and only not listed yet);
    - the units still fit, and some line has fewer than twice ours left: had ours been executed unseen, a second
      could not be.
    """
    receipts = [receipt for receipt in receipts if not receipt.declined]
    if sent.other_items or not sent.quantities or _touched(sent, receipts, set(claimed)):
        return False
    listed = {line: sum(_units(receipt, line) for receipt in receipts) for line, _ in sent.quantities}
    left = {}
    for line, units in sent.quantities:
        count = counts.get(line)
        if count is None or count.refunded != listed[line] or count.ordered - count.refunded < units:
            return False
        left[line] = count.ordered - count.refunded
    return any(left[line] < 2 * units for line, units in sent.quantities)


def _touched(sent: Sent, receipts: Iterable[RefundReceipt], claimed: set[int]) -> bool:
    lines = {line for line, _ in sent.quantities}
    return any(
        receipt.id not in claimed
        and receipt.created_at >= sent.sent_at - CLOCK_SKEW
        and lines & {item.item_id for item in receipt.items if item.type == "PRODUCT"}
        for receipt in receipts
    )


def _units(receipt: RefundReceipt, line: int) -> int:
    return sum(item.quantity for item in receipt.items if item.type == "PRODUCT" and item.item_id == line)
