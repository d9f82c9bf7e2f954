"""The interval: it covers what it says it covers, is the same every time, and keeps quiet where little is known."""

import random
import time

from app.insights.bootstrap import FEWEST, GROUPS, Interval, interval, units_of


def test_it_covers_the_true_sum_about_as_often_as_it_says() -> None:
    """A population whose mean is known; samples drawn from it; how many of their intervals hold the true sum?"""
    dice = random.Random(7)
    orders, mean = 200, 0.3 * (-2500 + 500) / 2
    held = 0
    for sample in range(120):
        moved = {n: dice.randint(-2500, 500) for n in range(orders) if dice.random() < 0.3}
        found = interval(moved, units_of(orders), seed=sample)
        assert found is not None
        held += found.low <= mean * orders <= found.high
    assert 0.88 <= held / 120 <= 0.99


def test_groups_of_orders_swing_like_the_orders_themselves() -> None:
    dice = random.Random(3)
    orders = 20_000
    moved = [dice.randint(-900, 300) if dice.random() < 0.2 else 0 for _ in range(orders)]
    grouped: dict[int, int] = {}
    for place, amount in enumerate(moved):
        grouped[place % GROUPS] = grouped.get(place % GROUPS, 0) + amount
    found = interval(grouped, units_of(orders))
    assert found is not None
    mean = sum(moved) / orders
    spread = (sum((amount - mean) ** 2 for amount in moved)) ** 0.5
    assert abs((found.high - found.low) / (2 * 1.96 * spread) - 1) < 0.12
    assert abs((found.high + found.low) / 2 - sum(moved)) < 0.2 * spread


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    moved = {n: n * 7 % 50 - 20 for n in range(100)}
    assert interval(moved, 300) == interval(moved, 300) != interval(moved, 300, seed=1)


def test_all_alike_do_not_swing() -> None:
    assert interval(dict.fromkeys(range(40), -250), 40) == Interval(-10_000, -10_000)


def test_of_too_few_nothing_is_said() -> None:
    assert interval({}, 500) is None
    assert interval(dict.fromkeys(range(50), 0), 500) is None
    assert interval(dict.fromkeys(range(FEWEST - 1), 5), 500) is None
    assert interval(dict.fromkeys(range(FEWEST), 5), 500) is not None


def test_a_long_past_takes_no_longer_than_a_short_one() -> None:
    assert (units_of(3), units_of(GROUPS), units_of(10**6)) == (3, GROUPS, GROUPS)
    start = time.perf_counter()
    interval({n: n for n in range(GROUPS)}, GROUPS)
    assert time.perf_counter() - start < 5
