"""./run bench sync [--orders N] [--json]: every order of a store into an empty app, then compared line by line."""

import argparse
import time
from collections.abc import Sequence
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bigcommerce.api import BigcommerceApi
from bigcommerce.connection import OAuthConnection

from bench import _stage
from bench._report import report
from tools.house import STORE, House, a_house

REACH = {
    "calls_per_1000": ("<=", 6.0),
    "missing_or_wrong": ("==", 0.0),
    "memory_ratio": ("<=", 1.3),
}
MANY = 5
"""The memory of so many times the orders is set against that of the orders themselves."""
PEER_ORDERS = 100


def memory_mb(pid: int, what: str) -> float:
    """VmRSS (now) or VmHWM (peak) of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def order_calls(house: House) -> int:
    """What the store counted on its order paths: the calls of the sync itself."""
    entries = house.call("GET", "/_sandbox/log?kind=api")["entries"]
    return sum(1 for entry in entries if "/v2/orders" in entry["path"])


def compare(house: House) -> int:
    """How many orders or lines are missing in the app, too many, or different."""
    theirs = house.call("GET", f"/_sandbox/stores/{STORE}/orders")["orders"]
    with _stage.database(house) as connection:
        ours = {
            row[0]: row
            for row in connection.execute(
                "SELECT bc_order_id, bc_status_id, total_inc_tax, currency, bc_customer_id, modified_at, items_shipped"
                " FROM orders"
            )
        }
        lines = {
            (row[0], row[1]): row[2:]
            for row in connection.execute(
                "SELECT o.bc_order_id, l.bc_line_id, l.quantity, l.quantity_shipped, l.total_inc_tax, l.paid_inc_tax,"
                " l.name, l.sku FROM order_lines l JOIN orders o ON o.id = l.order_id"
            )
        }
    wrong = 0
    for found in theirs:
        order, number = found["order"], int(found["order"]["id"])
        if int(order["status_id"]) == 0:
            wrong += number in ours
            continue
        wrong += ours.pop(number, None) != _order_row(order)
        for line in found["lines"]:
            wrong += lines.pop((number, int(line["id"])), None) != _line_row(line)
    return wrong + len(ours) + len(lines)


def _order_row(order: dict[str, Any]) -> tuple[Any, ...]:
    return (
        int(order["id"]),
        int(order["status_id"]),
        Decimal(order["total_inc_tax"]),
        order["default_currency_code"],
        int(order["customer_id"]),
        parsedate_to_datetime(order["date_modified"]),
        int(order["items_shipped"]),
    )


def _line_row(line: dict[str, Any]) -> tuple[Any, ...]:
    return (
        int(line["quantity"]),
        int(line["quantity_shipped"]),
        Decimal(line["total_inc_tax"]),
        Decimal(line["discounted_total_inc_tax"]),
        line["name"],
        line["sku"],
    )


def one_run(orders: int, *, check: bool) -> dict[str, float]:
    """Install into a store of `orders` and wait for the sync."""
    with a_house("bench") as house:
        _stage.fill(house, orders)
        time.sleep(3)
        worker = house.processes["worker"].pid
        idle = memory_mb(worker, "VmRSS")
        _stage.install(house)
        seconds, seen = _stage.wait_for_backfill(house)
        figures = {
            "calls_per_1000": order_calls(house) * 1000 / orders,
            "orders_per_s": seen / seconds,
            "peak_mb_over_idle": memory_mb(worker, "VmHWM") - idle,
        }
        if check:
            figures["missing_or_wrong"] = compare(house)
            figures["peer_calls_per_1000"] = peer_calls(house) * 1000 / PEER_ORDERS
        return figures


def peer_calls(house: House) -> int:
    """For information: what the bigcommerce package's own way costs, each order's lines fetched one by one."""
    token = house.call("GET", f"/_sandbox/stores/{STORE}/token")["access_token"]

    def full_path(self: OAuthConnection, url: str) -> str:
        return f"{house.sandbox_url}{self.api_path.format(self.store_hash, url)}"

    before = order_calls(house)
    OAuthConnection.full_path, original = full_path, OAuthConnection.full_path
    try:
        api = BigcommerceApi(client_id="bench", store_hash=STORE, access_token=token)
        for order, _ in zip(api.Orders.iterall(), range(PEER_ORDERS), strict=False):
            api.OrderProducts.all(order.id, limit=250)
    finally:
        OAuthConnection.full_path = original
    return order_calls(house) - before


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench sync", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = one_run(options.orders, check=True)
    many = one_run(options.orders * MANY, check=False)
    figures["memory_ratio"] = many["peak_mb_over_idle"] / max(1.0, figures["peak_mb_over_idle"])
    figures["orders_per_s_of_many"] = many["orders_per_s"]
    return report("sync", figures, REACH, only_json=options.json)
