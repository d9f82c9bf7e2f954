"""What a bundle's parts are really worth. Pure.

The store books the whole price on the bundle's own line and nothing on its parts: a part sent back alone at its booked
price would be worth nothing.
"""

from collections.abc import Sequence
from decimal import Decimal

from ..lib.money import Money


def shares(paid: Money, weights: Sequence[Decimal]) -> list[Money]:
    """`paid` divided over parts by their `weights` (price times quantity), to the last minor unit.

    Largest remainder, the earlier part first where that ties. Where no weight is known, the parts are alike.
    """
    if not weights:
        return []
    known = [max(weight, Decimal(0)) for weight in weights]
    whole = sum(known, Decimal(0))
    if not whole:
        known, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    step = paid.minor_unit.amount
    units = int(paid.amount / step)
    exact = [units * weight / whole for weight in known]
    # Towards zero, so that what is left over has the sign of what was paid.
    given = [int(one) for one in exact]
    sign = 1 if units >= 0 else -1
    by_remainder = sorted(range(len(given)), key=lambda index: (-abs(exact[index] - given[index]), index))
    for index in by_remainder[: abs(units - sum(given))]:
        given[index] += sign
    return [Money(one * step, paid.currency) for one in given]
