"""The policy: what is in force, what is being written, what was."""

import json
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows import publish_policy
from ...flows.policy_shop import names_of_store
from ...lib.errors import NotFound, UserError
from ...policies import drafts, versions
from ...policies.compare import compare
from ...policies.document import PolicyDocument, dump_document
from ...policies.golden import dump_cases
from ...policies.models import PolicyVersion
from ...policies.starters import STARTERS
from ...stores.queries import settings_of
from .as_message import as_message
from .door import bp
from .parse import number
from .policy_view import default_card, rule_cards

_MAX_CHANNEL = 10**9


def page(**_: Any) -> str:
    """The policy's first page."""
    published = versions.find_published()
    document = versions.read_document(published.document) if published else versions.document_of(settings_of(g.store))
    names = names_of_store()
    return render_template(
        "panel/policy.html",
        published=published,
        document=document,
        cards=rule_cards(document, names),
        otherwise=default_card(document, names),
        drafts=drafts.list_drafts(),
        channels=_channels(),
        history=versions.list_versions(),
        starters=STARTERS,
    )


def _channels() -> list[PolicyVersion]:
    """The latest of every channel that has a policy of its own."""
    latest: dict[int, PolicyVersion] = {}
    for version in versions.list_versions():
        if version.channel_id is not None:
            latest.setdefault(version.channel_id, version)
    return [version for version in latest.values() if version.source == "merchant"]


@bp.get("/policy")
def policy() -> str:
    """What is in force, the drafts, the history."""
    return page()


@bp.post("/policy/drafts")
@as_message(page)
def begin_policy() -> ResponseReturnValue:
    """Begin a draft, or go on with the one that is there. Fields: starter or version (optional), channel (optional)."""
    version = request.form.get("version")
    draft_id = publish_policy.begin(
        g.store,
        _channel(),
        g.actor,
        starter=request.form.get("starter", ""),
        version=number(version) if version else None,
    )
    return redirect(url_for("panel.policy_draft", draft_id=draft_id), code=303)


def _channel() -> int | None:
    given = request.form.get("channel", "").strip()
    if not given:
        return None
    channel = number(given)
    if not 0 < channel < _MAX_CHANNEL:
        raise UserError("bad_form")
    return channel


@bp.post("/policy/channels/follow")
@as_message(page)
def follow_policy() -> ResponseReturnValue:
    """From here on a channel has no policy of its own. Field: channel."""
    channel = _channel()
    if channel is None:
        raise UserError("bad_form")
    publish_policy.follow_store(channel, g.actor)
    flash(f"Channel {channel} follows the policy of the store.", "success")
    return redirect(url_for("panel.policy"), code=303)


def version_page(version: int) -> str:
    """One version in words, and what it changed."""
    row = _version(version)
    document, names = versions.get_policy(version), names_of_store()
    before = _before(row)
    return render_template(
        "panel/policy_version.html",
        version=row,
        document=document,
        cards=rule_cards(document, names),
        otherwise=default_card(document, names),
        before=before,
        others=[one for one in versions.list_versions() if one.version != version and one.source != "store"],
        changes=compare(versions.get_policy(before.version), document, names) if before else (),
        is_in_force=_is_in_force(row),
    )


@bp.get("/policy/versions/<int:version>")
def policy_version(version: int) -> str:
    """One version; `with`: the version to compare it with (the one before it by default)."""
    return version_page(version)


def _version(version: int) -> PolicyVersion:
    if not 0 < version < 2**63:
        raise NotFound()
    return versions.get_version(version)


def _before(row: PolicyVersion) -> PolicyVersion | None:
    asked = request.args.get("with", type=int)
    if asked:
        return _version(asked)
    earlier = [
        one
        for one in versions.list_versions()
        if one.version < row.version and one.channel_id == row.channel_id and one.source != "store"
    ]
    return earlier[0] if earlier else None


def _is_in_force(row: PolicyVersion) -> bool:
    latest = next(one for one in versions.list_versions() if one.channel_id == row.channel_id)
    return latest.version == row.version


@bp.post("/policy/versions/<int:version>/restore")
@as_message(version_page)
def restore_policy(version: int) -> ResponseReturnValue:
    """Roll back: put this version in force again, as a new one."""
    published = publish_policy.roll_back(_version(version).version, g.actor)
    flash(f"Version {version} is in force again, as version {published}. New requests are decided by it.", "success")
    return redirect(url_for("panel.policy"), code=303)


@bp.get("/policy/versions/<int:version>/export")
def export_version(version: int) -> ResponseReturnValue:
    """The version as a file."""
    return as_file(versions.get_policy(_version(version).version), drafts.cases_of(version), f"policy-{version}")


def as_file(document: PolicyDocument, cases: Any, name: str) -> ResponseReturnValue:
    """A policy with its golden cases as a JSON file."""
    content = {**dump_document(document), "cases": dump_cases(cases)}
    answer = make_response(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer
