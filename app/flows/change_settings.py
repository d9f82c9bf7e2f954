"""The merchant changes settings: kept, and the policy they make put in force."""

from collections.abc import Mapping
from typing import Any

from ..extensions import db
from ..jobs import enqueue
from ..policies.versions import publish_settings
from ..returns.actor import Actor
from ..stores.models import Store
from ..stores.queries import save_settings, settings_of
from ..stores.settings import StoreSettings


def change_settings(store: Store, changes: Mapping[str, Any], actor: Actor) -> StoreSettings:
    """Merge `changes` (fields of StoreSettings) into the store's settings and publish the policy they say, unless
    the merchant has published a document of their own. Commits.

    What others have changed meanwhile in other fields stays. Raises pydantic's ValidationError for what cannot be kept.
    """
    db.session.refresh(store, with_for_update=True)
    before = settings_of(store)
    settings = StoreSettings.model_validate({**before.model_dump(), **changes})
    save_settings(store, settings)
    publish_settings(settings, by=actor.name)
    if settings.portal_channels != before.portal_channels:
        enqueue("storefront.ensure", store_id=store.id)
    db.session.commit()
    return settings
