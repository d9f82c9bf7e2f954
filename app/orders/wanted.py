"""Which orders are to be looked at. Told often, an order is fetched once: the wishes coalesce in `order_wanted`.

The promise: while `wanted > done` one job for the order waits or works. Whoever raises `wanted` from `done` enqueues
it; the job, ending, raises `done` under the row's lock and enqueues the next one if more was wanted meanwhile.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update

from ..extensions import at_once, current_store_id, db
from ..jobs import enqueue, in_seconds
from ..lib import clock
from .models import OrderWanted
from .statements import DELIVERED, FINISHED, STUCK, WANTED

JOB = "order.sync"
MOST_OFTEN_S = 3
"""One order is fetched at most so often; what comes sooner waits for the rest of its burst."""
STUCK_AFTER = timedelta(minutes=10)
KEEP_DELIVERIES = timedelta(days=4)
"""BigCommerce repeats a delivery for two days."""


@dataclass(frozen=True)
class Delivery:
    """A webhook that came in. `id`: the same for a repeated one, "" where there is none.

    `happened_at`: when, by the store's clock; None forces a fetch. `age_s`: how long ago that was when it was sent, 0
    if unknown. `bc_order_id`: None when it is about something else.
    """

    id: str
    bc_order_id: int | None
    happened_at: datetime | None
    age_s: float = 0
    shipments: bool = False
    refunds: bool = False


@dataclass(frozen=True)
class Claim:
    """What a job set out to do, and when: everything wanted up to `wanted`."""

    at: datetime
    wanted: int
    shipments: bool
    refunds: bool


@dataclass(frozen=True)
class Taken:
    """What became of a delivery. `known_store`: False when the store entered has another hash, or is no longer ours."""

    known_store: bool
    is_new: bool


def lock_name(store_id: int, bc_order_id: int) -> str:
    """The queue's lock for everything that fetches one order."""
    return f"order:{store_id}:{bc_order_id}"


def want_order(bc_order_id: int, *, shipments: bool = False, refunds: bool = False) -> None:
    """Have the order looked at; with its shipments or refunds on demand. Enqueues only if no job waits for it."""
    db.session.execute(WANTED, _facts(bc_order_id, shipments=shipments, refunds=refunds))


def take_delivery(store_hash: str, delivery: Delivery) -> Taken:
    """Note a webhook of the entered store and have its order looked at: one statement, all or nothing, committed."""
    facts: dict[str, Any] = {"store_id": current_store_id(), "now": clock.now(), "store_hash": store_hash}
    if delivery.id:
        facts["delivery"] = delivery.id
    skips = delivery.happened_at is not None and not (delivery.shipments or delivery.refunds)
    if delivery.bc_order_id is not None:
        facts |= _facts(delivery.bc_order_id, shipments=delivery.shipments, refunds=delivery.refunds)
        if skips:
            facts |= {"happened_at": delivery.happened_at, "age_s": delivery.age_s}
    row = at_once(DELIVERED[bool(delivery.id), delivery.bc_order_id is not None, skips], facts)
    return Taken(known_store=row[0] > 0, is_new=row[1] > 0)


def claim(bc_order_id: int) -> Claim | None:
    """What is wanted of the order beyond what was done; None when nothing is."""
    at = clock.now()
    row = db.session.execute(
        select(OrderWanted.wanted, OrderWanted.done, OrderWanted.shipments_wanted, OrderWanted.refunds_wanted).where(
            OrderWanted.store_id == current_store_id(), OrderWanted.bc_order_id == bc_order_id
        )
    ).one_or_none()
    if row is None or row.wanted <= row.done:
        return None
    return Claim(at, row.wanted, row.shipments_wanted, row.refunds_wanted)


def finish(bc_order_id: int, claimed: Claim) -> None:
    """Everything of `claimed` is in our copy. Wanted again meanwhile? Then the next job goes into the same commit."""
    store_id = current_store_id()
    facts = {"store_id": store_id, "bc_order_id": bc_order_id, "claimed": claimed.wanted, "at": claimed.at}
    more = db.session.scalar(FINISHED, {**facts, "shipments": claimed.shipments, "refunds": claimed.refunds})
    if more:
        _enqueue(bc_order_id, at=in_seconds(MOST_OFTEN_S))


def note_error(bc_order_id: int, code: str) -> None:
    """For the health page: why the order is not there yet."""
    db.session.execute(
        update(OrderWanted)
        .where(OrderWanted.store_id == current_store_id(), OrderWanted.bc_order_id == bc_order_id)
        .values(error=code)
    )


def revive_stuck(after: timedelta = STUCK_AFTER) -> int:
    """Enqueue again what is wanted but has no job any more, because its job failed for good. Gives how many.

    `after`: how long it must have waited.
    """
    facts = {"store_id": current_store_id(), "before": clock.now() - after}
    stuck = list(db.session.scalars(STUCK, facts))
    for bc_order_id in stuck:
        _enqueue(bc_order_id)
        # Its next turn comes only after another while.
        db.session.execute(
            update(OrderWanted)
            .where(OrderWanted.store_id == current_store_id(), OrderWanted.bc_order_id == bc_order_id)
            .values(wanted_since=clock.now())
        )
    return len(stuck)


def forget_deliveries() -> None:
    """Drop the deliveries that nobody will repeat any more."""
    before = {"store_id": current_store_id(), "before": clock.now() - KEEP_DELIVERIES}
    db.session.execute(text("DELETE FROM hook_seen WHERE store_id = :store_id AND seen_at < :before"), before)


def _enqueue(bc_order_id: int, at: datetime | None = None) -> None:
    store_id = current_store_id()
    assert store_id is not None
    enqueue(JOB, lock=lock_name(store_id, bc_order_id), at=at, store_id=store_id, bc_order_id=bc_order_id)


def _facts(bc_order_id: int, *, shipments: bool, refunds: bool) -> dict[str, Any]:
    store_id = current_store_id()
    assert store_id is not None
    return {
        "store_id": store_id,
        "bc_order_id": bc_order_id,
        "shipments": shipments,
        "refunds": refunds,
        "now": clock.now(),
        "lock": lock_name(store_id, bc_order_id),
        "args": json.dumps({"store_id": store_id, "bc_order_id": bc_order_id}),
        "often": MOST_OFTEN_S,
    }
