"""Golden cases of a draft: made from an order, changed, removed."""

import json
from decimal import Decimal
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows import publish_policy
from ...flows.policy_shop import names_of_store
from ...flows.preview_policy import golden_case
from ...lib.errors import Conflict, NotFound
from ...policies import drafts
from ...policies.document import PolicyDocument, PolicyInvalid
from ...policies.drafts import Draft, fingerprint
from ...policies.golden import GoldenCase, dump_cases, parse_cases, try_cases
from ..errors import SENTENCES
from .as_message import as_message
from .door import bp
from .parse import text
from .policy_draft import preview_of, previewed
from .policy_view import SAYS, STEPS, problems_in_words, tried_views


@bp.post("/policy/drafts/<int:draft_id>/cases")
@as_message(previewed)
def keep_case(draft_id: int) -> ResponseReturnValue:
    """Keep what the preview shows as a golden case. Fields: those of the preview."""
    shown = preview_of(drafts.get_draft(draft_id))

    def put(draft: Draft) -> Any:
        name = _free_name(f"Order {shown.order.bc_order_id} on {shown.on}", draft)
        return draft.document, (*draft.cases, golden_case(shown, draft.document, name))

    publish_policy.change(draft_id, put, g.actor)
    flash("Kept as a golden case: it is tried at every publish.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor="cases"), code=303)


def _free_name(name: str, draft: Draft) -> str:
    used, free, count = {case.name for case in draft.cases}, name, 2
    while free in used:
        free, count = f"{name} ({count})", count + 1
    return free


def _case(draft: Draft, index: int) -> GoldenCase:
    if index >= len(draft.cases):
        raise NotFound()
    return draft.cases[index]


def _seen(case: GoldenCase) -> str:
    return fingerprint(dump_cases([case]))


def _page(draft: Draft, index: int, values: dict[str, Any], problems: list[str] | None = None) -> str:
    case = _case(draft, index)
    [tried] = tried_views(draft.document, try_cases(draft.document, [case]), names_of_store())
    return render_template(
        "panel/policy_case.html",
        draft=draft,
        document=draft.document,
        index=index,
        tried=tried,
        v=values,
        problems=problems or [],
        outcomes=SAYS,
        rules=_rules(draft.document),
    )


def _rules(document: PolicyDocument) -> list[tuple[str, str]]:
    return [("", "whichever"), *((rule.code, f"rule “{rule.name}”") for rule in document.rules), *STEPS.items()]


def _values(case: GoldenCase) -> dict[str, Any]:
    [dumped] = dump_cases([case])
    expect = [line.pop("expect") for line in dumped["lines"]]
    facts = {"order": dumped["order"], "lines": dumped["lines"]}
    return {
        "name": case.name,
        "on": dumped["on"],
        "expect": expect,
        "facts": json.dumps(facts, indent=2, ensure_ascii=False),
        "seen": _seen(case),
    }


def _typed() -> dict[str, Any]:
    form = request.form
    lines = zip(*(form.getlist(name) for name in ("outcome", "rule", "last_day")), strict=False)
    return {
        "name": text(form.get("name")),
        "on": text(form.get("on")),
        "expect": [
            {
                name: text(value)
                for name, value in zip(("outcome", "rule", "last_day"), line, strict=True)
                if text(value)
            }
            for line in lines
        ],
        "facts": text(form.get("facts")),
        "seen": form.get("seen", ""),
    }


@bp.get("/policy/drafts/<int:draft_id>/cases/<int:index>")
def edit_case(draft_id: int, index: int) -> str:
    """The form of a golden case."""
    draft = drafts.get_draft(draft_id)
    return _page(draft, index, _values(_case(draft, index)))


@bp.post("/policy/drafts/<int:draft_id>/cases/<int:index>")
def save_case(draft_id: int, index: int) -> ResponseReturnValue:
    """Keep the case, or take it out (`deed` "remove")."""
    draft = drafts.get_draft(draft_id)
    values = _typed()
    _case(draft, index)

    def put(now: Draft) -> Any:
        if _seen(_case(now, index)) != values["seen"]:
            raise Conflict("draft_changed")
        cases = list(now.cases)
        if request.form.get("deed") == "remove":
            del cases[index]
        else:
            cases[index] = _parsed(values)
        return now.document, parse_cases(dump_cases(cases))

    try:
        publish_policy.change(draft.id, put, g.actor)
    except Conflict as error:
        now = drafts.get_draft(draft_id)
        fresh = {**values, "seen": _seen(_case(now, index))}
        return make_response(_page(now, index, fresh, [SENTENCES[error.code]]), 409)
    except PolicyInvalid as invalid:
        return make_response(_page(draft, index, values, problems_in_words(invalid.problems)), 400)
    except ValueError as error:
        return make_response(_page(draft, index, values, [f"The facts cannot be read: {error}."]), 400)
    flash("Kept in the draft.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor="cases"), code=303)


def _parsed(values: dict[str, Any]) -> GoldenCase:
    facts = json.loads(values["facts"], parse_float=Decimal)
    if not isinstance(facts, dict) or not isinstance(facts.get("lines"), list):
        raise ValueError("an object with “order” and “lines” is needed")
    if len(facts["lines"]) != len(values["expect"]) or not all(isinstance(line, dict) for line in facts["lines"]):
        raise ValueError(f"there are {len(values['expect'])} lines in this case")
    lines = [{**line, "expect": expect} for line, expect in zip(facts["lines"], values["expect"], strict=True)]
    [case] = parse_cases(
        [{"name": values["name"], "on": values["on"], "order": facts.get("order", {}), "lines": lines}]
    )
    return case
