"""A return's page, and what is done on it."""

from collections.abc import Sequence

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...catalog.queries import image_urls, list_categories
from ...flows import cancel_return, decide_return, receive_parcel, settle_return
from ...flows.cancel_return import can_cancel
from ...lib.errors import UserError
from ...notices.models import Letter
from ...notices.queries import letters_of
from ...orders.queries import best_known_shipped_at
from ...resolutions.models import Refund
from ...resolutions.queries import find_refund_of, get_quote, refunds_of
from ...returns.models import Return
from ...returns.queries import get_return
from ...returns.states import MoneyState
from ...stores.queries import settings_of
from ...write_back.models import WriteBack
from ...write_back.queries import write_backs_of
from .as_message import as_message
from .door import bp
from .parse import LinesForm, Typed, number, text
from .refund_view import QuoteView, quote_view, refund_view
from .return_view import event_views, line_views, note_views, refundable_of
from .told_view import book_view, letter_view


def page(return_id: int, refund_id: int | None = None) -> str:
    """The return's page; after a refusal with what was typed."""
    rma = get_return(return_id)
    settings = settings_of(g.store)
    quote, books, letters = _quote(rma), write_backs_of(rma.id), letters_of(rma.id)
    images = image_urls([line.order_line.bc_product_id for line in rma.lines])
    categories = {category.bc_category_id: category.name for category in list_categories()}
    lines = line_views(rma, images, categories)
    refunds = refunds_of(rma.id)
    return render_template(
        "panel/return.html",
        rma=rma,
        order=rma.order,
        shipped_at=best_known_shipped_at(rma.order),
        lines=lines,
        decidable=[line for line in lines if "authorize" in line.can],
        receivable=[line for line in lines if "receive" in line.can],
        cancellable=can_cancel(rma),
        refunds=[refund_view(refund) for refund in refunds],
        refundable=refundable_of(rma, lines, settings),
        quote=quote,
        is_moving=quote is None and _is_moving(refunds, books, letters),
        events=event_views(rma),
        notes=note_views(rma),
        books=[book_view(one) for one in books],
        letters=[letter_view(one) for one in letters],
        typed=Typed((request.endpoint or "").removeprefix("panel."), request.form),
    )


def _is_moving(refunds: Sequence[Refund], books: Sequence[WriteBack], letters: Sequence[Letter]) -> bool:
    """Whether a worker will change something within seconds. What is tried again later is not waited for."""
    return (
        any(refund.state in {MoneyState.PROMISED, MoneyState.SENDING} for refund in refunds)
        or any(book.wanted_version > book.done_version and not book.error for book in books)
        or any(letter.state == "queued" and not letter.tries for letter in letters)
    )


def _quote(rma: Return) -> QuoteView | None:
    """The quote the address names, while nobody has confirmed it."""
    quote_id = request.args.get("quote", type=int)
    if quote_id is None or find_refund_of(quote_id) is not None:
        return None
    return quote_view(get_quote(quote_id, rma.id), rma)


def _back(return_id: int, *, part: str | None = None, quote: int | None = None) -> ResponseReturnValue:
    return redirect(url_for("panel.show", return_id=return_id, quote=quote, _anchor=part), code=303)


@bp.get("/returns/<int:return_id>")
def show(return_id: int) -> str:
    """One return with everything about it."""
    return page(return_id)


@bp.post("/returns/<int:return_id>/authorize")
@as_message(page)
def authorize(return_id: int) -> ResponseReturnValue:
    """Authorize chosen lines and quantities; fields in LinesForm. Against a rejection, `why` is needed."""
    form = LinesForm.parse(request.form)
    decide_return.authorize(return_id, form.quantities, g.actor, form.why or None, versions=form.versions)
    flash("Authorized. The shopper gets the instructions by mail.", "success")
    return _back(return_id)


@bp.post("/returns/<int:return_id>/reject")
@as_message(page)
def reject(return_id: int) -> ResponseReturnValue:
    """Reject chosen lines and quantities with a reason; fields in LinesForm."""
    form = LinesForm.parse(request.form)
    decide_return.reject(return_id, form.quantities, g.actor, form.why, versions=form.versions)
    flash("Rejected. The shopper reads your reason in a mail.", "success")
    return _back(return_id)


@bp.post("/returns/<int:return_id>/receive")
@as_message(page)
def receive(return_id: int) -> ResponseReturnValue:
    """Mark chosen lines and quantities as received; fields in LinesForm."""
    form = LinesForm.parse(request.form)
    receive_parcel.receive(return_id, form.quantities, g.actor, versions=form.versions)
    flash("Marked as received. You can refund it now.", "success")
    return _back(return_id)


@bp.post("/returns/<int:return_id>/cancel")
@as_message(page)
def cancel(return_id: int) -> ResponseReturnValue:
    """Call off what is not handed over yet; field: sure."""
    get_return(return_id)
    if not request.form.get("sure"):
        raise UserError("not_sure")
    cancel_return.cancel(return_id, g.actor)
    flash("Cancelled. The shopper is told by mail.", "success")
    return _back(return_id)


@bp.post("/returns/<int:return_id>/note")
@as_message(page)
def note(return_id: int) -> ResponseReturnValue:
    """Write a note among staff; field: text."""
    decide_return.add_note(return_id, text(request.form.get("text")), g.actor)
    return _back(return_id, part="notes")


@bp.post("/returns/<int:return_id>/quote")
@as_message(page)
def quote(return_id: int) -> ResponseReturnValue:
    """Ask the store what it would pay back for chosen lines; fields in LinesForm, shipping."""
    get_return(return_id)
    form = LinesForm.parse(request.form)
    taken = settle_return.quote(
        return_id,
        form.quantities,
        shipping=bool(request.form.get("shipping")),
        actor=g.actor,
        versions=form.versions,
    )
    return _back(return_id, part="refund", quote=taken.id)


@bp.post("/returns/<int:return_id>/refund")
@as_message(page)
def refund(return_id: int) -> ResponseReturnValue:
    """Confirm a quote; fields: quote_id, despite_difference. Pressed twice, it is promised once."""
    get_return(return_id)
    settle_return.promise(
        return_id,
        number(request.form.get("quote_id")),
        actor=g.actor,
        despite_difference=bool(request.form.get("despite_difference")),
    )
    flash("Confirmed. The store is being asked to pay it out.", "success@refund")
    return _back(return_id, part="refund")


@bp.post("/returns/<int:return_id>/refunds/<int:refund_id>/take-back")
@as_message(page)
def take_back(return_id: int, refund_id: int) -> ResponseReturnValue:
    """Withdraw a refund that was not sent yet."""
    settle_return.take_back(return_id, refund_id, g.actor)
    flash("Taken back. No money has moved.", "success@refund")
    return _back(return_id, part="refund")


@bp.post("/returns/<int:return_id>/refunds/<int:refund_id>/decide")
@as_message(page)
def decide_refund(return_id: int, refund_id: int) -> ResponseReturnValue:
    """Say what became of a refund nobody else could tell; fields: went_out yes or no, why."""
    answer = request.form.get("went_out")
    if answer not in {"yes", "no"}:
        raise UserError("nothing_chosen")
    why = text(request.form.get("why"))
    settle_return.decide_unknown(return_id, refund_id, went_out=answer == "yes", actor=g.actor, why=why)
    flash("Noted. The return goes on from there.", "success@refund")
    return _back(return_id, part="refund")
