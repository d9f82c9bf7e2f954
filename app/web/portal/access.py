"""How a shopper comes in: order number, mail and a mailed code; or the storefront's word for who is signed in."""

import re
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...bc_client.oauth import BadToken, verify_current_customer_jwt
from ...extensions import csrf, db
from ...flows import prove_guest
from ...lib import clock, signing
from ...lib.errors import Forbidden, UserError
from ...stores.sessions import carry_draft, end_portal_session, open_portal_session
from .door import bp
from .reach import find_my_order, find_my_return

_NUMBER = re.compile(r"RMA-[0-9A-Z]{6}")


def say(text: str, kind: str) -> None:
    """Show `text` on the next page. `kind`: error, success."""
    flash(text, kind)


def wanted() -> dict[str, Any]:
    """Where the visitor was going, as far as it may stand in an address: order and return number."""
    view = request.view_args or {}
    order = str(view.get("order_number") or request.values.get("order", ""))
    number = str(view.get("number") or request.values.get("return", "")).upper()
    found = {"order": order if order.isascii() and order.isdecimal() and len(order) <= 19 else ""}
    found["return"] = number if _NUMBER.fullmatch(number) else ""
    return {name: value for name, value in found.items() if value}


def home() -> str:
    """The first page of whoever is in: the order of a guest, the orders of a customer."""
    if g.portal.order_id is not None and (order := find_my_order(g.portal.order_id, by_id=True)):
        return url_for("portal.order", order_number=order.bc_order_id)
    return url_for("portal.list_orders")


def _onward() -> str | None:
    """The address of what was asked for, if the visitor may see it."""
    goal = wanted()
    if "return" in goal and find_my_return(goal["return"]) is not None:
        return url_for("portal.show", number=goal["return"])
    if "order" in goal and find_my_order(int(goal["order"])) is not None:
        return url_for("portal.order", order_number=int(goal["order"]))
    return None


@bp.get("", strict_slashes=False)
def entry() -> ResponseReturnValue:
    """The form that asks for order number and mail; who is in already goes on."""
    if g.portal is not None:
        onward = _onward()
        if onward is not None or not wanted():
            return redirect(onward or home())
    return render_template("portal/entry.html", goal=wanted(), typed=session.get("look", {}))


@bp.post("/code")
def ask() -> ResponseReturnValue:
    """Mail a code, or do as if: fields order, email, return."""
    typed = {name: request.form.get(name, "").replace("\x00", "").strip()[:254] for name in ("order", "email")}
    goal = {name: value for name, value in wanted().items() if name == "return"}
    session["look"] = {**typed, **goal}
    g.way_back = url_for("portal.entry", **goal)
    if not typed["order"] or not typed["email"]:
        raise UserError("look_up_incomplete")
    key = prove_guest.ask_code(typed["order"], typed["email"], visitor=visitor())
    session["look"] = {**session["look"], "key": key}
    return redirect(url_for("portal.code"), code=303)


@bp.get("/code")
def code() -> ResponseReturnValue:
    """The form that asks for the code."""
    look = session.get("look", {})
    if "key" not in look:
        return redirect(url_for("portal.entry"))
    return render_template("portal/code.html", look=look)


@bp.post("/enter")
def enter() -> ResponseReturnValue:
    """Try a code; field code."""
    look = session.get("look", {})
    if "key" not in look:
        return redirect(url_for("portal.entry"), code=303)
    g.way_back = url_for("portal.code")
    key = prove_guest.enter_code(look["key"], request.form.get("code", ""))
    _come_in(key)
    return redirect(url_for("portal.entry", **{k: look[k] for k in ("return",) if look.get(k)}), code=303)


@bp.post("/signed-in")
@csrf.exempt
def signed_in() -> ResponseReturnValue:
    """The storefront says who is signed in: fields jwt (its current.jwt), order_id (optional).

    It comes from another site without our cookie; the signature stands for it.
    """
    settings = current_app.config["SETTINGS"]
    try:
        customer = verify_current_customer_jwt(
            request.form.get("jwt", ""),
            client_id=settings.bc_client_id,
            client_secrets=settings.bc_client_secret,
            store_hash=g.store.store_hash,
            now=clock.now(),
        )
    except BadToken as bad:
        current_app.logger.info("current.jwt refused in store %s: %s", g.store.id, bad.reason)
        raise Forbidden("sign_in_again") from None
    key = open_portal_session(bc_customer_id=customer.customer_id)
    db.session.commit()
    _come_in(key)
    order = request.form.get("order_id", "")
    goal: dict[str, Any] = {"order": order} if order.isascii() and order.isdecimal() and len(order) <= 18 else {}
    return redirect(url_for("portal.entry", **goal), code=303)


@bp.post("/leave")
def leave() -> ResponseReturnValue:
    """End the session."""
    end_portal_session(session["portal_key"])
    db.session.commit()
    session.clear()
    return redirect(url_for("portal.entry"), code=303)


def _come_in(key: str) -> None:
    # A new session for a new person: nothing of the old one is kept but what was typed in this browser, and that
    # shows only to who may see its order.
    kept, old_key = session.get("kept"), session.get("portal_key")
    if old_key:
        carry_draft(old_key, key)
        db.session.commit()
    session.clear()
    session["portal_key"] = key
    if kept:
        session["kept"] = kept


def visitor() -> str:
    """What stands for the browser's network address where tries are counted."""
    # Counted, not kept: the throttle must not become a list of network addresses.
    return signing.sign(current_app.config["SETTINGS"].secret_key, "visitor", request.remote_addr or "")[:32]
