"""One refund of an order at a time: the store cannot do two at once, and neither can we."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ..extensions import db
from ..lib.errors import RemoteError

WAIT_S = 150
"""Longer than the longest call to the store: whoever holds the lock ends, or its connection does."""

_KEY = "hashtextextended('refund:' || :order_id, 0)"


@contextmanager
def refund_lock(order_id: int) -> Iterator[None]:
    """Hold the order's refund lock, from the look at the store until its answer is committed.

    The lock lives on a connection of its own: the session's goes back to the pool at every commit, and "I am about to
    call" is one. It ends with the block, or with this process.
    Raises RemoteError (retryable) when somebody else holds it for longer than `WAIT_S`.
    """
    key = {"order_id": str(order_id)}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = '{WAIT_S}s'"))
        try:
            connection.execute(text(f"SELECT pg_advisory_lock({_KEY})"), key)
        except OperationalError as error:
            raise RemoteError("another refund of this order is still under way", retryable=True) from error
        finally:
            # The connection goes back to the pool, and others must not inherit our patience.
            connection.execute(text("RESET lock_timeout"))
        try:
            yield
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock({_KEY})"), key)
