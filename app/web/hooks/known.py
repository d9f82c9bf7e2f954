"""The stores this process has met, so that a webhook costs no look-up. Proven again with every use: see `handle`."""

import time
from dataclasses import dataclass, field

from ...extensions import as_store, db
from ...lib.errors import NotFound
from ...stores.lookup import find_store_id
from ...stores.queries import get_store

KEEP_S = 60.0
KEEP_MOST = 10_000


@dataclass(frozen=True)
class KnownStore:
    """Our id of a store and the secret its webhooks carry."""

    id: int
    hook_secret: str = field(repr=False)


_known: dict[str, tuple[float, KnownStore]] = {}


def known_store(store_hash: str) -> KnownStore | None:
    """The store of that hash, as it was at most a minute ago; None when there is none."""
    remembered = _known.get(store_hash)
    if remembered is not None and remembered[0] > time.monotonic():
        return remembered[1]
    found = _look_up(store_hash)
    if found is not None:
        if len(_known) >= KEEP_MOST:
            _known.clear()
        _known[store_hash] = (time.monotonic() + KEEP_S, found)
    return found


def forget(store_hash: str) -> None:
    """Look it up anew next time."""
    _known.pop(store_hash, None)


def _look_up(store_hash: str) -> KnownStore | None:
    store_id = find_store_id(store_hash)
    if store_id is None:
        return None
    with as_store(store_id):
        try:
            store = get_store()
        except NotFound:
            return None
        found = KnownStore(store.id, store.hook_secret)
    db.session.rollback()
    return found
