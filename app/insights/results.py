"""What a back-test found, for its pages: the lines behind a number, the shoppers, everything as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, func, literal, select

from ..extensions import db
from ..orders.models import Order, OrderLine
from .models import BacktestLine

_CHUNK = 2000
_LINE = (
    BacktestLine.id,
    BacktestLine.sample,
    Order.bc_order_id,
    BacktestLine.asked_on,
    OrderLine.sku,
    OrderLine.name,
    BacktestLine.quantity,
    BacktestLine.currency,
    BacktestLine.value,
    BacktestLine.before_outcome,
    BacktestLine.after_outcome,
    BacktestLine.before_rule,
    BacktestLine.after_rule,
    BacktestLine.before_fees,
    BacktestLine.after_fees,
    BacktestLine.before_refund,
    BacktestLine.after_refund,
)


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all. The first page is 1."""

    rows: Sequence[Any]
    total: int
    number: int


def kept_by_outcome(run_id: int) -> dict[tuple[str, str, str], int]:
    """Lines that are kept by (sample, outcome before, outcome after)."""
    by = (BacktestLine.sample, BacktestLine.before_outcome, BacktestLine.after_outcome)
    query = select(*by, func.count()).where(BacktestLine.run_id == run_id).group_by(*by)
    return {(sample, before, after): lines for sample, before, after, lines in db.session.execute(query)}


def list_lines(
    run_id: int, *, sample: str, before: str = "", after: str = "", page: int = 1, per_page: int = 25
) -> Page:
    """Lines that change, by the order's number, newest first; of one outcome before or after, or of any."""
    wanted = _wanted(run_id, sample, before, after)
    total = db.session.scalar(select(func.count()).select_from(BacktestLine).where(*wanted)) or 0
    page = min(max(1, page), max(1, -(-total // per_page)))
    query = (
        _lines()
        .where(*wanted)
        .order_by(Order.bc_order_id.desc(), BacktestLine.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return Page(db.session.execute(query).all(), total, page)


def lines_after(run_id: int, last_id: int) -> Sequence[Row[Any]]:
    """The next lines after the one with `last_id`, in the order they were read; none: that was the last."""
    query = _lines().where(BacktestLine.run_id == run_id, BacktestLine.id > last_id)
    return db.session.execute(query.order_by(BacktestLine.id).limit(_CHUNK)).all()


def refused_shoppers(run_id: int, *, sample: str, page: int = 1, per_page: int = 25) -> Page:
    """Who would have been refused something that is not refused now: (name, mail, orders, lines, bc_order_ids), those
    with most lines first. A customer is one by their number, a guest by their mail."""
    key = _shopper()
    query = (
        select(
            func.max(Order.shopper_name).label("name"),
            func.max(Order.shopper_email).label("mail"),
            func.count(Order.id.distinct()).label("orders"),
            func.count().label("lines"),
            func.array_agg(Order.bc_order_id.distinct()).label("bc_order_ids"),
        )
        .select_from(BacktestLine)
        .join(Order, Order.id == BacktestLine.order_id)
        .where(*_newly_refused(run_id, sample))
        .group_by(key)
        .order_by(func.count().desc(), func.min(Order.bc_order_id))
    )
    total = count_refused_shoppers(run_id, sample=sample)
    page = min(max(1, page), max(1, -(-total // per_page)))
    return Page(db.session.execute(query.limit(per_page).offset((page - 1) * per_page)).all(), total, page)


def count_refused_shoppers(run_id: int, *, sample: str) -> int:
    query = (
        select(func.count(_shopper().distinct()))
        .select_from(BacktestLine)
        .join(Order, Order.id == BacktestLine.order_id)
        .where(*_newly_refused(run_id, sample))
    )
    return db.session.scalar(query) or 0


def _newly_refused(run_id: int, sample: str) -> list[ColumnElement[bool]]:
    return [*_wanted(run_id, sample, "", "refuse"), BacktestLine.before_outcome != "refuse"]


def _shopper() -> ColumnElement[str]:
    mail = func.coalesce(func.nullif(func.lower(Order.shopper_email), ""), literal("order ") + cast(Order.id, Text))
    return func.coalesce(literal("customer ") + cast(func.nullif(Order.bc_customer_id, 0), Text), mail)


def _lines() -> Any:
    return (
        select(*_LINE)
        .select_from(BacktestLine)
        .join(Order, Order.id == BacktestLine.order_id)
        .join(OrderLine, OrderLine.id == BacktestLine.order_line_id, isouter=True)
    )


def _wanted(run_id: int, sample: str, before: str, after: str) -> list[ColumnElement[bool]]:
    conditions = [BacktestLine.run_id == run_id, BacktestLine.sample == sample]
    if before:
        conditions.append(BacktestLine.before_outcome == before)
    if after:
        conditions.append(BacktestLine.after_outcome == after)
    return conditions
