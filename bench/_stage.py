"""What a bench needs of its house: a store with so many orders, the app installed, a look at the database."""

import time
from typing import Any

import psycopg

from tools.house import STORE, House
from tools.visitor import Visitor


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
