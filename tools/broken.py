"""The app with one part switched off, named by BACKHAUL_BROKEN: for `./run story --break`, which must notice.

The app itself has no such switch; parts are replaced from outside, in the processes of the story only.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
from flask import Flask

if TYPE_CHECKING:
    from tools.house import House


def _no_dedupe() -> None:
    """Every delivery counts as a new one, and as news whatever is known already."""
    import importlib
    import itertools

    # The package has a function of that name.
    handle = importlib.import_module("app.web.hooks.handle")
    numbers, genuine = itertools.count(), handle._delivery

    def as_new(event: Any) -> Any:
        delivery = genuine(event)
        new = {"id": f"{delivery.id}-{os.getpid()}-{next(numbers)}", "happened_at": None}
        return type(delivery)(**{**vars(delivery), **new})

    handle._delivery = as_new


def _no_write_back() -> None:
    """The store's books are never told."""
    from app.write_back import run

    run.run = lambda store_id, return_id: None


def _no_refund_look() -> None:
    """Silence is never looked into."""
    from app.flows import settle_return

    settle_return.look = lambda store_id, refund_id, look_id=0: None


PARTS: dict[str, Callable[[], None]] = {
    "dedupe": _no_dedupe,
    "write_back": _no_write_back,
    "refund_look": _no_refund_look,
}


def tear_down_the_wall(house: "House") -> None:
    """`--break rls`: take row-level security off every table."""
    with psycopg.connect(house.environment()["DATABASE_OWNER_URL"], autocommit=True) as connection:
        tables = connection.execute("SELECT relname FROM pg_class WHERE relrowsecurity").fetchall()
        for (table,) in tables:
            connection.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')  # type: ignore[arg-type]
            connection.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')  # type: ignore[arg-type]


def create_app() -> Flask:
    """The application without the part that BACKHAUL_BROKEN names."""
    PARTS[os.environ["BACKHAUL_BROKEN"]]()
    from app import create_app as genuine

    return genuine()


def main() -> None:
    """The worker without that part."""
    PARTS[os.environ["BACKHAUL_BROKEN"]]()
    from app import worker

    worker.main()


if __name__ == "__main__":
    main()
