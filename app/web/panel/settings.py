"""The settings: a form per section, and what of ours stands in the store."""

from typing import Any

from flask import current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...catalog.queries import list_categories
from ...flows.change_settings import change_settings
from ...lib.errors import NotFound
from ...policies.versions import find_published
from ...stores.queries import settings_of
from ...stores.settings import BUILT_IN_REASONS, MAILS, StoreSettings
from .door import bp
from .placement_view import placement_views
from .settings_forms import SECTIONS, InvalidSettings, parse, reasons_as_text
from .words import LETTERS

_HINTS = {
    "requested": "When a request arrives.",
    "authorized": "With the address and the instructions. Off: tell shoppers yourself.",
    "rejected": "With your reason.",
    "received": "When you have marked items as received.",
    "refunded": "When the store has paid the money back.",
    "cancelled": "When a return is called off.",
}


def portal_url() -> str:
    """Where shoppers ask for a return."""
    return f"{current_app.config['SETTINGS'].app_url}/r/{g.store.store_hash}"


def page(section: str = "", errors: dict[str, str] | None = None) -> str:
    """The settings page. `section`: its form shows what was typed instead of what is kept; `errors` by field."""
    settings = settings_of(g.store)
    values = _kept(settings)
    if section:
        values |= _typed(section)
    return render_template(
        "panel/settings.html",
        v=values,
        errors=errors or {},
        own_policy=find_published(),
        built_in=BUILT_IN_REASONS,
        mails=[(mail, LETTERS[mail], _HINTS.get(mail, "")) for mail in MAILS],
        categories=list_categories(),
        placements=placement_views(),
    )


def _kept(settings: StoreSettings) -> dict[str, Any]:
    above = settings.review_above
    return {
        "window_days": settings.window_days,
        "grace_days": settings.grace_days,
        "review_above": "" if above is None else f"{above.normalize():f}",
        "digital_returnable": settings.digital_returnable,
        "refund_shipping": settings.refund_shipping,
        "categories": [str(number) for number in settings.non_returnable_categories],
        "return_address": settings.return_address,
        "instructions": settings.instructions,
        "reasons": reasons_as_text(settings.reasons),
        "staff_mail": settings.staff_mail,
        "mails": [mail for mail in MAILS if settings.sends(mail)],
        "staff_notes": {True: "yes", False: "no", None: ""}[settings.staff_notes],
        "portal_channels": ", ".join(str(channel) for channel in settings.portal_channels),
    }


def _typed(section: str) -> dict[str, Any]:
    form = request.form
    if section == "window":
        return {
            **{name: form.get(name, "") for name in ("window_days", "grace_days", "review_above")},
            **{name: name in form for name in ("digital_returnable", "refund_shipping")},
            "categories": form.getlist("category"),
        }
    if section == "mails":
        return {"staff_mail": form.get("staff_mail", ""), "mails": form.getlist("mail")}
    return {name: form.get(name, "") for name in form if name != "csrf_token"}


@bp.get("/settings")
def settings() -> str:
    """Every setting on one page."""
    return page()


@bp.post("/settings/<section>")
def save(section: str) -> ResponseReturnValue:
    """Keep one section's form; what cannot be kept comes back beside its field."""
    if section not in SECTIONS:
        raise NotFound()
    try:
        changes = parse(section, request.form, settings_of(g.store))
    except InvalidSettings as invalid:
        flash("Not saved: " + " ".join(invalid.errors.values()), "error")
        return make_response(page(section, invalid.errors), 400)
    change_settings(g.store, changes, g.actor)
    flash("Saved.", f"success@{section}")
    return redirect(url_for("panel.settings", _anchor=section), code=303)
