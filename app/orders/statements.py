"""The statements behind `wanted`: a webhook is one of them, however much it sets off.

Put together from constants only; what anybody sends travels as parameters.
"""
# ruff: noqa: S608

import re

from sqlalchemy import text

_ME = (
    "me AS (SELECT id AS store_id FROM stores WHERE id = :store_id AND store_hash = :store_hash AND status = 'active')"
)
_SEEN = (
    "seen AS (INSERT INTO hook_seen (store_id, delivery, seen_at) SELECT store_id, :delivery, :now FROM me"
    " ON CONFLICT DO NOTHING RETURNING store_id)"
)
_WANT = (
    "want AS (INSERT INTO order_wanted AS o (store_id, bc_order_id, wanted, done, shipments_wanted, refunds_wanted,"
    " wanted_since) SELECT store_id, :bc_order_id, 1, 0, :shipments, :refunds, :now FROM {source}{unless}"
    " ON CONFLICT (store_id, bc_order_id) DO UPDATE SET wanted = o.wanted + 1,"
    " wanted_since = CASE WHEN o.wanted > o.done THEN o.wanted_since ELSE excluded.wanted_since END,"
    " shipments_wanted = o.shipments_wanted OR excluded.shipments_wanted,"
    " refunds_wanted = o.refunds_wanted OR excluded.refunds_wanted"
    " RETURNING wanted, done, done_at)"
)
# What happened well before our copy's date of change is in our copy (the store's clock on both sides), and so is what
# happened longer ago than we last asked (how long by its clock against how long by ours): two clocks are never mixed.
_KNOWN_ALREADY = (
    " WHERE NOT EXISTS (SELECT FROM orders WHERE store_id = :store_id AND bc_order_id = :bc_order_id"
    " AND modified_at > CAST(:happened_at AS timestamptz) + interval '2 seconds')"
    " AND NOT EXISTS (SELECT FROM order_wanted WHERE store_id = :store_id AND bc_order_id = :bc_order_id"
    " AND done_at > CAST(:now AS timestamptz) - make_interval(secs => :age_s) + interval '3 seconds')"
)
# The queue goes by the system's clock, the house by its own: only the difference is carried over.
_JOB = (
    "job AS (SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'order.sync', 0, :lock, NULL,"
    " CAST(:args AS jsonb), CASE WHEN done_at > CAST(:now AS timestamptz) - make_interval(secs => :often)"
    " THEN now() + LEAST(make_interval(secs => :often), done_at + make_interval(secs => :often) - :now) END"
    ")::procrastinate_job_to_defer_v1]) FROM want WHERE wanted = done + 1)"
)
# Once in a while and never waiting for another: the store's row must not become the door's bottleneck.
_TOUCH = (
    "touched AS (UPDATE stores SET last_webhook_at = :now WHERE id = (SELECT id FROM stores WHERE id = :store_id"
    " AND (last_webhook_at IS NULL OR last_webhook_at < CAST(:now AS timestamptz) - interval '5 seconds')"
    " FOR NO KEY UPDATE SKIP LOCKED) RETURNING id)"
)
_COUNTS = " SELECT (SELECT count(*) FROM me), (SELECT count(*) FROM {source}), (SELECT count(*) FROM job)"


def _delivered(*, seen: bool, order: bool, skips: bool) -> str:
    """As the driver takes it: the door sends it straight there (`extensions.at_once`)."""
    source = "seen" if seen else "me"
    parts = [_ME, *([_SEEN] if seen else []), _TOUCH]
    if not order:
        counts = f" SELECT (SELECT count(*) FROM me), (SELECT count(*) FROM {source})"
        return _for_driver(f"WITH {', '.join(parts)}{counts}")
    parts += [_WANT.format(source=source, unless=_KNOWN_ALREADY if skips else ""), _JOB]
    return _for_driver(f"WITH {', '.join(parts)}{_COUNTS.format(source=source)}")


def _for_driver(sql: str) -> str:
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql)


DELIVERED: dict[tuple[bool, bool, bool], str] = {
    (seen, order, skips): _delivered(seen=seen, order=order, skips=skips)
    for seen in (True, False)
    for order in (True, False)
    for skips in (True, False)
}
WANTED = text(
    f"WITH me AS (SELECT CAST(:store_id AS bigint) AS store_id), {_WANT.format(source='me', unless='')}, {_JOB}"
    " SELECT count(*) FROM job"
)
FINISHED = text(
    "UPDATE order_wanted SET done = GREATEST(done, :claimed), done_at = :at, wanted_since = :at, error = NULL,"
    " shipments_wanted = shipments_wanted AND NOT (:shipments AND wanted = :claimed),"
    " refunds_wanted = refunds_wanted AND NOT (:refunds AND wanted = :claimed)"
    " WHERE store_id = :store_id AND bc_order_id = :bc_order_id RETURNING wanted > done"
)
STUCK = text(
    "SELECT bc_order_id FROM order_wanted w WHERE store_id = :store_id AND wanted > done AND wanted_since < :before"
    " AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = 'order:' || w.store_id || ':' || w.bc_order_id"
    " AND status IN ('todo', 'doing')) ORDER BY bc_order_id LIMIT 500"
)
