"""Which policy is in force, and which was: versions are made by settings and never change."""

from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from ..extensions import current_store_id, db
from ..lib import clock
from ..lib.errors import NotFound
from ..stores.models import Store
from ..stores.settings import StoreSettings
from .models import PolicyVersion
from .rules import Policy


def policy_of(settings: StoreSettings) -> Policy:
    """The policy that a merchant's settings say."""
    return Policy(
        window_days=settings.window_days,
        grace_days=settings.grace_days,
        excluded_category_ids=frozenset(settings.non_returnable_categories),
        digital_returnable=settings.digital_returnable,
        review_above=settings.review_above,
        reasons=tuple((reason.code, reason.label) for reason in settings.all_reasons),
    )


def current_policy(store: Store) -> tuple[int, Policy]:
    """The policy of the store's settings and its version, published on the way if it was not yet."""
    policy = policy_of(StoreSettings.model_validate(store.settings))
    return publish(policy, by=""), policy


def publish(policy: Policy, *, by: str) -> int:
    """Put `policy` in force for the entered store; gives its version. What is in force already gets no new one.

    `by`: who changed it; empty where it was found changed.
    """
    document = policy.to_json()
    while True:
        latest = db.session.execute(
            select(PolicyVersion.version, PolicyVersion.document).order_by(PolicyVersion.version.desc()).limit(1)
        ).first()
        if latest is not None and latest.document == document:
            return latest.version
        # Somebody may publish at the same time: the number is taken once, the slower one looks again.
        made = db.session.scalar(
            insert(PolicyVersion)
            .values(
                store_id=current_store_id(),
                version=latest.version + 1 if latest is not None else 1,
                document=document,
                published_at=clock.now(),
                published_by=by,
            )
            .on_conflict_do_nothing(index_elements=["store_id", "version"])
            .returning(PolicyVersion.version)
        )
        if made is not None:
            return made


def get_policy(version: int) -> Policy:
    """The policy as it was published under `version`. Raises NotFound."""
    document = db.session.scalar(select(PolicyVersion.document).where(PolicyVersion.version == version))
    if document is None:
        raise NotFound()
    return Policy.from_json(document)


@event.listens_for(PolicyVersion, "before_update")
def _refuse_change(mapper: Mapper[PolicyVersion], connection: Connection, target: PolicyVersion) -> None:
    raise RuntimeError("a published policy never changes: publish a new version")
