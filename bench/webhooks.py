"""./run bench webhooks [--json]: BigCommerce's deliveries, from a second process, the worker on.

Part one, flat out: how many deliveries a second the door takes, beside a bare Flask route that does one INSERT under
the same gunicorn settings through the same kind of pool. Part two, paced over a minute: latency, how fresh the app's
copy is, and whether anything is lost.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from bench import _stage
from bench._floor import a_floor
from bench._report import report
from tools.house import CLIENT_SECRET, STORE, House, a_house

REACH = {
    "ratio_to_floor": (">=", 0.6),
    "order_fetches": ("<=", 1500.0),
    "lost": ("==", 0.0),
    "freshness_p95_s": ("<=", 5.0),
    "not_2xx": ("==", 0.0),
}
ORDERS, CHANGES, PACE_S, ROUNDS = 500, 500, 60.0, 5
COPIES = 5
"""A change of status is two events; each is delivered so many times."""
SHUFFLED_OVER_S = 30.0
TURNS, A_TURN = 4, 400
STATUSES = (9, 11, 7, 12)
"""Order statuses to move between that change neither stock nor money."""


def fire(url: str, deliveries: list[dict[str, Any]], headers: dict[str, str], *, over_s: float) -> dict[str, Any]:
    """Let a second process send `deliveries` ({at, body}) to `url`; gives {seconds, latencies_ms, not_2xx}."""
    job = {"url": url, "deliveries": deliveries, "headers": headers, "over_s": over_s, "secret": CLIENT_SECRET}
    done = subprocess.run(
        [sys.executable, "-m", "bench._sender"], input=json.dumps(job), capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def a_delivery(number: int, seconds: float) -> dict[str, Any]:
    """What BigCommerce would post about order `number`; `at`: when within the run."""
    body = {
        "scope": "store/order/updated",
        "store_id": "1",
        "data": {"type": "order", "id": number},
        "hash": f"{random.getrandbits(160):040x}",
        "created_at": int(time.time()),
        "producer": f"stores/{STORE}",
    }
    return {"at": seconds, "body": body}


def hook_headers(house: House) -> dict[str, str]:
    """The header our webhooks carry, as the store keeps it."""
    hooks = house.call("GET", f"/_sandbox/stores/{STORE}/hooks")["hooks"]
    headers: dict[str, str] = hooks[0]["headers"]
    return headers


def flat_out(house: House, floor_url: str, numbers: list[int], headers: dict[str, str]) -> tuple[float, float]:
    """(ratio to the floor, deliveries a second) when nothing holds the sender back.

    Door and floor take turns, so that both meet the same machine: the worker is busy with what the door took in.
    """
    seconds = {floor_url: 0.0, f"{house.app_url}/hooks/bigcommerce": 0.0}
    for _ in range(TURNS):
        for url in seconds:
            deliveries = [a_delivery(random.choice(numbers), 0) for _ in range(A_TURN)]
            done = fire(url, deliveries, headers, over_s=0)
            if done["not_2xx"]:
                raise RuntimeError(f"{done['not_2xx']} deliveries were not taken by {url}")
            seconds[url] += float(done["seconds"])
    floor, door = seconds.values()
    return floor / door, TURNS * A_TURN / door


class Watch(threading.Thread):
    """Looks at the app's copy all the time, to know when a change arrived."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house = house
        self.wanted: dict[int, tuple[int, float]] = {}
        self.ages: list[float] = []
        self.lock = threading.Lock()
        self.over = False

    def expect(self, number: int, status: int) -> None:
        with self.lock:
            self.wanted[number] = (status, time.monotonic())

    def run(self) -> None:
        with _stage.database(self.house) as connection:
            while not self.over:
                rows = connection.execute("SELECT bc_order_id, bc_status_id FROM orders").fetchall()
                with self.lock:
                    for number, status in rows:
                        if number in self.wanted and self.wanted[number][0] == status:
                            self.ages.append(time.monotonic() - self.wanted.pop(number)[1])
                time.sleep(0.2)


def paced(house: House, numbers: list[int]) -> dict[str, float]:
    """500 changes over a minute, each told ten times, nine of them late and in any order: 5,000 deliveries.

    The store sends them itself; it is the second process here.
    """
    api, hooks = _last(house, "api"), _last(house, "hooks")
    many = {"fault": "hook_duplicate", "match": {"hook": "store/order/"}, "times": None}
    house.call("POST", "/_sandbox/faults", {**many, "copies": COPIES, "jitter_s": SHUFFLED_OVER_S})
    watch = Watch(house)
    watch.start()
    start, status = time.monotonic(), dict.fromkeys(numbers, 0)
    for moment in sorted(random.uniform(0, PACE_S) for _ in range(CHANGES)):
        time.sleep(max(0.0, start + moment - time.monotonic()))
        number = random.choice(numbers)
        status[number] = random.choice([one for one in STATUSES if one != status[number]])
        house.call("PATCH", f"/_sandbox/stores/{STORE}/orders/{number}", {"status_id": status[number]})
        watch.expect(number, status[number])
    house.call("DELETE", "/_sandbox/faults")
    _until_quiet(house, watch)
    watch.over = True
    watch.join()
    sent = house.call("GET", f"/_sandbox/log?kind=hooks&since={hooks}")["entries"]
    latencies = sorted(entry["ms"] for entry in sent if "ms" in entry)
    ages = sorted(watch.ages) or [float("inf")]
    return {
        "deliveries": len(latencies),
        "p99_ms": latencies[int(len(latencies) * 0.99)],
        "order_fetches": _order_fetches(house, api),
        "lost": len(watch.wanted),
        "freshness_p95_s": ages[int(len(ages) * 0.95)],
        "not_2xx": sum(1 for entry in sent if entry["outcome"] != "delivered"),
    }


def _until_quiet(house: House, watch: Watch) -> None:
    """Until every delivery is out and every change has arrived; a minute at most."""
    until = time.monotonic() + SHUFFLED_OVER_S + 30
    while time.monotonic() < until:
        if not house.call("GET", f"/_sandbox/stores/{STORE}")["hooks_waiting"] and not watch.wanted:
            return
        time.sleep(0.5)


def _last(house: House, kind: str) -> int:
    entries = house.call("GET", f"/_sandbox/log?kind={kind}")["entries"]
    return int(entries[-1]["seq"]) if entries else 0


def _order_fetches(house: House, since: int) -> int:
    entries = house.call("GET", f"/_sandbox/log?kind=api&since={since}")["entries"]
    return sum(1 for entry in entries if entry["method"] == "GET" and "/v2/orders/" in entry["path"])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench webhooks", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    random.seed(options.seed)
    with a_house("bench") as house, a_floor(house) as floor_url:
        _stage.fill(house, ORDERS + 50)
        _stage.install(house)
        _stage.wait_for_backfill(house)
        headers = hook_headers(house)
        with _stage.database(house) as connection:
            numbers = [row[0] for row in connection.execute("SELECT bc_order_id FROM orders LIMIT %s", (ORDERS,))]
        rounds = [flat_out(house, floor_url, numbers, headers) for _ in range(ROUNDS)]
        time.sleep(5)
        figures = {
            "ratio_to_floor": statistics.median(ratio for ratio, _ in rounds),
            "deliveries_per_s": statistics.median(rate for _, rate in rounds),
            **paced(house, numbers),
        }
    return report("webhooks", figures, REACH, only_json=options.json)
