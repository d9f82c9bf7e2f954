"""BigCommerce's webhooks: checked, noted and answered at once; the work is the worker's."""

import logging

from flask import Blueprint, request

from ...bc_client.incoming import BadHook, HookEvent, claimed_store, is_signed, verify
from ...extensions import db, enter_store, house_settings
from ...lib import clock
from .handle import handle
from .known import KnownStore, forget, known_store

log = logging.getLogger(__name__)
# No guard: each delivery proves its own sender.
bp = Blueprint("hooks", __name__)


@bp.post("/hooks/bigcommerce")
def receive() -> tuple[str, int]:
    """200 with an empty body for everything that is BigCommerce's, whatever we make of it; 401 for anybody else.

    Failures count against our whole domain at BigCommerce, so what we cannot use is no failure.
    """
    raw = request.get_data()
    try:
        event = _verified(raw)
    except BadHook as refused:
        log.warning("hook refused: %s", refused.reason)
        return "", 401
    if event is not None and not handle(event):
        # The store is not where this process remembers it, or it is no longer ours.
        forget(event.store_hash)
        if _entered(event.store_hash) is not None:
            handle(event)
    db.session.commit()
    return "", 200


def _verified(raw: bytes) -> HookEvent | None:
    """What the hook says, its sender proven; None for a genuine one about a store we do not have. Raises BadHook."""
    headers = dict(request.headers)
    secret = house_settings().bc_client_secret
    store_hash = claimed_store(raw)
    known = _entered(store_hash) if store_hash is not None else None
    if known is None or store_hash is None:
        if is_signed(raw, headers, client_secret=secret, now=clock.now()):
            return None
        raise BadHook("an unknown store, and no signature")
    try:
        return verify(raw, headers, hook_secret=known.hook_secret, client_secret=secret, now=clock.now())
    except BadHook:
        # Its secret may be another one by now.
        forget(store_hash)
        fresh = _entered(store_hash)
        if fresh is None or fresh == known:
            raise
        return verify(raw, headers, hook_secret=fresh.hook_secret, client_secret=secret, now=clock.now())


def _entered(store_hash: str) -> KnownStore | None:
    known = known_store(store_hash)
    enter_store(known.id if known else None)
    return known
