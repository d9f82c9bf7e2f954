"""The interval around each sum of a back-test, from the lines that were kept."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from ..extensions import db
from ..lib.money import minor_units
from .bootstrap import Interval, interval, units_of
from .models import BacktestLine
from .tally import SAMPLES, Tally, sums_of


def intervals(run_id: int, tally: Tally) -> list[dict[str, Any]]:
    """[{sample, currency, refunds: [low, high] or None, fees: the same}] of every sample and currency."""
    return [
        {"sample": sample, "currency": sums.currency, **_around(run_id, sample, sums.currency, tally.orders[sample])}
        for sample in SAMPLES
        for sums in sums_of(tally, sample)
    ]


def _around(run_id: int, sample: str, currency: str, orders: int) -> dict[str, list[str] | None]:
    units = units_of(orders)
    unit = func.mod(BacktestLine.ordinal, units).label("unit")
    query = (
        select(
            unit,
            func.sum(BacktestLine.after_refund - BacktestLine.before_refund),
            func.sum(BacktestLine.after_fees - BacktestLine.before_fees),
        )
        .where(BacktestLine.run_id == run_id, BacktestLine.sample == sample, BacktestLine.currency == currency)
        .group_by(unit)
        .order_by(unit)
    )
    places = minor_units(currency)
    refunds: dict[int, int] = {}
    fees: dict[int, int] = {}
    for number, refund, fee in db.session.execute(query):
        refunds[number], fees[number] = int(refund.scaleb(places)), int(fee.scaleb(places))
    return {"refunds": _ends(interval(refunds, units), places), "fees": _ends(interval(fees, units), places)}


def _ends(found: Interval | None, places: int) -> list[str] | None:
    if found is None:
        return None
    return [f"{Decimal(end).scaleb(-places):f}" for end in (found.low, found.high)]
