"""The store's orders, one order with its returns, and a return created for a shopper who called."""

from dataclasses import dataclass

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...catalog.queries import image_urls
from ...extensions import db
from ...flows.request_return import PreviewLine, WantedLine, preview_return, request_return
from ...lib import ids
from ...lib.errors import NotFound, UserError
from ...orders.models import Order
from ...orders.queries import best_known_shipped_at, find_order_by_bc_id, get_order_by_bc_id, list_orders
from ...orders.wanted import want_order
from ...returns.queries import returns_of_order
from .as_message import as_message
from .door import bp
from .listing import Asked, Listing
from .parse import number, text
from .return_view import options_in_words


@bp.get("/orders")
def orders() -> str:
    """The orders we know, newest first, searched and in pages."""
    return _orders("panel/orders.html")


@bp.get("/returns/new")
def pick_order() -> str:
    """The first step of a return created by staff: whose order is it?"""
    return _orders("panel/pick_order.html")


def _orders(template: str) -> str:
    asked = Asked.parse(request.args)
    page = list_orders(page=asked.page, q=asked.q, per_page=asked.per_page)
    return render_template(template, listing=Listing(page.items, page.total, page.number, asked.per_page), q=asked.q)


@bp.get("/orders/<int:bc_order_id>")
def order(bc_order_id: int) -> str:
    """One order: its lines, its returns, its refunds."""
    found = get_order_by_bc_id(bc_order_id)
    return render_template(
        "panel/order.html",
        order=found,
        shipped_at=best_known_shipped_at(found),
        lines=preview_return(found),
        images=image_urls([line.bc_product_id for line in found.lines]),
        returns=returns_of_order(found.id),
    )


@bp.get("/orders/<int:bc_order_id>/returns")
def order_returns(bc_order_id: int) -> ResponseReturnValue:
    """Where the control panel's "Returns" leads. An order that has not arrived yet is asked for."""
    if bc_order_id >= 2**63:
        raise NotFound()
    if find_order_by_bc_id(bc_order_id) is not None:
        return redirect(url_for("panel.order", bc_order_id=bc_order_id), code=303)
    want_order(bc_order_id)
    db.session.commit()
    return render_template("panel/no_order_yet.html", bc_order_id=bc_order_id), 404


@dataclass(frozen=True)
class NewLine:
    """An order line in the form, with what was typed for it."""

    sold: PreviewLine
    options: str
    image_url: str
    quantity: str
    reason: str
    comment: str


def new_page(bc_order_id: int) -> str:
    """The form for a return on a shopper's behalf; after a refusal with what was typed."""
    found = get_order_by_bc_id(bc_order_id)
    return render_template(
        "panel/new_return.html",
        order=found,
        lines=_new_lines(found),
        form_key=request.form.get("form_key") or ids.token(),
    )


def _new_lines(found: Order) -> list[NewLine]:
    images = image_urls([line.bc_product_id for line in found.lines])
    typed = request.form
    return [
        NewLine(
            sold=line,
            options=options_in_words(line.options),
            image_url=images.get(line.bc_product_id, ""),
            quantity=typed.get(f"quantity-{line.order_line_id}", ""),
            reason=typed.get(f"reason-{line.order_line_id}", ""),
            comment=typed.get(f"comment-{line.order_line_id}", ""),
        )
        for line in preview_return(found)
    ]


@bp.get("/orders/<int:bc_order_id>/returns/new")
def new_return(bc_order_id: int) -> str:
    """The form for a return on a shopper's behalf."""
    return new_page(bc_order_id)


@bp.post("/orders/<int:bc_order_id>/returns/new")
@as_message(new_page)
def create_return(bc_order_id: int) -> ResponseReturnValue:
    """File a return for a shopper; fields: form_key and per order line quantity-, reason-, comment-<id>."""
    found = get_order_by_bc_id(bc_order_id)
    rma = request_return(
        found.id,
        _wanted(found),
        origin="merchant",
        form_key=request.form.get("form_key", ""),
        actor=g.actor,
    )
    flash(f"{rma.number} is created.", "success")
    return redirect(url_for("panel.show", return_id=rma.id), code=303)


def _wanted(found: Order) -> list[WantedLine]:
    wanted = []
    for line in found.lines:
        quantity = number(request.form.get(f"quantity-{line.id}") or "0")
        if not quantity:
            continue
        reason = request.form.get(f"reason-{line.id}", "")
        if not reason:
            raise UserError("reason_missing", name=line.name)
        wanted.append(WantedLine(line.id, quantity, reason, comment=text(request.form.get(f"comment-{line.id}"))))
    return wanted
