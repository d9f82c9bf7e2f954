"""Two verdicts on the same line, counted: how many lines change and which way, what moves in money. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from ..policies.effects import Outcome
from ..policies.replay import Verdict

SAMPLES = ("order", "return")
OUTCOMES = tuple(Outcome)
TERMS = ("resolutions", "shipping_paid_by", "refund_at", "keeps_item", "send_to", "photos", "reasons")
"""Terms that may differ while outcome and money stay."""
_ZERO = Decimal(0)


class Change(NamedTuple):
    """What becomes of one line. `before`: the live policy; `after`: the candidate."""

    before: Verdict
    after: Verdict
    before_fees: Decimal
    after_fees: Decimal
    before_refund: Decimal
    after_refund: Decimal

    @property
    def is_one(self) -> bool:
        """Whether outcome or money change at all."""
        return self.before.outcome is not self.after.outcome or self.before_fees != self.after_fees


def change_of(before: Verdict, after: Verdict, value: Decimal) -> Change:
    """`value`: what was paid for the units asked for."""
    before_fees, before_refund = _money(before, value)
    after_fees, after_refund = _money(after, value)
    return Change(before, after, before_fees, after_fees, before_refund, after_refund)


def _money(verdict: Verdict, value: Decimal) -> tuple[Decimal, Decimal]:
    """Fees and refund without a person: of an authorized line only."""
    if verdict.outcome is not Outcome.AUTHORIZE:
        return _ZERO, _ZERO
    fees = verdict.terms.fee_total if verdict.terms.fees else _ZERO
    return fees, value - fees


@dataclass
class Cell:
    """Lines of one sample and currency with the same outcomes."""

    lines: int = 0
    value: Decimal = _ZERO
    before_fees: Decimal = _ZERO
    after_fees: Decimal = _ZERO


Key = tuple[str, str, str, str]
"""sample, currency, outcome before, outcome after"""


@dataclass
class Tally:
    """Everything counted so far."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    """By sample: orders (or returns) with at least one line decided."""
    changed_orders: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[str, str], int] = field(default_factory=dict)
    """By sample and term: lines that are not refused by either and come back on another term."""
    not_shipped: int = 0
    """Lines nothing of which had left: nobody could ask for them."""

    def add(self, sample: str, currency: str, value: Decimal, change: Change) -> None:
        """Count one line."""
        before, after = change.before, change.after
        key = (sample, currency, before.outcome.value, after.outcome.value)
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
        cell.lines += 1
        cell.value += value
        cell.before_fees += change.before_fees
        cell.after_fees += change.after_fees
        if before.terms is not after.terms and before.terms != after.terms:
            self._add_terms(sample, before, after)

    def _add_terms(self, sample: str, before: Verdict, after: Verdict) -> None:
        if Outcome.REFUSE in (before.outcome, after.outcome):
            return
        for name in TERMS:
            if getattr(before.terms, name) != getattr(after.terms, name):
                self.terms[sample, name] = self.terms.get((sample, name), 0) + 1

    def add_order(self, sample: str, *, is_changed: bool) -> int:
        """Count one order (or return); gives its place among those of its sample, from 0."""
        place = self.orders.get(sample, 0)
        self.orders[sample] = place + 1
        self.changed_orders[sample] = self.changed_orders.get(sample, 0) + is_changed
        return place

    def to_json(self) -> dict[str, Any]:
        """{cells: [[sample, currency, before, after, lines, value, before_fees, after_fees]], orders, changed_orders:
        {sample: number}, terms: [[sample, term, lines]], not_shipped}; amounts as decimal strings."""
        return {
            "cells": [
                [*key, cell.lines, *(f"{part:f}" for part in (cell.value, cell.before_fees, cell.after_fees))]
                for key, cell in sorted(self.cells.items())
            ],
            "orders": self.orders,
            "changed_orders": self.changed_orders,
            "terms": [[*key, lines] for key, lines in sorted(self.terms.items())],
            "not_shipped": self.not_shipped,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tally":
        return cls(
            cells={
                (row[0], row[1], row[2], row[3]): Cell(row[4], *(Decimal(part) for part in row[5:8]))
                for row in stored.get("cells", ())
            },
            orders=dict(stored.get("orders", {})),
            changed_orders=dict(stored.get("changed_orders", {})),
            terms={(row[0], row[1]): row[2] for row in stored.get("terms", ())},
            not_shipped=stored.get("not_shipped", 0),
        )


@dataclass(frozen=True)
class Sums:
    """Money of one sample in one currency, before and after."""

    currency: str
    before_refund: Decimal
    after_refund: Decimal
    before_fees: Decimal
    after_fees: Decimal
    before_review: Decimal
    """Left to a person: what was paid for those lines."""
    after_review: Decimal


def matrix_of(tally: Tally, sample: str) -> dict[tuple[str, str], int]:
    """Lines by (outcome before, outcome after), zeros included."""
    matrix = {(before.value, after.value): 0 for before in OUTCOMES for after in OUTCOMES}
    for (one, _, before, after), cell in tally.cells.items():
        if one == sample:
            matrix[before, after] += cell.lines
    return matrix


def sums_of(tally: Tally, sample: str) -> list[Sums]:
    """By currency, in alphabetical order."""
    return [_sums(tally, sample, currency) for currency in sorted({key[1] for key in tally.cells if key[0] == sample})]


def _sums(tally: Tally, sample: str, currency: str) -> Sums:
    cells = {key[2:]: cell for key, cell in tally.cells.items() if key[:2] == (sample, currency)}
    authorized = Outcome.AUTHORIZE.value
    before_fees = _total(cell.before_fees for cell in cells.values())
    after_fees = _total(cell.after_fees for cell in cells.values())
    return Sums(
        currency=currency,
        before_refund=_total(cell.value for key, cell in cells.items() if key[0] == authorized) - before_fees,
        after_refund=_total(cell.value for key, cell in cells.items() if key[1] == authorized) - after_fees,
        before_fees=before_fees,
        after_fees=after_fees,
        before_review=_total(cell.value for key, cell in cells.items() if key[0] == Outcome.REVIEW.value),
        after_review=_total(cell.value for key, cell in cells.items() if key[1] == Outcome.REVIEW.value),
    )


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _ZERO)
