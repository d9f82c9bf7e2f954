"""A store installs us, its people come and go, and one day it leaves."""

from datetime import timedelta

from ..bc_client.oauth import CallbackClaims, InstallGrant
from ..extensions import db
from ..jobs import enqueue
from ..orders.backfill import start_backfill
from ..orders.wanted import revive_stuck
from ..storefront import ensure
from ..stores import install as stores
from ..stores.models import Store, StoreUser
from ..stores.queries import get_store
from ..write_back import resume as write_back
from . import settle_return


def install(grant: InstallGrant) -> StoreUser:
    """Take the store of `grant` in, or in again, and start what has to run for it; enters the store. Commits.

    Gives the user who installed it. Twice at once or twice in a row is once: every job of it may run again. What stood
    still while the store was gone (refunds under way, the store's books) goes on.
    """
    store = stores.record_install(grant)
    user = stores.provision_user(store, grant.user.id, grant.user.email)
    if grant.owner is not None and grant.owner.id != grant.user.id:
        stores.provision_user(store, grant.owner.id, grant.owner.email)
    enqueue("store.refresh", store_id=store.id)
    enqueue("hooks.check", store_id=store.id, lock=f"hooks.check:{store.id}")
    enqueue("storefront.ensure", store_id=store.id, repair=True, lock=f"storefront:{store.id}")
    start_backfill()
    resume(store.id)
    db.session.commit()
    return user


def resume(store_id: int) -> None:
    """Job: let go on what stood still while the store did not accept our key: orders, refunds, its own books."""
    revive_stuck(timedelta(0))
    settle_return.resume()
    write_back.resume()


def arrive(claims: CallbackClaims) -> StoreUser:
    """Somebody opens the app in the entered store: known from now on. The door commits.

    Once a day it is a reason to look what the store says of itself and what of ours stands in it.

    Raises Forbidden("user_removed") for a word older than their removal.
    """
    store = get_store()
    if ensure.is_due():
        enqueue("store.refresh", store_id=store.id)
        enqueue("storefront.ensure", store_id=store.id, lock=f"storefront:{store.id}")
    return stores.provision_user(
        store, claims.user_id, claims.email, is_owner=claims.is_owner, locale=claims.locale, at=claims.issued_at
    )


def look_again(store: Store) -> None:
    """Somebody opens a store that did not accept our key: perhaps it does now. Commits."""
    enqueue("store.refresh", store_id=store.id)
    db.session.commit()


def uninstall(claims: CallbackClaims) -> bool:
    """End the app in the entered store if the owner or somebody known there says so; tells whether."""
    store = get_store()
    if not (claims.is_owner or stores.is_known(store, claims.user_id)):
        return False
    stores.uninstall(store)
    return True


def remove_user(claims: CallbackClaims) -> bool:
    """End the access of the user the token names; tells whether they were known. The door commits."""
    return stores.remove_user(claims.user_id)
