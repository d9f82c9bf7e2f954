"""./run bench backtest [--orders FILE] [--json]: two policies of 30 rules over 50,000 and over 250,000 order lines.

Made-up orders, or those of a CSV file of invoice lines (such as Online Retail, UCI Machine Learning Repository,
CC BY 4.0). The run is the worker's own function in a process of its own, reading, counting, keeping what changed, the
intervals and the explanations included. That process and its database share one core.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select

from app import create_app
from app.config import root
from app.extensions import as_store, db
from app.insights.backtest import get_run, start_backtest
from app.insights.models import BacktestRun
from app.insights.tally import Tally
from app.lib import clock
from app.policies.document import parse_document
from app.policies.versions import publish
from app.stores.lookup import next_store_id
from app.stores.models import Store, StoreStatus
from bench import _past
from bench._report import report
from tools.house import House

REACH = {
    "lines_per_s": (">=", 5000.0),
    "decide_us_median": ("<=", 100.0),
    "memory_ratio": ("<=", 1.3),
    "rules_that_decide": ("==", float(_past.RULES)),
}
FEW, MANY = 50_000, 250_000


def a_store(app: Any, store_hash: str) -> int:
    """A store that installed the app; nothing of it is ever asked of BigCommerce."""
    with app.app_context():
        store_id = next_store_id()
        with as_store(store_id):
            db.session.add(
                Store(
                    id=store_id, store_hash=store_hash, status=StoreStatus.ACTIVE, access_token="", scopes="",
                    owner_email="bench@shop.example", hook_secret="", name="Bench", timezone="Europe/Berlin",
                    currency="EUR", settings={}, installed_at=clock.now(),
                )
            )  # fmt: skip
            db.session.commit()
    return store_id


def start(app: Any, store_id: int) -> int:
    """Publish one policy and begin to try the other; gives the run's id."""
    with app.app_context(), as_store(store_id):
        publish(parse_document(_past.policy("Live", tight=False)), by="bench")
        run = start_backtest(parse_document(_past.policy("Candidate", tight=True)), "Candidate", by="bench")
        run_id = run.id
        db.session.commit()
    return run_id


def tally_of(app: Any, store_id: int, run_id: int) -> Tally:
    with app.app_context(), as_store(store_id):
        run: BacktestRun = get_run(run_id)
        assert run.state == "done", run.state
        return Tally.from_json(db.session.scalar(select(BacktestRun.tally).where(BacktestRun.id == run_id)))


def replayed(store_id: int, run_id: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """The run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench._replayed", str(store_id), str(run_id)],
        env={**os.environ, **environment, "PYTHONPATH": str(root())}, cwd=root(), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure(file: Path | None) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="backhaul-backtest-"))
    folder.chmod(0o755)
    # What runs from here on shares one core, the database too.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    house = House(folder, ports=(0, 0, 0, 0))
    try:
        environment = house.environment()
        os.environ.update(environment)
        app = create_app()
        with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
            few, many = a_store(app, "few"), a_store(app, "many")
            _past.fill(owner, few, _sales(file), FEW)
            _past.fill(owner, many, _sales(file), MANY)
        first = replayed(few, start(app, few), environment)
        run_id = start(app, many)
        second = replayed(many, run_id, environment)
        return figures(first, second, tally_of(app, many, run_id))
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _sales(file: Path | None) -> Iterator[_past.Sale]:
    return _past.from_file(file) if file else _past.made_up()


def figures(few: Mapping[str, Any], many: Mapping[str, Any], tally: Tally) -> dict[str, float]:
    lines = sum(cell.lines for cell in tally.cells.values())
    changed = sum(cell.lines for key, cell in tally.cells.items() if key[2] != key[3])
    decided = [number for _, number in many["deciding"]]
    return {
        "lines": lines,
        "lines_per_s": lines / many["seconds"],
        "lines_per_cpu_s": lines / many["cpu_s"],
        "decide_us_median": many["decide_us"],
        "explain_us_median": many["explain_us"],
        "outcome_changes": changed,
        "peak_mb_of_50000": few["peak_mb"],
        "peak_mb_of_250000": many["peak_mb"],
        "peak_mb_over_idle": many["peak_mb"] - many["idle_mb"],
        "memory_ratio": many["peak_mb"] / few["peak_mb"],
        "rules_that_decide": len(decided),
        "largest_share_of_a_rule": max(decided) / sum(decided),
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench backtest", description=__doc__)
    parser.add_argument("--orders", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    return report("backtest", measure(options.orders), REACH, only_json=options.json)
