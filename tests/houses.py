"""Whole houses for tests: every process as production starts it, a simulated store, and what its database holds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from tools.house import House, a_house
from tools.people import Merchant

T = TypeVar("T")

LINE_FACTS = ("id", "quantity", "quantity_shipped")
PATIENCE_S = 90
"""Two cores, and others at work: long enough that only what never comes is late."""


class Watched:
    """A running house, and what a test asks of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._owner = house.environment()["DATABASE_OWNER_URL"]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds, of every store."""
        with psycopg.connect(self._owner, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def one(self, query: str, *values: Any) -> Any:
        found = self.rows(query, *values)
        return found[0][0] if found else None

    def store_id(self, store: str) -> int:
        return int(self.one("SELECT id FROM stores WHERE store_hash = %s", store))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return self.house.call(method, f"/_sandbox{path}", body)

    def fault(self, name: str, *, times: int | None = None, match: dict[str, str] | None = None, **more: Any) -> int:
        return int(self.control("POST", "/faults", {"fault": name, "match": match or {}, "times": times, **more})["id"])

    def heal(self) -> None:
        self.control("DELETE", "/faults")

    def open_store(self, store: str, **spec: Any) -> Merchant:
        """A fresh store in the sandbox; its merchant has not installed the app yet."""
        self.control("POST", "/stores", {"hash": store, "preset": "tiny", **spec})
        return Merchant(self.house, store)

    def installed(self, store: str, **spec: Any) -> Merchant:
        """A fresh store with the app installed, its orders here and its webhooks in place."""
        merchant = self.open_store(store, **spec)
        assert merchant.install().status == 200
        number = self.store_id(store)
        self.until(lambda: self.one("SELECT state FROM sync_runs WHERE store_id = %s", number) == "done")
        self.until(lambda: self.one("SELECT count(*) FROM hooks WHERE store_id = %s", number))
        self.until(lambda: self.is_idle(store))
        return merchant

    def until(self, look: Callable[[], T], *, within_s: float = PATIENCE_S, pause_s: float = 0.2) -> T:
        """Look until something true comes back, and give it. Fails the test when nothing does, or a process ends."""
        end = time.monotonic() + within_s
        while not (found := look()):
            self.house.check()
            assert time.monotonic() < end, f"it never came; {self.jobs()}"
            time.sleep(pause_s)
        return found

    def jobs(self) -> list[tuple[Any, ...]]:
        """What lies in the queue: (id, name, status, attempts, when)."""
        return self.rows("SELECT id, task_name, status, attempts, scheduled_at FROM procrastinate_jobs ORDER BY id")

    def is_idle(self, store: str) -> bool:
        """No job of the store waits for now or is worked on, and nothing is wanted that is not done."""
        number = self.store_id(store)
        jobs = self.one(
            "SELECT count(*) FROM procrastinate_jobs WHERE args->>'store_id' = %s AND (status = 'doing'"
            " OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at < now() + interval '1 minute'))",
            str(number),
        )
        wanted = self.one("SELECT count(*) FROM order_wanted WHERE store_id = %s AND wanted > done", number)
        return not jobs and not wanted

    def calls(self, store: str, *, path: str = "", since: int = 0) -> list[dict[str, Any]]:
        """What was asked of the store's API after log entry `since`."""
        entries = self.control("GET", f"/log?kind=api&store={store}&since={since}")["entries"]
        return [entry for entry in entries if path in entry["path"]]

    def log_end(self, kind: str = "api") -> int:
        entries = self.control("GET", f"/log?kind={kind}")["entries"]
        return int(entries[-1]["seq"]) if entries else 0

    def differences(self, store: str) -> list[str]:
        """Where the app's copy differs from the store's own list, order by order and line by line."""
        theirs = {
            int(row["order"]["id"]): (
                int(row["order"]["status_id"]),
                sorted(tuple(int(line[fact]) for fact in LINE_FACTS) for line in row["lines"]),
            )
            for row in self.control("GET", f"/stores/{store}/orders")["orders"]
            if int(row["order"]["status_id"]) != 0
        }
        ours: dict[int, tuple[int, list[tuple[int, int, int]]]] = {
            number: (status, [])
            for number, status in self.rows(
                "SELECT bc_order_id, bc_status_id FROM orders WHERE store_id = %s", self.store_id(store)
            )
        }
        for number, *line in self.rows(
            "SELECT o.bc_order_id, l.bc_line_id, l.quantity, l.quantity_shipped FROM order_lines l"
            " JOIN orders o ON o.id = l.order_id WHERE o.store_id = %s ORDER BY l.bc_line_id",
            self.store_id(store),
        ):
            ours[number][1].append((line[0], line[1], line[2]))
        found = [f"order {number} is not here" for number in theirs.keys() - ours.keys()]
        found += [f"order {number} is not there" for number in ours.keys() - theirs.keys()]
        common = theirs.keys() & ours.keys()
        return found + [f"order {n}: {ours[n]} here, {theirs[n]} there" for n in common if ours[n] != theirs[n]]


@contextmanager
def watched(prefix: str, **options: Any) -> Iterator[Watched]:
    with a_house(prefix, **{"web_workers": 1, **options}) as house:
        yield Watched(house)
