"""The first page after the install: what is done and what is left to set up."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...flows.change_settings import change_settings
from ...orders.backfill import progress
from ...policies.versions import find_published
from ...stores.queries import settings_of
from ...stores.settings import MAILS
from .door import bp
from .placement_view import placement_views
from .settings import portal_url


@bp.get("/welcome")
def welcome() -> str:
    """The set-up steps."""
    settings = settings_of(g.store)
    return render_template(
        "panel/welcome.html",
        settings=settings,
        own_policy=find_published(),
        progress=progress(),
        portal_url=portal_url(),
        is_linked=any(one.is_there for one in placement_views()),
        mails_on=sum(settings.sends(mail) for mail in MAILS),
        mails=len(MAILS),
    )


@bp.get("/welcome/progress")
def sync_progress() -> str:
    """The progress bar alone, for the page to renew it."""
    return render_template("panel/progress.html", progress=progress())


@bp.post("/welcome/staff-notes")
def staff_notes() -> ResponseReturnValue:
    """The answer to "keep a line in the order's staff notes?"; field: answer yes or no."""
    wanted = request.form.get("answer") == "yes"
    change_settings(g.store, {"staff_notes": wanted}, g.actor)
    flash("We keep a line in the staff notes." if wanted else "We leave the staff notes alone.", "success")
    return redirect(url_for("panel.welcome"), code=303)
