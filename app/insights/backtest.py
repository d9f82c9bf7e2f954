"""The back-test: a policy that may come held against the one in force, on past orders and on the returns filed.

It is accounting, not a forecast: it decides again what was asked, and does not guess who would have bought, kept or
asked for what had the rules been others.

The conventions. Of every order that was neither deleted nor cancelled, each line of which something was handed out is
asked for whole, once, `days_after` days after its best known date (delivery, else the last parcel, else the day it was
shipped, else the order), for one and the same `reason`, a refund wanted; a bundle's parts come with it. A return is
decided on the day it was filed, with its own lines and reasons. What is known of parcels and products is what is
known now.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from sqlalchemy import Table, delete, func, select, update

from ..extensions import current_store_id, db
from ..jobs import enqueue
from ..lib import clock
from ..lib.errors import NotFound
from ..orders.bulk import upsert
from ..orders.models import Order
from ..policies.document import PolicyDocument, dump_document, load_document
from ..policies.facts import LineFacts
from ..policies.models import PolicyVersion
from ..policies.replay import CompiledPolicy, compile_policy
from ..policies.versions import current_policy
from ..returns.models import Return
from ..stores.queries import get_store
from .affected import most_affected
from .models import BacktestLine, BacktestRun
from .past import orders_after, returns_after, wanted_orders, wanted_returns
from .requests import Request, Requests
from .swing import intervals
from .tally import Change, Tally, change_of

JOB = "policy.backtest"
KEPT = 10
"""So many back-tests are kept, the latest."""
DAYS_AFTER = 10
MOST_DAYS = 3650
_PHASES = ("order", "return", "sums")
_LINES: Table = BacktestLine.__table__  # type: ignore[assignment]
_COLUMNS = (
    "store_id", "run_id", "sample", "source_id", "ordinal", "order_id", "order_line_id", "quantity", "asked_on",
    "currency", "value", "before_outcome", "after_outcome", "before_rule", "after_rule", "before_fees", "after_fees",
    "before_refund", "after_refund",
)  # fmt: skip


class _Scope(TypedDict):
    """Whose orders: see `past.wanted_orders`."""

    channel_id: int | None
    other_channels: Sequence[int]


def start_backtest(
    candidate: PolicyDocument,
    label: str,
    *,
    by: str,
    channel_id: int | None = None,
    days_after: int = DAYS_AFTER,
    reason: str = "",
) -> BacktestRun:
    """Try `candidate` on the past of the entered store, in the background; the oldest beyond KEPT go.

    `label`: what it is called. `channel_id`: for that channel's orders; None: for those of every channel without a
    policy of its own. `reason`: the one past orders are asked for with (a code; empty: the likeliest).
    """
    live_version, live = current_policy(get_store(), channel_id)
    others = own_channels() if channel_id is None else []
    until = db.session.scalar(select(func.max(Order.bc_order_id))) or 0
    last_return = db.session.scalar(select(func.max(Return.id))) or 0
    run = BacktestRun(
        store_id=current_store_id(),
        label=label,
        live_version=live_version,
        channel_id=channel_id,
        other_channels=list(others),
        live=dump_document(live),
        candidate=dump_document(candidate),
        days_after=max(0, min(days_after, MOST_DAYS)),
        reason=reason or likeliest_reason(live, candidate),
        expected=_count(until, last_return, channel_id, others),
        last_bc_order_id=until,
        last_return_id=last_return,
        started_at=clock.now(),
        started_by=by,
    )
    db.session.add(run)
    db.session.flush()
    _forget_old(run.id)
    enqueue(JOB, queue="long", lock=f"backtest:{run.store_id}", store_id=run.store_id, run_id=run.id)
    return run


def stop_backtest(run_id: int) -> BacktestRun:
    """No further than this. Raises NotFound."""
    run = get_run(run_id)
    db.session.execute(
        update(BacktestRun)
        .where(BacktestRun.id == run_id, BacktestRun.state == "running")
        .values(state="stopped", finished_at=clock.now())
    )
    db.session.refresh(run)
    return run


def run_backtest(store_id: int, run_id: int) -> None:
    """Work through the run from where it stands; killed, it goes on there. Commits batch by batch."""
    run = db.session.scalar(select(BacktestRun).where(BacktestRun.id == run_id))
    if run is None or run.state != "running":
        return
    work = _Work(run)
    db.session.commit()
    while work.step():
        pass


def get_run(run_id: int) -> BacktestRun:
    """The back-test. Raises NotFound."""
    found = db.session.scalar(select(BacktestRun).where(BacktestRun.id == run_id)) if 0 < run_id < 2**63 else None
    if found is None:
        raise NotFound()
    return found


def list_runs() -> list[BacktestRun]:
    """The latest back-tests, newest first."""
    return list(db.session.scalars(select(BacktestRun).order_by(BacktestRun.id.desc()).limit(KEPT)))


def likeliest_reason(live: PolicyDocument, candidate: PolicyDocument) -> str:
    """A reason both policies know: that somebody changed their mind, if they have it, else the first they share."""
    shared = [code for code in live.reason_codes if code in candidate.reason_codes]
    if "no_longer_wanted" in shared:
        return "no_longer_wanted"
    return (shared or list(live.reason_codes))[0]


def own_channels() -> list[int]:
    """Channels that have a policy of their own now."""
    query = (
        select(PolicyVersion.channel_id, PolicyVersion.source)
        .where(PolicyVersion.channel_id.is_not(None))
        .order_by(PolicyVersion.version)
    )
    latest = {channel_id: source for channel_id, source in db.session.execute(query)}  # noqa: C416  types
    return sorted(channel_id for channel_id, source in latest.items() if channel_id and source == "merchant")


def _count(until: int, last_return: int, channel_id: int | None, others: Sequence[int]) -> int:
    orders = select(func.count()).select_from(Order).where(*wanted_orders(until, channel_id, others))
    returns = select(func.count()).select_from(Return).where(*wanted_returns(last_return, channel_id, others))
    return (db.session.scalar(orders) or 0) + (db.session.scalar(returns) or 0)


def _forget_old(newest: int) -> None:
    kept = select(BacktestRun.id).order_by(BacktestRun.id.desc()).limit(KEPT)
    db.session.execute(delete(BacktestRun).where(BacktestRun.id < newest, BacktestRun.id.not_in(kept)))


class _Work:
    """One worker at one run: batch after batch, each kept together with the cursor and the tally."""

    def __init__(self, run: BacktestRun) -> None:
        self._run_id = run.id
        self._phase, self._cursor, self._seen = run.phase, run.cursor, run.seen
        self._tally = Tally.from_json(run.tally)
        self._until = {"order": run.last_bc_order_id, "return": run.last_return_id}
        self._scope: _Scope = {"channel_id": run.channel_id, "other_channels": tuple(run.other_channels)}
        live, candidate = load_document(run.live), load_document(run.candidate)
        self._live, self._candidate = compile_policy(live), compile_policy(candidate)
        self._requests = Requests.under(run.days_after, run.reason, live, candidate)

    def step(self) -> bool:
        """One batch further; whether there is more to do."""
        if self._phase == "sums":
            return self._finish()
        requests, read, reached = self._read()
        if not read:
            return self._advance(phase=_PHASES[_PHASES.index(self._phase) + 1], cursor=0, seen=self._seen)
        self._keep(requests)
        return self._advance(phase=self._phase, cursor=reached, seen=self._seen + read)

    def _read(self) -> tuple[list[Request], int, int]:
        """The requests of the next batch, how many orders or returns were read, and the last one's number."""
        if self._phase == "order":
            orders = orders_after(self._cursor, self._until["order"], **self._scope)
            requests, not_shipped = self._requests.of_orders(orders)
            self._tally.not_shipped += not_shipped
            return requests, len(orders), orders[-1].row.bc_order_id if orders else 0
        returns = returns_after(self._cursor, self._until["return"], **self._scope)
        return self._requests.of_returns(returns), len(returns), returns[-1].return_id if returns else 0

    def _keep(self, requests: Iterable[Request]) -> None:
        rows: list[dict[str, Any]] = []
        for request in requests:
            changes = compare(request, self._live, self._candidate)
            for line, change in zip(request.facts.lines, changes, strict=True):
                self._tally.add(self._phase, request.facts.currency, line.value, change)
            changed = [pair for pair in zip(request.facts.lines, changes, strict=True) if pair[1].is_one]
            place = self._tally.add_order(self._phase, is_changed=bool(changed))
            rows += [_row(self._run_id, self._phase, place, request, line, change) for line, change in changed]
        if rows:
            key = ("store_id", "run_id", "sample", "source_id", "order_line_id")
            upsert(_LINES, rows, key=key, columns=_COLUMNS)

    def _advance(self, *, phase: str, cursor: int, seen: int) -> bool:
        values = {"phase": phase, "cursor": cursor, "seen": seen, "tally": self._tally.to_json()}
        if not self._move(values):
            return False
        self._phase, self._cursor, self._seen = phase, cursor, seen
        return True

    def _finish(self) -> bool:
        affected = most_affected(get_run(self._run_id), self._requests)
        swing = intervals(self._run_id, self._tally)
        self._move({"state": "done", "intervals": swing, "most_affected": affected, "finished_at": clock.now()})
        return False

    def _move(self, values: dict[str, Any]) -> bool:
        """Keep all of this batch; nothing of it where the run was stopped or another worker is ahead."""
        moved = db.session.execute(
            update(BacktestRun)
            .where(
                BacktestRun.id == self._run_id,
                BacktestRun.state == "running",
                BacktestRun.phase == self._phase,
                BacktestRun.cursor == self._cursor,
            )
            .values(**values)
            .returning(BacktestRun.id)
        )
        if moved.scalar() is None:
            db.session.rollback()
            return False
        db.session.commit()
        return True


def compare(request: Request, live: CompiledPolicy, candidate: CompiledPolicy) -> list[Change]:
    """What becomes of each line of `request`."""
    befores, afters = live.replay(request.facts, request.today), candidate.replay(request.facts, request.today)
    return [
        change_of(before, after, line.value)
        for line, before, after in zip(request.facts.lines, befores, afters, strict=True)
    ]


def _row(run_id: int, sample: str, place: int, request: Request, line: LineFacts, change: Change) -> dict[str, Any]:
    return {
        "store_id": current_store_id(),
        "run_id": run_id,
        "sample": sample,
        "source_id": request.source_id,
        "ordinal": place,
        "order_id": request.order_id,
        "order_line_id": line.order_line_id,
        "quantity": line.quantity,
        "asked_on": request.today.isoformat(),
        "currency": request.facts.currency,
        "value": line.value,
        "before_outcome": change.before.outcome.value,
        "after_outcome": change.after.outcome.value,
        "before_rule": change.before.rule,
        "after_rule": change.after.rule,
        "before_fees": change.before_fees,
        "after_fees": change.after_fees,
        "before_refund": change.before_refund,
        "after_refund": change.after_refund,
    }
