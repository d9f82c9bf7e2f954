"""A short transaction beside the session's: what must stay written even when the work around it is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from ..extensions import db

_ENTER = text("SELECT set_config('app.store_id', :store_id, true), set_config('lock_timeout', :patience, true)")


@contextmanager
def aside(store_id: int, *, lock_timeout_ms: int = 2000) -> Iterator[Connection]:
    """A connection of its own, inside `store_id`, committed at the end of the block.

    The session around it may hold the very row it wants, which PostgreSQL cannot tell from patience: after
    `lock_timeout_ms` it raises sqlalchemy.exc.OperationalError.
    """
    with db.engine.begin() as connection:
        connection.execute(_ENTER, {"store_id": str(store_id), "patience": f"{lock_timeout_ms}ms"})
        yield connection
