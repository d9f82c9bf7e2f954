"""The forms of a draft: a rule, what holds otherwise, and the policy's reasons, places and words."""

from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows import publish_policy
from ...flows.policy_shop import names_of_store
from ...lib.errors import Conflict, NotFound
from ...policies import drafts
from ...policies.conditions import ALWAYS
from ...policies.document import PolicyDocument, PolicyInvalid, Rule, dump_document, parse_document
from ...policies.drafts import Draft
from ...policies.effects import Effects, text_in
from ...policies.fact_names import FACTS, RESOLUTIONS
from ...policies.wording import Wording
from ..errors import SENTENCES
from .door import bp
from .parse import text
from .policy_conditions import (
    MATCHES,
    UNKNOWN,
    choices_of,
    condition_json,
    ops_of,
    press,
    read_rows,
    rows_of,
)
from .policy_effects import LANGUAGES, Values, effects_json, texts, typed, values_of
from .policy_view import WORDS, problems_in_words, rule_name, seen

NEW = "new"
FACT_GROUPS = tuple(
    (label, tuple(name for name in FACTS if name.partition(".")[0] == part))
    for part, label in (
        ("line", "The item"), ("product", "The product"), ("order", "The order"), ("shopper", "The shopper"),
        ("destination", "Where it was sent"), ("request", "The request"),
    )
)  # fmt: skip
"""The facts as the form groups them."""


def _form_words(document: PolicyDocument) -> dict[str, Any]:
    locales = dict.fromkeys((document.locale, *LANGUAGES))
    return {
        "words": WORDS,
        "languages": [(locale, LANGUAGES.get(locale, locale)) for locale in locales],
        "resolutions": RESOLUTIONS,
        "reason_names": [(one.code, text_in(one.label, document.locale)) for one in document.reasons],
        "place_names": [("store", "The return address of your settings")]
        + [(one.code, text_in(one.name, document.locale)) for one in document.places],
    }


def _rule_page(draft: Draft, code: str, fields: dict[str, Any], problems: list[str] | None = None) -> str:
    document, names = draft.document, names_of_store()
    stored = next((rule for rule in document.rules if rule.code == code), None)
    return render_template(
        "panel/policy_rule.html",
        draft=draft,
        document=document,
        code=code,
        name=rule_name(document, code) if stored else "A new rule",
        problems=problems or [],
        facts=[(group, [(fact, FACTS[fact].label) for fact in facts]) for group, facts in FACT_GROUPS],
        fact_kinds={name: str(fact.kind) for name, fact in FACTS.items()},
        needs_field={name for name, fact in FACTS.items() if fact.needs_field},
        ops_of=ops_of,
        choices=choices_of(document, names),
        matches=MATCHES,
        unknowns=UNKNOWN,
        theirs=Wording(document, names) if problems is not None and stored else None,
        stored=stored,
        **_form_words(document),
        **{"seen": seen(document, code), **fields},
    )


@bp.get("/policy/drafts/<int:draft_id>/rules/<code>")
def edit_rule(draft_id: int, code: str) -> str:
    """The form of a rule; "new": an empty one."""
    draft = drafts.get_draft(draft_id)
    rule = _rule(draft.document, code)
    fields = {
        "rule_name_typed": rule.name if rule else "",
        "rows": rows_of(rule.when if rule else ALWAYS),
        "v": values_of(rule.effects if rule else Effects()),
        "page_words": dict(rule.words) if rule else {},
    }
    return _rule_page(draft, code, fields)


def _rule(document: PolicyDocument, code: str) -> Rule | None:
    found = next((rule for rule in document.rules if rule.code == code), None)
    if found is None and code != NEW:
        raise NotFound()
    return found


@bp.post("/policy/drafts/<int:draft_id>/rules/<code>")
def save_rule(draft_id: int, code: str) -> ResponseReturnValue:
    """Keep a rule, or only change its form. Fields: those of `policy_conditions` and `policy_effects`, name, seen (what
    the rule looked like), deed ("save", or a button of the conditions)."""
    draft = drafts.get_draft(draft_id)
    rows = read_rows(request.form)
    deed = request.form.get("deed", "save")
    fields: dict[str, Any] = {
        "rule_name_typed": text(request.form.get("name")),
        "rows": rows,
        "v": typed(request.form),
        "page_words": texts(request.form, "words"),
        "seen": request.form.get("seen", ""),
    }
    if deed != "save":
        return _rule_page(draft, code, {**fields, "rows": press(rows, deed), "focus": deed})
    if rows.has_new:
        what = ["A condition is about something else now: choose how it compares, then save."]
        return make_response(_rule_page(draft, code, fields, what), 400)
    return _keep_rule(draft, code, fields)


def _keep_rule(draft: Draft, code: str, fields: dict[str, Any]) -> ResponseReturnValue:
    made: list[str] = []

    def put(now: Draft) -> Any:
        document = _with_rule(now.document, code, fields)
        made.append(_code_of(now.document, document, code))
        return document, now.cases

    def again(problems: list[str], status: int) -> ResponseReturnValue:
        now = drafts.get_draft(draft.id)
        # What they see next is what it looks like now: sent once more, theirs counts.
        fresh = {"seen": seen(now.document, code)} if status == 409 else {}
        return make_response(_rule_page(now, code, {**fields, **fresh}, problems), status)

    try:
        publish_policy.change(draft.id, put, g.actor)
    except Conflict as error:
        return again([SENTENCES[error.code]], 409)
    except PolicyInvalid as invalid:
        return again(problems_in_words(invalid.problems), 400)
    except ValueError as error:
        return again([f"The JSON of a condition cannot be read: {error}."], 400)
    flash("The rule is in the draft.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft.id, _anchor=f"rule-{made[-1]}"), code=303)


def _with_rule(document: PolicyDocument, code: str, fields: dict[str, Any]) -> PolicyDocument:
    """`document` with the rule as it was typed, in its place; a new or meanwhile removed one at the end."""
    if code != NEW and seen(document, code) != fields["seen"]:
        raise Conflict("draft_changed")
    data = dump_document(document)
    rule: dict[str, Any] = {
        "name": fields["rule_name_typed"],
        "when": condition_json(fields["rows"]),
        "effects": effects_json(fields["v"]),
        "words": fields["page_words"],
    }
    places = [place for place, one in enumerate(data["rules"]) if one["code"] == code]
    if places:
        data["rules"][places[0]] = {"code": code, **rule}
    else:
        data["rules"].append(rule)
    return parse_document(data)


def _code_of(before: PolicyDocument, after: PolicyDocument, code: str) -> str:
    known = {rule.code for rule in before.rules}
    return next((rule.code for rule in after.rules if rule.code not in known), code)


@bp.get("/policy/drafts/<int:draft_id>/otherwise")
def edit_otherwise(draft_id: int) -> str:
    """The form of what holds where no rule says otherwise."""
    draft = drafts.get_draft(draft_id)
    return _otherwise_page(draft, values_of(draft.document.defaults))


def _otherwise_page(draft: Draft, values: Values, problems: list[str] | None = None, mark: str = "") -> str:
    return render_template(
        "panel/policy_otherwise.html",
        draft=draft,
        document=draft.document,
        v=values,
        problems=problems or [],
        seen=mark or seen(draft.document, "defaults"),
        **_form_words(draft.document),
    )


@bp.post("/policy/drafts/<int:draft_id>/otherwise")
def save_otherwise(draft_id: int) -> ResponseReturnValue:
    """Keep what holds otherwise. Fields: those of `policy_effects`, seen."""
    draft = drafts.get_draft(draft_id)
    values, mark = typed(request.form, is_whole=True), request.form.get("seen", "")

    def put(now: Draft) -> Any:
        if seen(now.document, "defaults") != mark:
            raise Conflict("draft_changed")
        defaults = effects_json(values, all_reasons=True)
        return parse_document({**dump_document(now.document), "defaults": defaults}), now.cases

    try:
        publish_policy.change(draft.id, put, g.actor)
    except Conflict as error:
        now = drafts.get_draft(draft_id)
        return make_response(_otherwise_page(now, values, [SENTENCES[error.code]]), 409)
    except PolicyInvalid as invalid:
        return make_response(_otherwise_page(draft, values, problems_in_words(invalid.problems), mark), 400)
    flash("Kept in the draft.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor="otherwise"), code=303)
