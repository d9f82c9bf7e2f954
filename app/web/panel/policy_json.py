"""A draft as JSON: out as a file, in again with everything that is wrong said at its place."""

import json
from decimal import Decimal
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows import publish_policy
from ...lib.errors import Conflict
from ...policies import drafts
from ...policies.document import PolicyInvalid, Problem, dump_document, parse_document
from ...policies.drafts import Draft
from ...policies.golden import dump_cases, parse_cases
from ..errors import SENTENCES
from .door import bp
from .policy import as_file
from .policy_view import seen

MOST = 2_000_000
"""Characters of an imported policy."""


@bp.get("/policy/drafts/<int:draft_id>/export")
def export_draft(draft_id: int) -> ResponseReturnValue:
    """The draft with its golden cases as a file."""
    draft = drafts.get_draft(draft_id)
    return as_file(draft.document, draft.cases, "policy-draft")


def _page(draft: Draft, typed: str, problems: tuple[Problem, ...] = (), mark: str = "") -> str:
    return render_template(
        "panel/policy_import.html",
        draft=draft,
        document=draft.document,
        typed=typed,
        problems=problems,
        seen=mark or seen(draft.document, ""),
    )


@bp.get("/policy/drafts/<int:draft_id>/json")
def edit_json(draft_id: int) -> str:
    """The whole draft as text."""
    draft = drafts.get_draft(draft_id)
    content = {**dump_document(draft.document), "cases": dump_cases(draft.cases)}
    return _page(draft, json.dumps(content, indent=2, ensure_ascii=False))


@bp.post("/policy/drafts/<int:draft_id>/json")
def import_draft(draft_id: int) -> ResponseReturnValue:
    """Take the draft from JSON. Fields: json, or file; seen. Without "cases" the draft keeps its own."""
    draft = drafts.get_draft(draft_id)
    typed, mark = _sent(), request.form.get("seen", "")
    try:
        data = _parsed(typed)
        cases = parse_cases(data.pop("cases")) if "cases" in data else None
        document = parse_document(data)

        def put(now: Draft) -> Any:
            if seen(now.document, "") != mark:
                raise Conflict("draft_changed")
            return document, now.cases if cases is None else cases

        publish_policy.change(draft.id, put, g.actor)
    except PolicyInvalid as invalid:
        return make_response(_page(draft, typed, invalid.problems, mark), 400)
    except Conflict as error:
        now = drafts.get_draft(draft_id)
        return make_response(_page(now, typed, (Problem(path="", what=SENTENCES[error.code]),)), 409)
    flash("The draft is what you imported. Nothing is in force before you publish it.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id), code=303)


def _sent() -> str:
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.read(4 * MOST).decode("utf-8-sig", errors="replace")
    return request.form.get("json", "")


def _parsed(typed: str) -> dict[str, Any]:
    if len(typed) > MOST:
        raise PolicyInvalid((Problem(path="", what=f"is too long: at most {MOST} characters"),))
    if "\x00" in typed or "\\u0000" in typed:
        raise PolicyInvalid((Problem(path="", what="has a character that cannot be kept (NUL)"),))
    try:
        data = json.loads(typed, parse_float=Decimal)
    except json.JSONDecodeError as error:
        what = f"is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise PolicyInvalid((Problem(path="", what=what),)) from None
    except (RecursionError, ValueError):
        raise PolicyInvalid((Problem(path="", what="is no JSON that can be read"),)) from None
    if not isinstance(data, dict):
        raise PolicyInvalid((Problem(path="", what="an object with named fields is needed"),))
    return data
