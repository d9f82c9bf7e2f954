"""How far a sum would have swung had other orders of the same kind come in: a bootstrap interval. Pure.

The orders of the sample are drawn again with replacement, as many as there are, a thousand times, and each time the
sum is taken; the middle 95 % of those sums is the interval (the percentile interval of Efron, "Bootstrap methods:
another look at the jackknife", Annals of Statistics 7, 1979; Efron and Tibshirani, "An Introduction to the Bootstrap",
1993, chapter 13). Whole orders are drawn, not lines: the lines of one order stand or fall together.

Beyond GROUPS orders, as many groups of them are drawn instead of the orders themselves (random groups: Wolter,
"Introduction to Variance Estimation", 2nd edition 2007, chapter 2), so that time and memory stay the same however long
the past is. The same seed gives the same interval.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = 1000
REPLICATES = 1000
LEVEL = 0.95
FEWEST = 10
"""Below so many orders (or groups) that moved at all, an interval would say more than is known."""
SEED = 20260619


@dataclass(frozen=True)
class Interval:
    """Both ends in minor units of the currency."""

    low: int
    high: int


def units_of(orders: int) -> int:
    """How many units are drawn for so many orders; an order of ordinal n belongs to unit n modulo this."""
    return min(orders, GROUPS)


def interval(moved: Mapping[int, int], units: int, *, seed: int = SEED) -> Interval | None:
    """The 95 % interval of the sum of `moved` (minor units by unit; a unit that is not there moved nothing).

    `units`: how many there are, see `units_of`. None where fewer than FEWEST moved at all.
    """
    sums = [amount for amount in moved.values() if amount]
    if len(sums) < FEWEST:
        return None
    sums += [0] * (units - len(sums))
    draw = random.Random(seed)  # noqa: S311  statistics, not a secret
    drawn = sorted(sum(draw.choices(sums, k=units)) for _ in range(REPLICATES))
    cut = round(REPLICATES * (1 - LEVEL) / 2)
    return Interval(drawn[cut - 1], drawn[-cut])
