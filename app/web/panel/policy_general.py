"""The form of a policy's name, language, reasons, places and words."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ...flows import publish_policy
from ...lib.errors import Conflict
from ...policies import drafts
from ...policies.document import PolicyDocument, PolicyInvalid, Reason, code_of, dump_document, parse_document
from ...policies.drafts import Draft
from ...policies.effects import text_in
from ..errors import SENTENCES
from .door import bp
from .parse import text
from .policy_effects import LANGUAGES, texts
from .policy_view import problems_in_words, seen

PAGE_TEXTS = (
    ("intro", "Opening words", "Above everything else."),
    ("condition", "Condition of the goods", "In which state they must come back."),
    ("packing", "Packing", "How to pack them."),
)
_MAX = 100
Values = dict[str, Any]


def _values(document: PolicyDocument) -> Values:
    return {
        "name": document.name,
        "locale": document.locale,
        "reasons": [_reason(reason, document.locale) for reason in document.reasons],
        "places": [
            {"code": place.code, "name": text_in(place.name, document.locale), "address": place.address}
            for place in document.places
        ],
        "page": {name: dict(getattr(document.page, name)) for name, _, _ in PAGE_TEXTS},
    }


def _reason(reason: Reason, locale: str) -> Values:
    subs = "\n".join(text_in(sub.label, locale) for sub in reason.sub)
    return {"code": reason.code, "label": dict(reason.label), "sub": subs}


def _typed(form: MultiDict[str, str]) -> Values:
    reasons = [
        {
            "code": text(form.get(f"reason-{index}-code")),
            "label": texts(form, f"reason-{index}-label"),
            "sub": text(form.get(f"reason-{index}-sub")),
        }
        for index in range(min(form.get("reasons", 0, type=int), _MAX))
    ]
    places = [
        {name: text(form.get(f"place-{index}-{name}")) for name in ("code", "name", "address")}
        for index in range(min(form.get("places", 0, type=int), _MAX))
    ]
    return {
        "name": text(form.get("name")),
        "locale": form.get("locale", "en"),
        "reasons": [one for one in reasons if one["label"]],
        "places": [one for one in places if one["name"] or one["address"]],
        "page": {name: texts(form, name) for name, _, _ in PAGE_TEXTS},
    }


def _with(document: PolicyDocument, values: Values) -> PolicyDocument:
    """`document` with what was typed; codes that are there stay, and texts in languages the form does not show."""
    before = {reason.code: reason for reason in document.reasons}
    locale = values["locale"]
    places = {place.code: dict(place.name) for place in document.places}
    return parse_document({
        **dump_document(document),
        "name": values["name"],
        "locale": locale,
        "page": values["page"],
        "reasons": _reasons(values, before, locale),
        "places": [
            {
                "code": one["code"] or _free(one["name"], set(places) | {"store"}),
                "name": {**places.get(one["code"], {}), **({locale: one["name"]} if one["name"] else {})},
                "address": one["address"],
            }
            for one in values["places"]
        ],
    })  # fmt: skip


def _reasons(values: Values, before: Mapping[str, Reason], locale: str) -> list[Values]:
    used = {one["code"] for one in values["reasons"]}
    made = []
    for one in values["reasons"]:
        label = text_in(one["label"], locale)
        code = one["code"] or _free(label, used)
        used.add(code)
        made.append({"code": code, "label": one["label"], "sub": _subs(one["sub"], before.get(code), locale)})
    return made


def _subs(typed: str, reason: Reason | None, locale: str) -> list[Values]:
    """Closer reasons, one a line: those that were there keep their code and their other languages."""
    known = {text_in(sub.label, locale): sub for sub in reason.sub} if reason else {}
    used = {sub.code for sub in known.values()}
    made: list[Values] = []
    for line in dict.fromkeys(" ".join(line.split()) for line in typed.split("\n")):
        if not line:
            continue
        code = known[line].code if line in known else _free(line, used)
        used.add(code)
        label = dict(known[line].label) if line in known else {locale: line}
        made.append({"code": code, "label": label})
    return made


def _free(name: str, used: set[str]) -> str:
    base = code_of(name)[:50].rstrip("_")
    code, count = base, 2
    while code in used:
        code, count = f"{base}_{count}", count + 1
    return code


def _page(draft: Draft, values: Values, problems: list[str] | None = None, mark: str = "") -> str:
    locales = dict.fromkeys((values["locale"], *LANGUAGES))
    blank = {"code": "", "label": {}, "sub": ""}
    return render_template(
        "panel/policy_general.html",
        draft=draft,
        document=draft.document,
        v={
            **values,
            "reasons": [*values["reasons"], blank],
            "places": [*values["places"], {"code": "", "name": "", "address": ""}],
        },
        languages=[(locale, LANGUAGES.get(locale, locale)) for locale in locales],
        page_texts=PAGE_TEXTS,
        problems=problems or [],
        seen=mark or seen(draft.document, "general"),
    )


@bp.get("/policy/drafts/<int:draft_id>/general")
def edit_general(draft_id: int) -> str:
    """The form of the name, the reasons, the places and the words on the policy page."""
    draft = drafts.get_draft(draft_id)
    return _page(draft, _values(draft.document))


@bp.post("/policy/drafts/<int:draft_id>/general")
def save_general(draft_id: int) -> ResponseReturnValue:
    """Keep them. A reason or a place emptied is removed; one that a rule still names is not."""
    draft = drafts.get_draft(draft_id)
    values, mark = _typed(request.form), request.form.get("seen", "")

    def put(now: Draft) -> Any:
        if seen(now.document, "general") != mark:
            raise Conflict("draft_changed")
        return _with(now.document, values), now.cases

    try:
        publish_policy.change(draft.id, put, g.actor)
    except Conflict as error:
        return make_response(_page(drafts.get_draft(draft_id), values, [SENTENCES[error.code]]), 409)
    except PolicyInvalid as invalid:
        return make_response(_page(draft, values, problems_in_words(invalid.problems), mark), 400)
    if request.form.get("deed") == "add":
        return redirect(url_for("panel.edit_general", draft_id=draft_id, _anchor="reasons"), code=303)
    flash("Kept in the draft.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor="general"), code=303)
