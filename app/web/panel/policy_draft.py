"""A draft: its rules in words, their order, the check, publishing, and the preview on any order."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows import publish_policy
from ...flows.policy_shop import names_of_store
from ...flows.preview_policy import Preview, preview_policy
from ...lib import clock
from ...lib.errors import NotFound, UserError
from ...orders.queries import get_order_by_bc_id, list_orders
from ...policies import drafts, versions
from ...policies.compare import compare
from ...policies.document import PolicyDocument
from ...policies.drafts import Draft
from .as_message import as_message
from .door import bp
from .parse import number, text
from .policy_view import check_page, draft_page, outcome_view, reason_options


def page(draft_id: int, **_: Any) -> str:
    """The draft's page."""
    draft = drafts.get_draft(draft_id)
    suggested = list_orders(per_page=1).items
    return render_template(
        "panel/policy_draft.html",
        **draft_page(draft),
        in_force=versions.find_published(draft.channel_id),
        order_number=suggested[0].bc_order_id if suggested else "",
    )


@bp.get("/policy/drafts/<int:draft_id>")
def policy_draft(draft_id: int) -> str:
    """The rules in their order, what holds otherwise, the golden cases."""
    return page(draft_id)


@bp.post("/policy/drafts/<int:draft_id>/order")
@as_message(page)
def move_rule(draft_id: int) -> ResponseReturnValue:
    """Another place for a rule. Fields: rule (its code), and up, down or to (its new place, from 1)."""
    code = request.form.get("rule", "")
    publish_policy.change(draft_id, lambda draft: (_moved(draft.document, code), draft.cases), g.actor)
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor=f"rule-{code}"), code=303)


def _moved(document: PolicyDocument, code: str) -> PolicyDocument:
    rules = list(document.rules)
    place = _place_of(document, code)
    step = -1 if "up" in request.form else 1
    wanted = number(request.form["to"]) - 1 if "to" in request.form else place + step
    rule = rules.pop(place)
    rules.insert(min(max(wanted, 0), len(rules)), rule)
    return document.model_copy(update={"rules": tuple(rules)})


def _place_of(document: PolicyDocument, code: str) -> int:
    places = [place for place, rule in enumerate(document.rules) if rule.code == code]
    if not places:
        raise NotFound()
    return places[0]


@bp.post("/policy/drafts/<int:draft_id>/remove")
@as_message(page)
def remove_rule(draft_id: int) -> ResponseReturnValue:
    """Take a rule out. Field: rule (its code)."""
    code = request.form.get("rule", "")

    def without(draft: Draft) -> Any:
        place = _place_of(draft.document, code)
        rules = draft.document.rules[:place] + draft.document.rules[place + 1 :]
        return draft.document.model_copy(update={"rules": rules}), draft.cases

    publish_policy.change(draft_id, without, g.actor)
    flash("The rule is removed from the draft.", "success")
    return redirect(url_for("panel.policy_draft", draft_id=draft_id, _anchor="rules"), code=303)


@bp.post("/policy/drafts/<int:draft_id>/discard")
@as_message(page)
def discard_policy(draft_id: int) -> ResponseReturnValue:
    """Give the draft up."""
    if not request.form.get("sure"):
        raise UserError("not_sure")
    publish_policy.discard(draft_id)
    flash("The draft is gone. What is in force stays in force.", "success")
    return redirect(url_for("panel.policy"), code=303)


def checked(draft_id: int, **_: Any) -> str:
    """The page of the check."""
    draft = drafts.get_draft(draft_id)
    live = versions.current_policy(g.store, draft.channel_id)[1]
    found = publish_policy.check(g.store, draft.document, draft.cases)
    changes = compare(live, draft.document, names_of_store())
    return render_template("panel/policy_check.html", **check_page(draft, found), changes=changes)


@bp.get("/policy/drafts/<int:draft_id>/check")
def check_policy(draft_id: int) -> str:
    """What was found, how the golden cases came out, what would change; and the button that publishes."""
    return checked(draft_id)


@bp.post("/policy/drafts/<int:draft_id>/publish")
@as_message(checked)
def publish_policy_draft(draft_id: int) -> ResponseReturnValue:
    """Put the draft in force. Field: seen (the draft's version that was looked at)."""
    version = publish_policy.publish_draft(g.store, draft_id, seen=number(request.form.get("seen")), actor=g.actor)
    flash(f"Published as version {version}. New requests are decided by it; what was filed before stays.", "success")
    return redirect(url_for("panel.policy"), code=303)


@bp.get("/policy/drafts/<int:draft_id>/preview")
def preview_draft(draft_id: int) -> str:
    """What the draft says to an order. Query: order (its number), reason and on (a day), both optional."""
    return previewed(draft_id)


def previewed(draft_id: int, **_: Any) -> str:
    """The page of the preview; a form that was sent is filled in again."""
    draft = drafts.get_draft(draft_id)
    document, names = draft.document, names_of_store()
    asked = text(request.values.get("order"))
    trouble, shown = "", None
    try:
        shown = preview_of(draft)
    except NotFound:
        trouble = f"There is no order {asked}." if asked else "Type an order's number."
    except UserError:
        trouble = "Type an order's number, and a day such as 2026-12-31 or none."
    return render_template(
        "panel/policy_preview.html",
        draft=draft,
        document=document,
        reason_options=reason_options(document),
        asked={"order": asked, "reason": request.values.get("reason", ""), "on": request.values.get("on", "")},
        trouble=trouble,
        shown=shown,
        lines=[outcome_view(document, one.decision, one.sold.name, names) for one in shown.lines] if shown else [],
    )


def preview_of(draft: Draft) -> Preview:
    """The preview that the request asks for. Raises NotFound, UserError("bad_form")."""
    order = get_order_by_bc_id(number(text(request.values.get("order")).lstrip("#") or "0"))
    reason = request.values.get("reason", "")
    known = {code for code, _ in reason_options(draft.document)}
    on = text(request.values.get("on"))
    try:
        day = clock.today(g.store.timezone) if not on else date.fromisoformat(on)
    except ValueError:
        raise UserError("bad_form") from None
    return preview_policy(g.store, order, draft.document, on=day, reason=reason if reason in known else "")
