"""The webhooks we have in the store: made at install, looked at every day."""

import logging
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, delete, select, update

from ..bc_client import BigCommerce
from ..bc_client.incoming import HEADER, HOOK_SCOPES
from ..bc_client.types.hooks import Hook as StoreHook
from ..bc_client.types.hooks import HooksOverview
from ..catalog.products import HOOK_SCOPES as CATALOG_SCOPES
from ..catalog.products import ensure_categories
from ..extensions import current_store_id, db, house_settings
from ..lib import clock
from ..stores.client import client_for, guarded
from ..stores.health import note_error
from ..stores.models import Hook, Store
from ..stores.queries import get_store
from .bulk import upsert

log = logging.getLogger(__name__)

SCOPES = HOOK_SCOPES + CATALOG_SCOPES
_TABLE: Table = Hook.__table__  # type: ignore[assignment]
_COLUMNS = ("store_id", "scope", "bc_hook_id", "destination", "is_active", "checked_at")


def destination() -> str:
    """Where the store sends its webhooks."""
    return f"{house_settings().app_url}/hooks/bigcommerce"


def check_hooks(store_id: int) -> None:
    """Make what is missing, wake what was switched off, remove what points elsewhere. Raises RemoteError.

    The categories are looked at on the way: the settings offer them before any order asks for one.
    """
    store = get_store()
    secret = store.hook_secret
    db.session.commit()
    with guarded(store), client_for(store) as client:
        there = client.list_hooks()
        kept = [_ensure(client, scope, there, secret) for scope in SCOPES]
        for stray in _strays(there, kept):
            client.delete_hook(stray.id)
        overview = client.hooks_admin()
        ensure_categories(client)
    _write(kept)
    _note_blocked(store_id, overview)
    now = clock.now()
    db.session.execute(update(Store).where(Store.id == store_id).values(hooks_checked_at=now))
    db.session.commit()


def list_hooks() -> list[Hook]:
    """Ours in the entered store, as they were at the last look."""
    return list(db.session.scalars(select(Hook).order_by(Hook.scope)))


def _ensure(client: BigCommerce, scope: str, there: list[StoreHook], secret: str) -> StoreHook:
    headers = {HEADER: secret}
    found = next((hook for hook in there if hook.scope == scope and hook.destination == destination()), None)
    if found is None:
        return client.create_hook(scope, destination(), headers)
    if found.is_active and found.headers.get(HEADER) == secret:
        return found
    log.info("hook %s is switched on again", scope)
    return client.update_hook(found.id, is_active=True, headers=headers)


def _strays(there: list[StoreHook], kept: list[StoreHook]) -> list[StoreHook]:
    """Hooks of an address we no longer have: only our own are ever listed."""
    ids = {hook.id for hook in kept}
    return [hook for hook in there if hook.id not in ids]


def _write(kept: list[StoreHook]) -> None:
    now, store_id = clock.now(), current_store_id()
    rows: list[dict[str, Any]] = [
        {
            "store_id": store_id,
            "scope": hook.scope,
            "bc_hook_id": hook.id,
            "destination": hook.destination,
            "is_active": hook.is_active,
            "checked_at": now,
        }
        for hook in sorted(kept, key=lambda hook: hook.scope)
    ]
    upsert(_TABLE, rows, key=("store_id", "scope"), columns=_COLUMNS)
    db.session.execute(delete(Hook).where(Hook.scope.not_in(SCOPES)))


def _note_blocked(store_id: int, overview: HooksOverview) -> None:
    """A domain the platform blocks gets no hook of any store: the reconcile carries us meanwhile."""
    ours = urlsplit(destination()).hostname or ""
    if any(ours and ours in blocked.domain for blocked in overview.blocked):
        note_error(store_id, "hooks_blocked")
