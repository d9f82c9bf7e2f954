"""Two policies and a small past: what the back-test has to make of it is worked out by hand in the tests."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from app.extensions import db as session_of
from app.insights.backtest import run_backtest, start_backtest
from app.insights.models import BacktestRun
from app.policies.document import PolicyDocument, parse_document
from app.policies.versions import publish

REASONS = [
    {"code": "damaged", "label": {"en": "Damaged"}},
    {"code": "no_longer_wanted", "label": {"en": "No longer wanted"}},
]


def a_policy(*rules: dict[str, Any], name: str = "A policy", days: int = 30, **defaults: Any) -> PolicyDocument:
    """A policy of `rules`; each {name, when, **effects}."""
    written = [{"name": rule.pop("name"), "when": rule.pop("when"), "effects": rule} for rule in map(dict, rules)]
    window = {"days": days, "counted_from": "delivery"}
    return parse_document(
        {"name": name, "reasons": REASONS, "rules": written, "defaults": {"window": window, **defaults}}
    )


def refuses(name: str, fact: str, op: str, value: Any, *, decision: str = "refuse") -> dict[str, Any]:
    when = {"test": "compare", "fact": fact, "op": op, "value": value}
    return {"name": name, "when": when, "outcome": {"decision": decision}}


def tried(candidate: PolicyDocument, **options: Any) -> BacktestRun:
    """A back-test of `candidate`, run to its end as the worker would."""
    run = start_backtest(candidate, "Candidate", by="somebody@shop.example", **options)
    session_of.session.commit()
    run_backtest(run.store_id, run.id)
    session_of.session.refresh(run)
    return run


@pytest.fixture
def statements(db: Any) -> Iterator[Callable[[], list[str]]]:
    """Every statement sent to the database so far."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield lambda: sent
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def live(store: Any, db: Any) -> PolicyDocument:
    """In force: 30 days, a restocking fee of 10 %, refunds above 100.00 are looked at."""
    policy = a_policy(
        refuses("Dear", "line.paid", "above", "100.00", decision="review"),
        name="Live",
        fees={"restocking": {"percent": Decimal(10)}},
    )
    publish(policy, by="somebody@shop.example")
    db.session.commit()
    return policy
