"""The back-test: exact numbers on a past made by hand, and what a killed worker, a second one or a stop leave of it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import as_store, enter_store
from app.insights import backtest
from app.insights.backtest import get_run, run_backtest, start_backtest, stop_backtest
from app.insights.models import BacktestLine, BacktestRun
from app.insights.tally import Tally, matrix_of, sums_of
from app.lib import clock
from app.lib.errors import NotFound
from app.policies.document import PolicyDocument
from app.policies.versions import publish
from app.returns.service import WantedLine
from tests.factories import a_line, a_return, a_store, an_order
from tests.insights.conftest import a_policy, refuses, tried


def changes(matrix: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: lines for key, lines in matrix.items() if lines}


def kept(db: Any, run: BacktestRun) -> list[BacktestLine]:
    query = select(BacktestLine).where(BacktestLine.run_id == run.id).order_by(BacktestLine.id)
    return list(db.session.scalars(query))


@pytest.fixture
def candidate(live: PolicyDocument) -> PolicyDocument:
    """Lamps are refused, refunds above 200.00 looked at, the fee is 20 %."""
    return a_policy(
        refuses("Lamps", "product.sku", "starts_with", "LAMP"),
        refuses("Dear", "line.paid", "above", "200.00", decision="review"),
        fees={"restocking": {"percent": Decimal(20)}},
    )


def test_how_many_lines_change_and_which_way(db: Any, candidate: PolicyDocument) -> None:
    an_order([a_line(sku="LAMP-1", price="50.00"), a_line(sku="CUP", price="10.00", quantity=2)])
    an_order([a_line(sku="LAMP-2", price="150.00"), a_line(sku="SOFA", price="180.00"), a_line(sku="X", price="900")])
    run = tried(candidate)
    tally = Tally.from_json(run.tally)

    assert (run.state, run.expected, run.seen, tally.orders, tally.changed_orders) == (
        "done",
        2,
        2,
        {"order": 2},
        {"order": 2},
    )
    assert changes(matrix_of(tally, "order")) == {
        ("authorize", "refuse"): 1,  # the lamp at 50
        ("authorize", "authorize"): 1,  # the cups, at another fee
        ("review", "refuse"): 1,  # the lamp at 150
        ("review", "authorize"): 1,  # the sofa
        ("review", "review"): 1,  # at 900
    }
    [sums] = sums_of(tally, "order")
    assert sums.currency == "USD"
    assert (sums.before_fees, sums.after_fees) == (Decimal("7.00"), Decimal("40.00"))
    assert (sums.before_refund, sums.after_refund) == (Decimal("63.00"), Decimal("160.00"))
    assert (sums.before_review, sums.after_review) == (Decimal("1230.00"), Decimal("900.00"))


def test_what_did_not_change_is_not_kept(db: Any, candidate: PolicyDocument) -> None:
    an_order([a_line(sku="LAMP-1", price="50.00"), a_line(sku="X", price="900.00")])
    an_order([a_line(sku="Y", price="901.00")])
    run = tried(candidate)
    [line] = kept(db, run)
    assert (line.sample, line.before_outcome, line.after_outcome, line.before_rule, line.after_rule) == (
        "order",
        "authorize",
        "refuse",
        "otherwise",
        "lamps",
    )
    assert (line.value, line.before_fees, line.after_fees, line.before_refund, line.after_refund) == (
        Decimal(50),
        Decimal(5),
        0,
        Decimal(45),
        0,
    )
    assert Tally.from_json(run.tally).changed_orders == {"order": 1}
    assert [one["bc_order_id"] for one in run.most_affected] == [line_order(db, line)]


def line_order(db: Any, line: BacktestLine) -> int:
    from app.orders.models import Order

    return int(db.session.get(Order, line.order_id).bc_order_id)


def test_the_same_policy_changes_nothing(db: Any, live: PolicyDocument) -> None:
    a_return(an_order([a_line(price="50.00"), a_line(price="500.00")]))
    run = tried(live)
    assert kept(db, run) == []
    assert changes(matrix_of(Tally.from_json(run.tally), "order")) == {
        ("authorize", "authorize"): 1,
        ("review", "review"): 1,
    }
    assert (run.most_affected, Tally.from_json(run.tally).changed_orders) == ([], {"order": 0, "return": 0})


def test_a_filed_return_is_decided_on_its_own_day_with_its_own_lines_and_reasons(db: Any, live: PolicyDocument) -> None:
    order = an_order([a_line(price="10.00", quantity=3), a_line(price="20.00")], shipped_days_ago=9)
    a_return(order, wanted=[WantedLine(order.lines[0].id, 2, "damaged")])
    waived = a_policy(days=7, fees={"restocking": {"percent": Decimal(10)}, "waived_for_reasons": ["damaged"]})

    [late] = [line for line in kept(db, tried(waived)) if line.sample == "return"]
    assert (late.quantity, late.value, late.asked_on) == (2, Decimal(20), clock.today("Europe/Warsaw"))
    assert (late.before_outcome, late.after_outcome, late.after_rule) == ("authorize", "refuse", "outside_window")

    [same_day] = [
        line
        for line in kept(
            db,
            tried(
                waived.model_copy(
                    update={"defaults": waived.defaults.model_copy(update={"window": live.defaults.window})}
                )
            ),
        )
        if line.sample == "return"
    ]
    assert (same_day.before_outcome, same_day.after_outcome) == ("authorize", "authorize")
    assert (same_day.before_fees, same_day.after_fees) == (Decimal(2), 0)


def test_a_past_order_is_asked_for_so_many_days_after_its_best_known_date(db: Any, live: PolicyDocument) -> None:
    order = an_order([a_line()], shipped_days_ago=100)
    short = a_policy(days=9, fees={"restocking": {"percent": Decimal(10)}})
    assert kept(db, tried(short, days_after=9)) == []
    [line] = kept(db, tried(short, days_after=10))
    shipped = order.shipped_at
    assert shipped is not None
    assert line.asked_on - shipped.date() in (timedelta(days=10), timedelta(days=11))
    assert (line.before_outcome, line.after_outcome) == ("authorize", "refuse")


def test_what_never_left_cancelled_orders_and_parts_of_a_bundle_are_not_asked_for(
    db: Any, candidate: PolicyDocument
) -> None:
    whole = a_line(sku="LAMP-SET", price="60.00")
    an_order([whole, a_line(sku="LAMP-PART", price="0", bc_parent_line_id=whole.bc_line_id)])
    an_order([a_line(sku="LAMP-1", quantity_shipped=0)], shipped_days_ago=None)
    an_order([a_line(sku="LAMP-2")], bc_status_id=5)
    an_order([a_line(sku="LAMP-3")], is_deleted=True)
    an_order([a_line(sku="LAMP-D", kind="digital", quantity_shipped=0)])
    run = tried(candidate)
    tally = Tally.from_json(run.tally)
    assert [line.after_rule for line in kept(db, run)] == ["lamps", "lamps"]
    assert (tally.orders, tally.not_shipped, run.expected) == ({"order": 2}, 1, 3)


def test_terms_that_differ_are_counted(db: Any, live: PolicyDocument) -> None:
    an_order([a_line(), a_line()])
    other = live.model_copy(update={"defaults": live.defaults.model_copy(update={"shipping_paid_by": "merchant"})})
    run = tried(other)
    assert Tally.from_json(run.tally).terms == {("order", "shipping_paid_by"): 2}
    assert kept(db, run) == []


def test_a_channel_with_a_policy_of_its_own_is_another_matter(db: Any, candidate: PolicyDocument) -> None:
    publish(a_policy(name="Of channel 2"), by="", channel_id=2)
    db.session.commit()
    an_order([a_line(sku="LAMP-1")])
    second = an_order([a_line(sku="LAMP-2")], channel_id=2)
    a_return(second)
    of_store, of_channel = tried(candidate), tried(candidate, channel_id=2)
    assert (Tally.from_json(of_store.tally).orders, of_store.expected) == ({"order": 1}, 1)
    assert Tally.from_json(of_channel.tally).orders == {"order": 1, "return": 1}
    assert of_channel.live["name"] == "Of channel 2"
    assert {line.order_id for line in kept(db, of_channel)} == {second.id}


def test_it_reads_its_own_store_only(db: Any, candidate: PolicyDocument, store: Any) -> None:
    an_order([a_line(sku="LAMP-1")])
    mine = store.id
    stranger = a_store(store_hash="xyz").id
    enter_store(stranger)
    an_order([a_line(sku="LAMP-9"), a_line(sku="LAMP-8")])
    db.session.rollback()
    enter_store(mine)
    run = tried(candidate)
    assert len(kept(db, run)) == 1
    with as_store(stranger):
        with pytest.raises(NotFound):
            get_run(run.id)
        run_backtest(stranger, run.id)
        assert db.session.scalar(select(func.count()).select_from(BacktestLine)) == 0


class Killed(BaseException):
    """As a worker that loses power."""


def test_a_killed_worker_loses_its_batch_and_the_next_goes_on(
    db: Any, candidate: PolicyDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        a_return(an_order([a_line(sku="LAMP-1", price="50.00"), a_line(sku="CUP")]))
    at_once = tried(candidate)
    small = 3
    monkeypatch.setattr(backtest, "orders_after", limited(backtest.orders_after, small))
    monkeypatch.setattr(backtest, "returns_after", limited(backtest.returns_after, small))
    run = start_backtest(candidate, "Candidate", by="")
    db.session.commit()
    deaths = 0
    for dies_after in range(1, 12):
        with monkeypatch.context() as patch:
            patch.setattr(backtest, "compare", dying(backtest.compare, dies_after))
            try:
                run_backtest(run.store_id, run.id)
            except Killed:
                deaths += 1
        db.session.rollback()
        db.session.refresh(run)
        if run.state == "done":
            break
    assert deaths >= 3
    assert (run.state, run.seen, run.tally, run.intervals) == ("done", 14, at_once.tally, at_once.intervals)
    shape = [(line.sample, line.source_id, line.ordinal, line.order_line_id) for line in kept(db, at_once)]
    assert [(line.sample, line.source_id, line.ordinal, line.order_line_id) for line in kept(db, run)] == shape


def limited(read: Callable[..., Any], limit: int) -> Callable[..., Any]:
    return lambda *args, **kwargs: read(*args, **{**kwargs, "limit": limit})


def dying(compare: Callable[..., Any], after: int) -> Callable[..., Any]:
    left = [after]

    def die(*args: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return compare(*args)

    return die


def test_done_stopped_or_unknown_it_is_not_run_again(db: Any, candidate: PolicyDocument) -> None:
    an_order([a_line(sku="LAMP-1")])
    run = tried(candidate)
    finished_at = run.finished_at
    run_backtest(run.store_id, run.id)
    run_backtest(run.store_id, 999999)
    assert (run.finished_at, len(kept(db, run))) == (finished_at, 1)
    second = start_backtest(candidate, "Again", by="")
    stop_backtest(second.id)
    db.session.commit()
    run_backtest(second.store_id, second.id)
    db.session.refresh(second)
    assert (second.state, second.seen, kept(db, second)) == ("stopped", 0, [])
    stop_backtest(run.id)
    assert run.state == "done"


def test_the_oldest_go(db: Any, candidate: PolicyDocument, jobs: Callable[[], Any]) -> None:
    runs = [start_backtest(candidate, f"Try {n}", by="").id for n in range(backtest.KEPT + 2)]
    db.session.commit()
    assert [run.id for run in backtest.list_runs()] == runs[:1:-1]
    assert db.session.scalar(select(func.count()).select_from(BacktestRun)) == backtest.KEPT
    assert len(jobs()) == backtest.KEPT + 2
    assert jobs()[-1] == ("policy.backtest", {"store_id": jobs()[-1][1]["store_id"], "run_id": runs[-1]})


def test_the_reason_is_one_both_know(db: Any, live: PolicyDocument) -> None:
    assert tried(live).reason == "no_longer_wanted"
    assert tried(live, reason="damaged").reason == "damaged"


def test_without_a_past_it_is_done_at_once(db: Any, candidate: PolicyDocument) -> None:
    run = tried(candidate)
    assert (run.state, run.expected, run.seen, run.intervals, run.most_affected) == ("done", 0, 0, [], [])
    assert isinstance(run.started_at.date(), date)
