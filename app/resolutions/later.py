"""What the worker does about an intent, and when. Jobs of the transaction that asks for them.

Only sending is serialised by the queue: a job that waits for its hour would hold up every later one of the same lock.
The order's refund lock keeps them apart all the same.
"""

from collections.abc import Sequence
from datetime import datetime

from ..jobs import enqueue, in_seconds
from .models import Refund

CONFIRM_AFTER_S = (2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""After a 201, when to ask whether the payment was made; the last one again and again."""


def send_soon(refund: Refund) -> None:
    """Let a worker send it, one refund of the order after the other."""
    enqueue(
        "refund.send",
        queue="money",
        lock=f"refund:{refund.store_id}:{refund.order_id}",
        store_id=refund.store_id,
        refund_id=refund.id,
    )


def look_soon(refund: Refund) -> None:
    """Let a worker read the store's refunds now, because there is news. Nothing found then does not count."""
    enqueue("refund.look", queue="money", store_id=refund.store_id, refund_id=refund.id)


def look_later(refund: Refund, delays_s: Sequence[float]) -> None:
    """The next look, after as long as its number says."""
    _look_at(refund, in_seconds(delays_s[min(refund.looks, len(delays_s) - 1)]))


def look_now(refund: Refund) -> None:
    """The next look, whose own job was lost."""
    _look_at(refund, None)


def _look_at(refund: Refund, at: datetime | None) -> None:
    look_id = refund.look_id
    enqueue("refund.look", queue="money", at=at, store_id=refund.store_id, refund_id=refund.id, look_id=look_id)


def confirm_later(refund: Refund) -> None:
    """Ask after the payments again, less and less often."""
    at = in_seconds(CONFIRM_AFTER_S[min(refund.looks, len(CONFIRM_AFTER_S) - 1)])
    refund.looks += 1
    enqueue("refund.confirm", queue="money", at=at, store_id=refund.store_id, refund_id=refund.id)


def adopt_soon(store_id: int, order_id: int) -> None:
    """Let a worker take in what the store has and no intent explains."""
    enqueue("refund.adopt", queue="money", store_id=store_id, order_id=order_id)
