"""Orders as the store would send them, and threads that work as the worker's do."""

import copy
import json
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask

from app.bc_client.types.orders import OrderSnapshot
from app.extensions import as_store
from app.extensions import db as database
from tests.bc_client.recordings import recorded

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAGE = 250
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)


def order_wire(
    number: int = 101, *, modified_at: datetime = MONDAY, lines: Sequence[dict[str, Any]] | None = None, **changes: Any
) -> dict[str, Any]:
    """An order's JSON. `lines`: changes to its one recorded line, one entry each."""
    order = copy.deepcopy(recorded("v2/order.json"))
    order |= {"id": number, "date_modified": format_datetime(modified_at), **changes}
    [model, *_] = order["consignments"]["shipping"][0]["line_items"]
    items = [
        {**model, "id": number * 100 + place, "order_id": number, **line} for place, line in enumerate(lines or [{}])
    ]
    order["consignments"]["shipping"][0]["line_items"] = items
    order["consignments"]["downloads"] = []
    return order


def snapshot(number: int = 101, **changes: Any) -> OrderSnapshot:
    return OrderSnapshot.from_wire(order_wire(number, **changes))


def pages_of(orders: Sequence[dict[str, Any]]) -> Callable[[Any], tuple[int, dict[str, str], str]]:
    """A callback that serves `orders` by min_id, min_date_modified and page, as V2 does."""

    def changed(order: dict[str, Any]) -> datetime:
        return parsedate_to_datetime(order["date_modified"])

    size = PAGE

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        found = [order for order in orders if order["id"] >= int(query.get("min_id", 0))]
        if "min_date_modified" in query:
            since = datetime.fromisoformat(query["min_date_modified"].replace(" ", "+"))
            found = sorted((one for one in found if changed(one) >= since), key=changed)
        first = (int(query.get("page", 1)) - 1) * size
        page = found[first : first + size]
        return (200, {}, json.dumps(page)) if page else (204, {}, "")

    return answer


def serve_orders(bc: Any, orders: Sequence[dict[str, Any]]) -> None:
    """Have the double list `orders` and count them."""
    url = re.compile(re.escape(bc.base) + r"/stores/[a-z0-9]+/v2/orders(\?.*)?$")
    bc.mock.add_callback("GET", url, callback=pages_of(orders), content_type="application/json")
    by_status: dict[int, int] = {}
    for order in orders:
        by_status[order["status_id"]] = by_status.get(order["status_id"], 0) + 1
    statuses = [{"id": status, "count": count} for status, count in by_status.items()]
    bc.answers("GET", "/v2/orders/count", {"statuses": statuses, "count": len(orders)})


def at_once(app: Flask, store_id: int, *works: Callable[[], Any]) -> list[BaseException]:
    """Run each in a thread of its own as a job of the store, started together. Gives what was raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        with app.app_context(), as_store(store_id):
            start.wait()
            try:
                work()
                database.session.commit()
            except BaseException as error:  # noqa: BLE001  the test looks at it
                raised.append(error)
                database.session.rollback()
            finally:
                database.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
