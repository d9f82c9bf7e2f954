"""A back-test as its pages show it: values only, ready for the template."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ...insights.affected import BothWays
from ...insights.models import BacktestRun
from ...insights.results import count_refused_shoppers, kept_by_outcome
from ...insights.tally import OUTCOMES, SAMPLES, Sums, Tally, matrix_of, sums_of
from ...lib.money import Money
from ...policies.wording import TOPICS
from .why_view import WhyView, why_view
from .words import RULES

NOW = {"authorize": "Authorized", "review": "Left to you", "refuse": "Refused"}
SAMPLE_TITLES = {"order": "Past orders, every item asked for", "return": "Returns your shoppers filed"}
_TOPIC_OF = {"keeps_item": "returnless_below", "photos": "evidence"}
COLUMNS = (
    "sample", "order", "asked_on", "sku", "item", "quantity", "currency", "paid", "now", "then", "now_rule",
    "then_rule", "now_fees", "then_fees", "now_refund", "then_refund",
)  # fmt: skip


@dataclass(frozen=True)
class RuleNames:
    """What a rule's code is called in either policy."""

    before: Mapping[str, str]
    after: Mapping[str, str]

    @classmethod
    def of(cls, run: BacktestRun) -> "RuleNames":
        return cls(_names(run.live), _names(run.candidate))

    def now(self, code: str) -> str:
        return self.before.get(code) or _own_step(code)

    def then(self, code: str) -> str:
        return self.after.get(code) or _own_step(code)


def _names(document: Mapping[str, Any]) -> dict[str, str]:
    return {rule["code"]: rule["name"] for rule in document["rules"]}


def _own_step(code: str) -> str:
    return "No rule: the defaults" if code == "otherwise" else RULES.get(code, (code.replace("_", " "), ""))[0]


@dataclass(frozen=True)
class CellView:
    before: str
    after: str
    lines: int
    kept: int
    """Lines that can be opened: of unchanged outcome, those whose money changes."""


@dataclass(frozen=True)
class MoneyRow:
    """`low` and `high`: of the difference, with 95 % of the draws between them; None: too few to say."""

    label: str
    before: Money
    after: Money
    low: Money | None = None
    high: Money | None = None

    @property
    def moved(self) -> Money:
        return self.after - self.before


@dataclass(frozen=True)
class SampleView:
    key: str
    title: str
    orders: int
    changed_orders: int
    rows: tuple[tuple[str, tuple[CellView, ...]], ...]
    """(outcome now, its cells by outcome then)"""
    changed: int
    lines: int
    money: tuple[tuple[str, tuple[MoneyRow, ...]], ...]
    """(currency, rows)"""
    terms: tuple[tuple[str, int], ...]
    """(what, lines) that come back on another term."""
    shoppers: int
    affected: tuple["AffectedView", ...]


@dataclass(frozen=True)
class BothView:
    """One line as both policies decide it."""

    name: str
    quantity: int
    value: Decimal
    now: WhyView | None
    then: WhyView | None
    now_outcome: str
    then_outcome: str


@dataclass(frozen=True)
class AffectedView:
    bc_order_id: int
    moved: Money
    lines: tuple[BothView, ...]


@dataclass(frozen=True)
class ResultView:
    samples: tuple[SampleView, ...]
    not_shipped: int
    changed: int


def result_view(run: BacktestRun, categories: Mapping[int, str]) -> ResultView:
    """A back-test that is done. `categories`: names by number."""
    tally, kept = Tally.from_json(run.tally), kept_by_outcome(run.id)
    samples = tuple(_sample(run, tally, kept, sample, categories) for sample in SAMPLES if tally.orders.get(sample))
    return ResultView(samples, tally.not_shipped, sum(sample.changed for sample in samples))


def _sample(
    run: BacktestRun,
    tally: Tally,
    kept: Mapping[tuple[str, str, str], int],
    sample: str,
    categories: Mapping[int, str],
) -> SampleView:
    matrix = matrix_of(tally, sample)
    rows = tuple(
        (
            str(before),
            tuple(CellView(before, after, matrix[before, after], kept.get((sample, before, after), 0))
                  for after in OUTCOMES),
        )
        for before in OUTCOMES
    )  # fmt: skip
    return SampleView(
        key=sample,
        title=SAMPLE_TITLES[sample],
        orders=tally.orders[sample],
        changed_orders=tally.changed_orders.get(sample, 0),
        rows=rows,
        changed=sum(lines for (before, after), lines in matrix.items() if before != after),
        lines=sum(matrix.values()),
        money=tuple((sums.currency, _money(sums, _interval(run, sample, sums))) for sums in sums_of(tally, sample)),
        terms=tuple(
            (TOPICS.get(_TOPIC_OF.get(term, term), term), lines)
            for (one, term), lines in sorted(tally.terms.items())
            if one == sample
        ),
        shoppers=count_refused_shoppers(run.id, sample=sample),
        affected=tuple(_affected(one, categories) for one in run.most_affected if one["sample"] == sample),
    )


def _interval(run: BacktestRun, sample: str, sums: Sums) -> Mapping[str, Any]:
    found = [one for one in run.intervals if (one["sample"], one["currency"]) == (sample, sums.currency)]
    return found[0] if found else {}


def _money(sums: Sums, interval: Mapping[str, Any]) -> tuple[MoneyRow, ...]:
    def row(label: str, before: Decimal, after: Decimal, ends: Sequence[str] | None) -> MoneyRow:
        low, high = [Money(Decimal(end), sums.currency) for end in ends] if ends else (None, None)
        return MoneyRow(label, Money(before, sums.currency), Money(after, sums.currency), low, high)

    return (
        row("Refunded without you", sums.before_refund, sums.after_refund, interval.get("refunds")),
        row("Fees you keep", sums.before_fees, sums.after_fees, interval.get("fees")),
        row("Left to you", sums.before_review, sums.after_review, None),
    )


def _affected(one: Mapping[str, Any], categories: Mapping[int, str]) -> AffectedView:
    lines = tuple(
        BothView(
            line["name"], line["quantity"], Decimal(line["value"]), why_view(line["before"], categories),
            why_view(line["after"], categories), line["before"]["outcome"], line["after"]["outcome"],
        )
        for line in one["lines"]
    )  # fmt: skip
    return AffectedView(one["bc_order_id"], Money(Decimal(one["moved"]), one["currency"]), lines)


def both_views(lines: Iterable[BothWays], categories: Mapping[int, str]) -> list[BothView]:
    """Lines of one order as both policies decide them now."""
    return [
        BothView(
            line.name, line.quantity, line.value, why_view(line.before.to_json(), categories),
            why_view(line.after.to_json(), categories), line.before.outcome, line.after.outcome,
        )
        for line in lines
    ]  # fmt: skip


def csv_row(row: Any, names: RuleNames) -> list[str]:
    """One line for a spreadsheet, in the order of COLUMNS."""
    amounts = (row.before_fees, row.after_fees, row.before_refund, row.after_refund)
    return [
        row.sample, str(row.bc_order_id), row.asked_on.isoformat(), _cell(row.sku or ""), _cell(row.name or ""),
        str(row.quantity), row.currency, _amount(row.value, row.currency), row.before_outcome, row.after_outcome,
        _cell(names.now(row.before_rule)), _cell(names.then(row.after_rule)),
        *(_amount(amount, row.currency) for amount in amounts),
    ]  # fmt: skip


def _amount(amount: Decimal, currency: str) -> str:
    return f"{Money(amount, currency).amount:f}"


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
