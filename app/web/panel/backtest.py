"""A policy tried on the past: begun, watched, and its numbers opened down to the orders behind them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Flask, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...catalog.queries import list_categories
from ...extensions import as_store
from ...flows import try_policy
from ...insights import backtest as room
from ...insights.affected import explain_order
from ...insights.results import lines_after, list_lines, refused_shoppers
from ...insights.tally import OUTCOMES, SAMPLES
from ...lib.errors import NotFound
from ...orders.queries import get_order_by_bc_id
from .as_message import as_message
from .backtest_view import COLUMNS, RuleNames, both_views, csv_row, result_view
from .door import bp
from .listing import Asked, Listing
from .parse import number


def list_page() -> str:
    """Back-tests so far and the form for the next; a refused one with what was typed."""
    wanted = request.form if request.method == "POST" else request.args
    chosen = wanted.get("what", "")
    if draft := request.args.get("draft", ""):
        chosen = f"draft-{draft}"
    elif version := request.args.get("version", ""):
        chosen = f"version-{version}"
    return render_template(
        "panel/backtests.html",
        candidates=try_policy.list_candidates(),
        chosen=chosen,
        days_after=wanted.get("days_after", str(room.DAYS_AFTER)),
        runs=room.list_runs(),
    )


@bp.get("/policy/backtest")
def backtests() -> str:
    """Back-tests so far, and the form for the next. `draft` or `version` in the address chooses what to try."""
    return list_page()


@bp.post("/policy/backtest")
@as_message(list_page)
def start_backtest() -> ResponseReturnValue:
    """Begin one; fields: what ("draft-3", "version-7") and days_after."""
    run_id = try_policy.try_policy(
        request.form.get("what", ""),
        days_after=number(request.form.get("days_after")),
        reason=request.form.get("reason", ""),
        actor=g.actor,
    )
    return redirect(url_for("panel.backtest", backtest_id=run_id), code=303)


@bp.get("/policy/backtest/<int:backtest_id>")
def backtest(backtest_id: int) -> str:
    """How far it is, or what came of it."""
    run = room.get_run(backtest_id)
    return render_template(
        "panel/backtest.html", run=run, result=result_view(run, _categories()) if run.state == "done" else None
    )


@bp.get("/policy/backtest/<int:backtest_id>/progress")
def backtest_progress(backtest_id: int) -> str:
    """The progress bar alone, for the page to renew it."""
    return render_template("panel/backtest_progress.html", run=room.get_run(backtest_id))


@bp.post("/policy/backtest/<int:backtest_id>/stop")
def stop_backtest(backtest_id: int) -> ResponseReturnValue:
    """Let it be."""
    try_policy.stop(backtest_id)
    flash("Stopped. Nothing was changed by it.", "success")
    return redirect(url_for("panel.backtests"), code=303)


@bp.get("/policy/backtest/<int:backtest_id>/lines")
def backtest_lines(backtest_id: int) -> str:
    """The lines behind a number; `sample`, `before` and `after` say which."""
    run, asked, sample = room.get_run(backtest_id), Asked.parse(request.args), _sample()
    before, after = (_one_of(request.args.get(name, ""), OUTCOMES) for name in ("before", "after"))
    page = list_lines(run.id, sample=sample, before=before, after=after, page=asked.page, per_page=asked.per_page)
    return render_template(
        "panel/backtest_lines.html",
        run=run,
        sample=sample,
        before=before,
        after=after,
        names=RuleNames.of(run),
        listing=Listing(page.rows, page.total, page.number, asked.per_page),
    )


@bp.get("/policy/backtest/<int:backtest_id>/shoppers")
def backtest_shoppers(backtest_id: int) -> str:
    """Who would have been refused something that is not refused now."""
    run, asked, sample = room.get_run(backtest_id), Asked.parse(request.args), _sample()
    page = refused_shoppers(run.id, sample=sample, page=asked.page, per_page=asked.per_page)
    return render_template(
        "panel/backtest_shoppers.html",
        run=run,
        sample=sample,
        listing=Listing(page.rows, page.total, page.number, asked.per_page),
    )


@bp.get("/policy/backtest/<int:backtest_id>/orders/<int:bc_order_id>")
def backtest_order(backtest_id: int, bc_order_id: int) -> str:
    """One order as both policies decide it, side by side."""
    run, order = room.get_run(backtest_id), get_order_by_bc_id(bc_order_id)
    found = [(sample, both_views(lines, _categories())) for sample, lines in explain_order(run, order.id)]
    if not any(lines for _, lines in found):
        raise NotFound()
    return render_template("panel/backtest_order.html", run=run, order=order, found=found)


@bp.get("/policy/backtest/<int:backtest_id>/lines.csv")
def backtest_csv(backtest_id: int) -> Response:
    """Every line that changes, as a file."""
    run = room.get_run(backtest_id)
    rows = _csv_rows(current_app._get_current_object(), g.store.id, run.id, RuleNames.of(run))  # type: ignore[attr-defined]
    response = Response(rows, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="backtest-{backtest_id}.csv"'
    return response


def _csv_rows(app: Flask, store_id: int, run_id: int, names: RuleNames) -> Iterator[str]:
    yield _csv_line(COLUMNS)
    last_id = 0
    while rows := _chunk(app, store_id, run_id, last_id):
        last_id = rows[-1].id
        yield "".join(_csv_line(csv_row(row, names)) for row in rows)


def _chunk(app: Flask, store_id: int, run_id: int, last_id: int) -> Sequence[Any]:
    """The next rows. The answer is on its way by then and the request over: whose rows these are is said once more."""
    with app.app_context(), as_store(store_id):
        return lines_after(run_id, last_id)


def _csv_line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _categories() -> dict[int, str]:
    return {category.bc_category_id: category.name for category in list_categories()}


def _sample() -> str:
    return _one_of(request.args.get("sample", ""), SAMPLES) or SAMPLES[0]


def _one_of(value: str, allowed: Iterable[str]) -> str:
    return value if value in set(allowed) else ""
