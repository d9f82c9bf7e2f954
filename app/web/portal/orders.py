"""An order, and the form that asks to return some of it."""

from collections.abc import Sequence

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...catalog.products import image_url
from ...extensions import db
from ...flows.request_return import PreviewLine, preview_return, request_return
from ...lib.errors import Conflict
from ...orders.models import Order
from ...orders.queries import orders_of_customer
from ...returns.queries import find_by_form_key, returns_of_order
from . import access
from .door import bp
from .draft import Draft
from .reach import get_my_order, is_mine, me

_COOKIE_ROOM = 2000
"""Characters of a form that fit into the browser's own session beside the rest."""


@bp.get("/orders")
def list_orders() -> ResponseReturnValue:
    """The customer's orders, newest first; a guest has one and goes there."""
    if g.portal.order_id is not None:
        return redirect(access.home())
    orders = [order for order in orders_of_customer(g.portal.bc_customer_id) if is_mine(order)]
    return render_template("portal/orders.html", orders=orders)


@bp.get("/orders/<int:order_number>")
def order(order_number: int) -> ResponseReturnValue:
    """The form, as far as it was filled in. `?check=1`: with what is wrong with it."""
    found = get_my_order(order_number)
    draft = _draft(found)
    preview = preview_return(found)
    problems = draft.problems(preview) if "check" in request.args else {}
    return render_template(
        "portal/order.html",
        order=found,
        preview=preview,
        draft=draft,
        problems=problems,
        returns=returns_of_order(found.id),
        pictures=_pictures(preview),
    )


@bp.post("/orders/<int:order_number>")
def save(order_number: int) -> ResponseReturnValue:
    """Keep what was typed and go on to the review, or back with what is wrong."""
    found = get_my_order(order_number)
    draft = Draft.parse(found.id, request.form)
    g.portal.draft = draft.to_json()
    db.session.commit()
    if draft.problems(preview_return(found)):
        return redirect(url_for("portal.order", order_number=order_number, check=1, _anchor="problems"), code=303)
    return redirect(url_for("portal.review", order_number=order_number), code=303)


@bp.get("/orders/<int:order_number>/review")
def review(order_number: int) -> ResponseReturnValue:
    """What is about to be asked, once more, before it is sent."""
    found = get_my_order(order_number)
    draft, preview = _draft(found), preview_return(found)
    if draft.problems(preview):
        return redirect(url_for("portal.order", order_number=order_number, check=1 if draft.lines else None))
    chosen = [(line, draft.line(line.order_line_id)) for line in preview if draft.line(line.order_line_id).picked]
    labels = {choice.code: choice.label for line in preview for choice in line.reasons}
    return render_template("portal/review.html", order=found, draft=draft, chosen=chosen, labels=labels)


@bp.post("/orders/<int:order_number>/review")
def send(order_number: int) -> ResponseReturnValue:
    """File the return that the review showed; field form_key. Pressed twice, it is filed once."""
    found = get_my_order(order_number)
    key = request.form.get("form_key", "").replace("\x00", "")
    if (filed := find_by_form_key(key)) is not None and filed.order_id == found.id:
        return redirect(url_for("portal.show", number=filed.number), code=303)
    draft = _draft(found)
    g.way_back = url_for("portal.review", order_number=order_number)
    if not draft.form_key or draft.form_key != key:
        raise Conflict("form_changed")
    g.way_back = url_for("portal.order", order_number=order_number, check=1)
    rma = request_return(found.id, draft.wanted(), origin="shopper", form_key=key, actor=me(found))
    g.portal.draft = {}
    db.session.commit()
    mailed = " You will also get it by mail." if g.settings.sends("requested") else ""
    access.say(f"Your request has reached the store.{mailed}", "success")
    return redirect(url_for("portal.show", number=rma.number), code=303)


def keep_for_later() -> None:
    """A form sent after the session ended: keep it in the browser until the shopper is in again."""
    view = request.view_args or {}
    if request.endpoint != "portal.save" or "order_number" not in view:
        return
    typed = {name: value for name, value in request.form.items() if name != "csrf_token" and value}
    if sum(len(name) + len(value.encode()) for name, value in typed.items()) <= _COOKIE_ROOM:
        session["kept"] = {"order": view["order_number"], "form": typed}


def _draft(found: Order) -> Draft:
    kept = session.pop("kept", None) if session.get("kept", {}).get("order") == found.bc_order_id else None
    if kept:
        g.portal.draft = Draft.parse(found.id, kept["form"]).to_json()
        db.session.commit()
    return Draft.of(found.id, g.portal.draft or {})


def _pictures(preview: Sequence[PreviewLine]) -> dict[int, str | None]:
    return {line.order_line_id: image_url(line.bc_product_id) for line in preview}
