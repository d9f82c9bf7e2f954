"""A return as its shopper sees it: what happened, what happens next, and calling it off."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ...flows import cancel_return
from ...policies.versions import reason_labels
from ...resolutions.queries import refunds_of
from . import access, words
from .door import bp
from .reach import get_my_return, me


@bp.get("/returns/<number>")
def show(number: str) -> ResponseReturnValue:
    """The status page."""
    rma = get_my_return(number)
    refunds = refunds_of(rma.id)
    return render_template(
        "portal/return.html",
        rma=rma,
        order=rma.order,
        steps=words.steps(rma, refunds),
        lines=words.lines(rma),
        next_step=words.next_step(rma),
        history=words.history(rma),
        can_cancel=cancel_return.can_cancel(rma),
        labels=reason_labels(rma.policy_version, rma.order.customer_locale or "en"),
        can_send=words.can_send(rma),
    )


@bp.post("/returns/<number>/cancel")
def cancel(number: str) -> ResponseReturnValue:
    """Call the return off, as far as the goods were not handed over."""
    rma = get_my_return(number)
    g.way_back = url_for("portal.show", number=rma.number)
    cancel_return.cancel(rma.id, me(rma.order))
    access.say("The return is cancelled. Please do not send the items.", "success")
    return redirect(g.way_back, code=303)
