"""How the sync with the store fares, in words."""

from dataclasses import dataclass

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ...extensions import db
from ...jobs import enqueue
from ...notices.queries import list_troubled
from ...orders.health import SyncHealth, sync_health
from ...resolutions.queries import list_open_refunds
from .door import bp
from .refund_view import refund_view
from .told_view import letter_view
from .words import HOOKS, error_in_words


@dataclass(frozen=True)
class Verdict:
    """The whole in one sentence. `tone` as of a message."""

    tone: str
    title: str
    text: str


@bp.get("/health")
def health() -> str:
    """What arrived when, what waits, and what went wrong."""
    found = sync_health(g.store)
    return render_template(
        "panel/health.html",
        health=found,
        verdict=_verdict(found),
        hooks=[(HOOKS.get(hook.scope, hook.scope), hook) for hook in found.hooks],
        hooks_on=sum(hook.is_active for hook in found.hooks),
        last_error=error_in_words(found.last_error) if found.last_error else "",
        errors=[(error, error_in_words(error.code)) for error in found.errors],
        letters=[letter_view(letter) for letter in list_troubled()],
        refunds=[(refund_view(refund), refund.return_id) for refund in list_open_refunds()],
    )


@bp.post("/health/sync")
def sync_now() -> ResponseReturnValue:
    """Look for changes now instead of at the next full hour."""
    for job in ("orders.reconcile", "hooks.check"):
        enqueue(job, lock=f"{job}:{g.store.id}", store_id=g.store.id)
    db.session.commit()
    flash("We are asking the store for everything that has changed. Reload in a moment.", "success")
    return redirect(url_for("panel.health"), code=303)


def _verdict(found: SyncHealth) -> Verdict:
    if found.paused_until is not None:
        text = "It lets every app ask only so often. We go on by ourselves; nothing is lost."
        return Verdict("warning", "The store asked us to wait", text)
    if found.errors:
        text = "We keep trying. If it goes on, open the app from the control panel again, or tell us."
        return Verdict("warning", "Some orders do not come through", text)
    if found.progress is not None and not found.progress.done:
        return Verdict("info", "Your orders are still arriving", "Changes already reach us while they do.")
    if any(not hook.is_active for hook in found.hooks):
        text = "Changes reach us within the hour instead of within seconds. Syncing now sets the webhooks up again."
        return Verdict("warning", "Some webhooks are missing", text)
    return Verdict("success", "Everything is up to date", "Changes in the store reach us within seconds.")
