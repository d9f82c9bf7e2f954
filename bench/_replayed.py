"""One back-test in a process of its own: `python -m bench._replayed STORE RUN`; the environment as the worker's.

Writes {seconds, cpu_s, idle_mb, peak_mb, decide_us, explain_us, deciding} to standard output.
"""

import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from app import create_app
from app.extensions import as_store
from app.insights.backtest import get_run, run_backtest
from app.insights.past import orders_after
from app.insights.requests import Request, Requests
from app.policies.decide import decide
from app.policies.document import load_document
from app.policies.replay import compile_policy

SAMPLE = 1500
"""Orders whose lines are timed one request at a time."""


def memory_mb(what: str) -> float:
    """VmRSS (now) or VmHWM (peak) of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def timed(run_id: int) -> dict[str, Any]:
    """Microseconds a line of the fast path and of the explained one, and which rules decided."""
    run = get_run(run_id)
    live = load_document(run.live)
    ready = compile_policy(live)
    orders = orders_after(0, run.last_bc_order_id, channel_id=None, other_channels=(), limit=SAMPLE)
    requests = Requests.under(run.days_after, run.reason, live).of_orders(orders)[0]
    deciding = Counter(verdict.rule for one in requests for verdict in ready.replay(one.facts, one.today))
    return {
        "decide_us": _median_us(requests, lambda one: ready.replay(one.facts, one.today)),
        "explain_us": _median_us(requests[:300], lambda one: decide(one.facts, live, one.today)),
        "deciding": deciding.most_common(),
    }


def _median_us(requests: list[Request], ask: Any) -> float:
    times = []
    for request in requests:
        start = time.perf_counter()
        ask(request)
        times.append((time.perf_counter() - start) * 1e6 / len(request.facts.lines))
    return statistics.median(times)


def main(store_id: int, run_id: int) -> None:
    app = create_app()
    with app.app_context(), as_store(store_id):
        get_run(run_id)
        idle = memory_mb("VmRSS")
        start, cpu = time.perf_counter(), time.process_time()
        run_backtest(store_id, run_id)
        seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu
        peak = memory_mb("VmHWM")
        figures = {"seconds": seconds, "cpu_s": cpu_s, "idle_mb": idle, "peak_mb": peak, **timed(run_id)}
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
