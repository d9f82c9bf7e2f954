"""A store comes, comes back and goes; so do the people who work in it."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from ..bc_client.oauth import InstallGrant
from ..extensions import db, enter_store
from ..jobs import cancel_waiting
from ..lib import clock
from ..lib.errors import Forbidden
from ..lib.ids import token
from .lookup import find_store_id, next_store_id
from .models import Role, Store, StoreStatus, StoreUser
from .queries import find_user
from .sessions import end_all_sessions, end_user_sessions

CLOCKS_APART = timedelta(seconds=60)
"""BigCommerce's clock may run ahead of ours by as much."""


def record_install(grant: InstallGrant) -> Store:
    """Make or renew the store of `grant` and enter it. Its data stays; token and scopes are the new ones.

    Only what the token response said is taken. Two installs of one store at once follow one another.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"install:{grant.store_hash}", 0))))
    store_id = find_store_id(grant.store_hash)
    store = _new_store(grant.store_hash) if store_id is None else _existing(store_id)
    store.access_token = grant.access_token
    store.scopes = " ".join(sorted(grant.scopes))
    store.account_uuid = grant.account_uuid or store.account_uuid
    if grant.owner is not None:
        store.owner_bc_user_id, store.owner_email = grant.owner.id, grant.owner.email
    # The latest consent: news from before it, an uninstall on its way included, speaks of another time.
    store.installed_at = clock.now()
    store.status = StoreStatus.ACTIVE
    store.uninstalled_at = store.paused_until = store.last_error = store.last_error_at = None
    db.session.flush()
    return store


def _new_store(store_hash: str) -> Store:
    store_id = next_store_id()
    enter_store(store_id)
    store = Store(
        id=store_id,
        store_hash=store_hash,
        status=StoreStatus.ACTIVE,
        hook_secret=token(),
        installed_at=clock.now(),
        settings={},
    )
    db.session.add(store)
    return store


def _existing(store_id: int) -> Store:
    enter_store(store_id)
    return db.session.execute(select(Store).where(Store.id == store_id).with_for_update()).scalar_one()


def provision_user(
    store: Store, bc_user_id: int, email: str, *, is_owner: bool = False, locale: str = "", at: datetime | None = None
) -> StoreUser:
    """The user of that number, made known or brought up to date.

    `at`: when BigCommerce said they may come in (None: now). Somebody removed comes in again only on a word later than
    their removal: raises Forbidden("user_removed") for an earlier one.
    """
    user = find_user(bc_user_id)
    if user is None:
        user = StoreUser(store_id=store.id, bc_user_id=bc_user_id, email=email, last_seen_at=clock.now())
        db.session.add(user)
    elif user.removed_at is not None and at is not None and at <= user.removed_at + CLOCKS_APART:
        raise Forbidden("user_removed")
    user.removed_at = None
    user.email = email or user.email
    user.role = Role.OWNER if is_owner or bc_user_id == store.owner_bc_user_id else Role.ADMIN
    user.locale = locale or user.locale or "en"
    user.last_seen_at = clock.now()
    db.session.flush()
    return user


def remove_user(bc_user_id: int) -> bool:
    """Take the app away from a user of the entered store, their sessions with it. False: nobody of that number."""
    user = find_user(bc_user_id)
    if user is None:
        return False
    user.removed_at = user.removed_at or clock.now()
    end_user_sessions(user.id)
    return True


def uninstall(store: Store) -> None:
    """The app is gone from the store: token forgotten, sessions ended, waiting jobs cancelled; its data stays."""
    if store.status == StoreStatus.UNINSTALLED:
        return
    store.status = StoreStatus.UNINSTALLED
    store.uninstalled_at = clock.now()
    store.access_token = None
    end_all_sessions()
    cancel_waiting(store.id)


def is_known(store: Store, bc_user_id: int) -> bool:
    """Whether this is the store's owner or somebody who works in it."""
    user = find_user(bc_user_id)
    return bc_user_id == store.owner_bc_user_id or (user is not None and user.removed_at is None)
