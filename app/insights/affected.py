"""The orders for which most money moves, and how both policies explain themselves on any order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from ..extensions import db
from ..orders.models import Order, OrderLine
from ..policies.decide import LineDecision, decide
from ..policies.document import PolicyDocument, load_document
from ..returns.models import Return
from .models import BacktestLine, BacktestRun
from .past import orders_of, returns_after
from .requests import Request, Requests
from .tally import SAMPLES

MOST = 20


@dataclass(frozen=True)
class BothWays:
    """One line as each policy decides it."""

    order_line_id: int
    name: str
    quantity: int
    value: Decimal
    before: LineDecision
    after: LineDecision


def most_affected(run: BacktestRun, requests: Requests) -> list[dict[str, Any]]:
    """Of each sample the MOST orders by money moved, as `BacktestRun.most_affected` keeps them."""
    return [
        {
            "sample": sample,
            "bc_order_id": bc_order_id,
            "currency": currency,
            "moved": f"{moved:f}",
            "lines": [
                {
                    "name": line.name,
                    "quantity": line.quantity,
                    "value": f"{line.value:f}",
                    "before": line.before.to_json(),
                    "after": line.after.to_json(),
                }
                for line in explain(run, requests, sample, source_id)
                if line.order_line_id in changed
            ],
        }
        for sample, source_id, bc_order_id, currency, moved, changed in _ranked(run.id)
    ]


def explain(run: BacktestRun, requests: Requests, sample: str, source_id: int) -> list[BothWays]:
    """Every line of one order (or return) as both policies decide it, with all they considered."""
    before, after = load_document(run.live), load_document(run.candidate)
    return [line for request in _again(requests, sample, source_id) for line in _both_ways(request, before, after)]


def _again(requests: Requests, sample: str, source_id: int) -> list[Request]:
    if sample == "return":
        return requests.of_returns(returns_after(source_id - 1, source_id, channel_id=None, other_channels=()))
    return requests.of_orders(list(orders_of([source_id]).values()))[0]


def _both_ways(request: Request, before: PolicyDocument, after: PolicyDocument) -> list[BothWays]:
    facts, today = request.facts, request.today
    query = select(OrderLine.id, OrderLine.name).where(OrderLine.id.in_([line.order_line_id for line in facts.lines]))
    names = {row.id: row.name for row in db.session.execute(query)}
    decisions = zip(facts.lines, decide(facts, before, today), decide(facts, after, today), strict=True)
    return [
        BothWays(line.order_line_id, names.get(line.order_line_id, ""), line.quantity, line.value, one, other)
        for line, one, other in decisions
    ]


def _ranked(run_id: int) -> list[tuple[str, int, int, str, Decimal, frozenset[int]]]:
    """(sample, source_id, bc_order_id, currency, money moved, changed order lines), most moved first.

    Amounts of different currencies do not compare: the first of each come before the second of each.
    """
    moved = func.sum(func.abs(BacktestLine.after_refund - BacktestLine.before_refund))
    value = func.sum(BacktestLine.value)
    by = (BacktestLine.sample, BacktestLine.source_id, BacktestLine.order_id, BacktestLine.currency)
    place = func.row_number().over(
        partition_by=(BacktestLine.sample, BacktestLine.currency),
        order_by=(moved.desc(), value.desc(), BacktestLine.source_id),
    )
    ranked = (
        select(*by, moved.label("moved"), func.array_agg(BacktestLine.order_line_id).label("lines"), place.label("n"))
        .where(BacktestLine.run_id == run_id)
        .group_by(*by)
        .subquery()
    )
    query = (
        select(ranked, Order.bc_order_id)
        .join(Order, Order.id == ranked.c.order_id)
        .where(ranked.c.n <= MOST)
        .order_by(ranked.c.sample, ranked.c.n, ranked.c.moved.desc(), ranked.c.source_id)
    )
    found = db.session.execute(query).all()
    kept = [row for sample in SAMPLES for row in [one for one in found if one.sample == sample][:MOST]]
    return [(row.sample, row.source_id, row.bc_order_id, row.currency, row.moved, frozenset(row.lines)) for row in kept]


def explain_order(run: BacktestRun, order_id: int) -> list[tuple[str, list[BothWays]]]:
    """(sample, lines) of one order and of each return of it that the back-test read, as both decide them now."""
    policies = load_document(run.live), load_document(run.candidate)
    requests = Requests.under(run.days_after, run.reason, *policies)
    returns = db.session.scalars(
        select(Return.id).where(Return.order_id == order_id, Return.id <= run.last_return_id).order_by(Return.id)
    )
    found = [("order", explain(run, requests, "order", order_id))]
    return found + [("return", explain(run, requests, "return", return_id)) for return_id in returns]
