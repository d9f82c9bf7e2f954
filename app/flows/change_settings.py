"""The merchant changes settings: kept, the policy they make put in force, and the policy page brought up to date."""

from collections.abc import Mapping
from typing import Any

from ..extensions import db
from ..policies.versions import publish_settings
from ..returns.actor import Actor
from ..storefront.ensure import publish_pages
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
    if settings != before:
        publish_pages()
    db.session.commit()
    return settings
