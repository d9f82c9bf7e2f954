"""Reading and setting what a store is."""

from sqlalchemy import select

from ..extensions import current_store_id, db
from ..lib.errors import NotFound
from .models import Store, StoreUser
from .settings import StoreSettings


def get_store() -> Store:
    """The store entered. Raises NotFound when none is."""
    store_id = current_store_id()
    store = db.session.get(Store, store_id) if store_id is not None else None
    if store is None:
        raise NotFound()
    return store


def settings_of(store: Store) -> StoreSettings:
    """The merchant's settings, defaults filled in."""
    return StoreSettings.model_validate(store.settings)


def save_settings(store: Store, settings: StoreSettings) -> None:
    """Keep `settings` as the store's."""
    store.settings = settings.model_dump(mode="json")


def find_user(bc_user_id: int) -> StoreUser | None:
    """Somebody of the entered store by their number at BigCommerce, removed or not."""
    return db.session.scalar(select(StoreUser).where(StoreUser.bc_user_id == bc_user_id))
