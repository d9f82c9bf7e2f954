"""A policy tried on the past before it is published. Every function commits."""

from dataclasses import dataclass

from ..extensions import db
from ..insights import backtest
from ..lib.errors import NotFound, UserError
from ..policies import drafts, versions
from ..policies.document import PolicyDocument
from ..returns.actor import Actor


@dataclass(frozen=True)
class Candidate:
    """What can be tried. `key`: "draft-3" or "version-7"."""

    key: str
    label: str
    channel_id: int | None
    document: PolicyDocument


def try_policy(key: str, *, days_after: int, reason: str, actor: Actor) -> int:
    """Begin a back-test of the draft or version `key` against what is in force, and give its id.

    `reason`: the one past orders are asked for with; empty: the likeliest.
    Raises NotFound for no such draft or version; UserError("bad_form") for days or a reason that make no sense.
    """
    candidate = get_candidate(key)
    if not 0 <= days_after <= backtest.MOST_DAYS:
        raise UserError("bad_form")
    if reason and reason not in candidate.document.reason_codes:
        raise UserError("unknown_reason")
    run = backtest.start_backtest(
        candidate.document,
        candidate.label,
        by=actor.name,
        channel_id=candidate.channel_id,
        days_after=days_after,
        reason=reason,
    )
    db.session.commit()
    return run.id


def stop(run_id: int) -> None:
    """No further than this. Raises NotFound."""
    backtest.stop_backtest(run_id)
    db.session.commit()


def get_candidate(key: str) -> Candidate:
    """Raises NotFound."""
    kind, _, number = key.partition("-")
    if kind not in {"draft", "version"} or not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise NotFound()
    if kind == "draft":
        draft = drafts.get_draft(int(number))
        return Candidate(key, _of_channel("Draft", draft.channel_id), draft.channel_id, draft.document)
    row = versions.get_version(int(number))
    label = _of_channel(f"Version {row.version}", row.channel_id)
    return Candidate(key, label, row.channel_id, versions.read_document(row.document))


def list_candidates() -> list[tuple[str, str]]:
    """(key, label) of everything that can be tried: the drafts, then every version, the newest first."""
    found = [(f"draft-{row.id}", _of_channel("Draft", row.channel_id)) for row in drafts.list_drafts()]
    return found + [
        (f"version-{row.version}", _of_channel(f"Version {row.version}", row.channel_id))
        for row in versions.list_versions()
        if row.source != "store"
    ]


def _of_channel(what: str, channel_id: int | None) -> str:
    return what if channel_id is None else f"{what} for channel {channel_id}"
