"""A policy from draft to in force: begun, checked, published, rolled back. Every function commits."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..extensions import db
from ..lib.errors import Conflict, UserError
from ..policies import drafts, versions
from ..policies.document import PolicyDocument
from ..policies.drafts import Draft
from ..policies.golden import GoldenCase, Tried, try_cases
from ..policies.lint import Finding, blocks, lint
from ..policies.starters import get_starter
from ..returns.actor import Actor
from ..storefront.ensure import publish_pages
from ..stores.models import Store
from .policy_shop import learn_names, names_of_store, shop_of


@dataclass(frozen=True)
class Check:
    """What was found, and how the golden cases came out."""

    findings: tuple[Finding, ...]
    tried: tuple[Tried, ...]

    @property
    def red(self) -> tuple[Tried, ...]:
        return tuple(one for one in self.tried if not one.is_met)

    @property
    def is_ready(self) -> bool:
        """Nothing stands in the way of publishing."""
        return not blocks(self.findings) and not self.red


def check(store: Store, document: PolicyDocument, cases: Sequence[GoldenCase]) -> Check:
    """Look at a policy as it would be published. Asks the store for its categories once a day."""
    learn_names(store)
    checked = _check(store, document, cases)
    db.session.commit()
    return checked


def _check(store: Store, document: PolicyDocument, cases: Sequence[GoldenCase]) -> Check:
    return Check(lint(document, shop_of(store, document), names_of_store()), try_cases(document, cases))


def begin(store: Store, channel_id: int | None, actor: Actor, *, starter: str = "", version: int | None = None) -> int:
    """Open a draft for the store or a channel and give its id.

    `starter` or `version`: what it begins with, in place of what a draft holds already; neither: the draft that is
    there, else what is in force. Raises NotFound for no such version or starting policy.
    """
    document, cases, based_on = _beginning(store, channel_id, starter, version)
    draft_id = drafts.open_draft(
        channel_id, document, cases, based_on=based_on, by=actor.name, replace=bool(starter or version)
    )
    db.session.commit()
    return draft_id


def _beginning(
    store: Store, channel_id: int | None, starter: str, version: int | None
) -> tuple[PolicyDocument, Sequence[GoldenCase], int | None]:
    if starter:
        found = get_starter(starter)
        return found.document, found.cases, None
    if version is None:
        version, document = versions.current_policy(store, channel_id)
        return document, drafts.cases_of(version), version
    return versions.get_policy(version), drafts.cases_of(version), version


def publish_draft(store: Store, draft_id: int, *, seen: int, actor: Actor) -> int:
    """Put the draft in force and give its version; the draft is gone afterwards.

    `seen`: the draft's version that whoever presses has looked at.
    Raises NotFound; Conflict("draft_changed") when somebody changed it since; UserError("policy_not_ready") when the
    check finds an error or a golden case comes out differently.
    """
    learn_names(store)
    db.session.commit()
    draft = drafts.lock_draft(draft_id)
    if draft.version != seen:
        db.session.rollback()
        raise Conflict("draft_changed")
    if not _check(store, draft.document, draft.cases).is_ready:
        db.session.rollback()
        raise UserError("policy_not_ready")
    version = _put_in_force(draft.document, draft.cases, draft.channel_id, actor)
    drafts.discard_draft(draft_id)
    db.session.commit()
    return version


def roll_back(version: int, actor: Actor) -> int:
    """Put an old version in force again, as a new version of the same channel; gives it.

    What the check would find does not hinder: it was in force before. Its golden cases must still come out.
    Raises NotFound; UserError("policy_not_ready").
    """
    row = versions.get_version(version)
    document, cases = versions.get_policy(version), drafts.cases_of(version)
    if not all(tried.is_met for tried in try_cases(document, cases)):
        raise UserError("policy_not_ready")
    published = _put_in_force(document, cases, row.channel_id, actor)
    db.session.commit()
    return published


def follow_store(channel_id: int, actor: Actor) -> None:
    """From here on the channel has no policy of its own any more."""
    if versions.find_published(channel_id) is not None:
        versions.follow_store(channel_id, by=actor.name)
        publish_pages()
    db.session.commit()


def _put_in_force(document: PolicyDocument, cases: Sequence[GoldenCase], channel_id: int | None, actor: Actor) -> int:
    version = versions.publish(document, by=actor.name, channel_id=channel_id)
    drafts.keep_cases(version, cases)
    publish_pages()
    return version


def discard(draft_id: int) -> None:
    """Give a draft up. Raises NotFound."""
    drafts.discard_draft(draft_id)
    db.session.commit()


def change(draft_id: int, what: drafts.Change, actor: Actor) -> Draft:
    """Change a draft; see `drafts.change_draft`."""
    try:
        draft = drafts.change_draft(draft_id, what, by=actor.name)
    except BaseException:
        db.session.rollback()
        raise
    db.session.commit()
    return draft
