"""A house of its own for a bench: free ports, a temporary folder, a store with so many orders, the app installed."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tools.house import STORE, House
from tools.visitor import Visitor


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def a_house(**options: Any) -> Iterator[House]:
    """A running house in a temporary folder; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-bench-"))
    folder.chmod(0o755)
    app, sandbox, shop, smtp = free_ports(4)
    house = House(folder, ports=(app, sandbox, shop, smtp), **options)
    try:
        house.start()
        yield house
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fill(house: House, orders: int) -> None:
    """Give the sandbox a store with `orders` synthetic orders and a quota that never ends."""
    house.call("POST", "/_sandbox/stores", {"hash": STORE, "preset": "empty", "count": orders})
    house.call("PUT", f"/_sandbox/stores/{STORE}/habits", {"rate_quota": None})


def install(house: House) -> None:
    """Install the app as the merchant's browser would."""
    Visitor().open(house.call("GET", f"/_sandbox/install_url/{STORE}")["url"])


def database(house: House) -> psycopg.Connection[Any]:
    """The house's database as its owner: sees every row."""
    return psycopg.connect(house.environment()["DATABASE_OWNER_URL"], autocommit=True)


def wait_for_backfill(house: House, timeout_s: float = 1800) -> tuple[float, int]:
    """Until the first sync is done; gives its seconds and how many orders it saw. Raises TimeoutError."""
    until = time.monotonic() + timeout_s
    with database(house) as connection:
        while time.monotonic() < until:
            house.check()
            row = connection.execute(
                "SELECT extract(epoch FROM finished_at - started_at), seen FROM sync_runs WHERE state = 'done'"
            ).fetchone()
            if row:
                return float(row[0]), int(row[1])
            time.sleep(0.2)
    raise TimeoutError("the backfill did not end")
