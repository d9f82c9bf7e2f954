"""Which policy is in force, and which was: versions never change; the store and each channel have a latest one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from ..extensions import current_store_id, db
from ..lib import clock
from ..lib.errors import NotFound
from ..stores.models import Store
from ..stores.settings import BUILT_IN_REASONS, Reason, StoreSettings
from .document import PolicyDocument, dump_document, load_document, reason_choices
from .from_settings import document_of
from .models import PolicyVersion

__all__ = [
    "current_policy", "document_of", "find_published", "follow_store", "get_policy", "get_version", "list_versions",
    "publish", "publish_settings",
]  # fmt: skip


def current_policy(store: Store, channel_id: int | None = None) -> tuple[int, PolicyDocument]:
    """The policy in force for the channel and its version: the channel's own, else the store's, else its settings'.

    That of the settings is published on the way if it was not yet.
    """
    published = find_published(channel_id)
    if published is not None:
        return published.version, read_document(published.document)
    settings = StoreSettings.model_validate(store.settings)
    return _publish(document_of(settings), by="", channel_id=None, source="settings"), document_of(settings)


def find_published(channel_id: int | None = None) -> PolicyVersion | None:
    """What a merchant wrote and is in force for the channel (None: for the store); None: the settings decide."""
    for channel in (channel_id, None) if channel_id is not None else (None,):
        latest = _latest(channel)
        if latest is not None and latest.source == "merchant":
            return latest
    return None


def publish(policy: PolicyDocument, *, by: str, channel_id: int | None = None) -> int:
    """Put a merchant's `policy` in force for the entered store, or one channel; gives its version.

    What is in force already gets no new version. `by`: who did it.
    """
    return _publish(policy, by=by, channel_id=channel_id, source="merchant")


def publish_settings(settings: StoreSettings, *, by: str, take_over: bool = False) -> int | None:
    """Put in force what `settings` say; gives the version. None: a document of the merchant's own is, and stays so.

    `take_over`: the merchant gives that document up.
    """
    if not take_over and find_published() is not None:
        return None
    return _publish(document_of(settings), by=by, channel_id=None, source="settings")


def follow_store(channel_id: int, *, by: str) -> int:
    """From here on the channel has no policy of its own any more."""
    return _publish(None, by=by, channel_id=channel_id, source="store")


def get_policy(version: int) -> PolicyDocument:
    """The policy as it was published under `version`. Raises NotFound."""
    return read_document(get_version(version).document)


def reason_labels(version: int, locale: str = "en") -> dict[str, str]:
    """What people read for each reason of the policy published under `version`: code -> label.

    The built-in ones where there is no such version.
    """
    built_in = {reason.code: reason.label for reason in BUILT_IN_REASONS}
    try:
        policy = get_policy(version)
    except NotFound:
        return built_in
    return built_in | {choice.code: choice.label for choice in reason_choices(policy, locale)}


def get_version(version: int) -> PolicyVersion:
    """Version `version` with who and when. Raises NotFound, also where a channel only went back to the store's."""
    found = db.session.scalar(
        select(PolicyVersion).where(PolicyVersion.version == version, PolicyVersion.source != "store")
    )
    if found is None:
        raise NotFound()
    return found


def list_versions() -> list[PolicyVersion]:
    """Everything ever published, of the store and its channels, newest first."""
    return list(db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc())))


def _latest(channel_id: int | None) -> PolicyVersion | None:
    query = select(PolicyVersion).where(PolicyVersion.channel_id.is_not_distinct_from(channel_id))
    return db.session.scalar(query.order_by(PolicyVersion.version.desc()).limit(1))


def _publish(policy: PolicyDocument | None, *, by: str, channel_id: int | None, source: str) -> int:
    document = dump_document(policy) if policy is not None else {}
    while True:
        latest = _latest(channel_id)
        if latest is not None and (latest.document, latest.source) == (document, source):
            return latest.version
        # Somebody may publish at the same time: the number is taken once, the slower one looks again.
        highest = db.session.scalar(select(func.max(PolicyVersion.version))) or 0
        made = db.session.scalar(
            insert(PolicyVersion)
            .values(
                store_id=current_store_id(),
                version=highest + 1,
                channel_id=channel_id,
                source=source,
                document=document,
                published_at=clock.now(),
                published_by=by,
            )
            .on_conflict_do_nothing(index_elements=["store_id", "version"])
            .returning(PolicyVersion.version)
        )
        if made is not None:
            return made


def read_document(stored: Mapping[str, Any]) -> PolicyDocument:
    """A stored document as a policy; the first ones had no format and were settings in all but name."""
    if "format" in stored:
        return load_document(stored)
    built_in = {reason.code for reason in BUILT_IN_REASONS}
    return document_of(
        StoreSettings(
            window_days=stored["window_days"],
            grace_days=stored["grace_days"],
            non_returnable_categories=tuple(stored["excluded_category_ids"]),
            digital_returnable=stored["digital_returnable"],
            review_above=stored["review_above"],
            reasons=tuple(Reason(code=code, label=text) for code, text in stored["reasons"] if code not in built_in),
        )
    )


@event.listens_for(PolicyVersion, "before_update")
def _refuse_change(mapper: Mapper[PolicyVersion], connection: Connection, target: PolicyVersion) -> None:
    raise RuntimeError("a published policy never changes: publish a new version")
