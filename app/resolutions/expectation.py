"""What we reckon a refund should be, from what was paid. The store pays its own quote; this is the other opinion."""

from collections.abc import Mapping, Sequence

from ..lib.money import Money, spread, total
from ..orders.models import OrderLine


def expected_for(line: OrderLine, quantity: int, *, already: int) -> Money:
    """What was paid for `quantity` units of `line`, after the `already` refunded ones.

    What was paid for the line (after every discount, with tax) is spread over its units by largest remainder, so that
    any sequence of partial refunds sums to it exactly. Nothing for a line that the store took out of the order.
    """
    if line.quantity < 1:
        return Money.zero(line.order.currency)
    units = spread(line.paid, line.quantity)
    return total(units[already : already + quantity], line.order.currency)


def expected_total(lines: Sequence[OrderLine], quantities: Mapping[int, int], already: Mapping[int, int]) -> Money:
    """The sum over `lines` of what was paid for `quantities` units (by order line id), after `already` ones."""
    currency = lines[0].order.currency
    return total([expected_for(line, quantities[line.id], already=already[line.id]) for line in lines], currency)


def needs_person(difference: Money, lines: int) -> bool:
    """Whether store and expectation differ by more than one minor unit per line: then a person looks first."""
    return abs(difference).amount > difference.minor_unit.amount * max(1, lines)
