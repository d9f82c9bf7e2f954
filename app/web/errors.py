"""What people read when something does not work: a sentence by code, or a reference to the log."""

import logging
import secrets

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ..extensions import db
from ..lib.errors import RemoteError, UserError
from .session import panel_visit, sorry

log = logging.getLogger(__name__)

SENTENCES: dict[str, str] = {
    "already_promised": "Money for {name} is promised or paid already.",
    "bad_form": "The form was not complete. Reload the page and send it again.",
    "bad_quantity": "Choose between 1 and {left} units.",
    "code_over": "This code is too old, was used already, or was tried too often. Ask for another one below.",
    "draft_changed": "Somebody changed this meanwhile. Nothing you typed is lost: look at both, then save again.",
    "empty_note": "Write something into the note first.",
    "forbidden": "You are not allowed to do this.",
    "form_changed": "This form was changed in another window. Here is what it says now: send it if it is right.",
    "form_used": "This form was sent already. Open a new one and fill it in again.",
    "handed_over": "These items are on their way or received already: they can no longer be called off.",
    "line_of_another_return": "This item belongs to another return. Reload the page and choose again.",
    "look_up_incomplete": "Please fill in both the order number and the e-mail address.",
    "money_promised": "Money for these items is promised or paid already: they can no longer be called off.",
    "needs_why": "Say why: a reason is needed here.",
    "no_such_order": "We know no order of this number. Look at the orders, and try again.",
    "not_allowed_now": "That is no longer possible: this has changed in the meantime. Look at it again.",
    "not_alone": "{name} is part of a set: it comes back with the set it belongs to.",
    "not_authorized": "These items are not authorized: decide on them first.",
    "not_authorized_yet": "{name} is not authorized: decide on it first, then ask for the refund.",
    "not_cancellable": "This return can no longer be cancelled: its items are on their way, received or refunded.",
    "not_found": "There is nothing here under this address.",
    "not_received_yet": "{name} has not come back yet: mark it received first, then ask for the refund.",
    "not_returned": "These items never came back: nothing can be paid for them.",
    "not_sure": "Tick the box to confirm.",
    "not_waiting": "This refund no longer waits for anybody: look at it again.",
    "nothing_chosen": "Choose at least one item and how many of it.",
    "over_refund": "This is more than is left on the order: {left}. Choose less, or look at what was refunded before.",
    "over_returnable": "Of {name}, {left} can still be returned. Choose no more than that.",
    "policy_not_ready": "Not published: look at what the check found, and at the cases that come out differently.",
    "quote_changed": "The order or the return has changed since the store quoted {total}. Ask for a new quote.",
    "quote_differs": "The store quotes {total}; by what was paid it would be {expected}. Look at both, then confirm.",
    "quote_refused": "The store does not let this be refunded: {why}. Look at the order in your control panel.",
    "reason_missing": "Choose a reason for {name}.",
    "refund_under_way": "This refund is on its way to the store already: it can no longer be taken back.",
    "shipping_granted_already": "The shipping of this order was refunded already. Ask for the items without it.",
    "sign_in_again": "The store could not tell us who you are. Go back to the store, sign in and try again.",
    "stale_form": "This form is too old. Reload the page and send it again.",
    "stale_line": "Somebody else was faster: this line has changed. Look at it again.",
    "store_unreachable": "The store does not answer right now. Nothing was changed; try again in a minute.",
    "text_too_long": "That text is too long: keep it under {limit} characters.",
    "too_many_codes": "Too many codes were asked for. Wait a quarter of an hour, then try again.",
    "too_many_units": "Of {name} there are only {left} in this return. Choose no more than that.",
    "unknown_line": "This item is not part of the order.",
    "unknown_list": "There is no such list. Go back and choose one.",
    "unknown_reason": "Choose one of the reasons.",
    "unknown_resolution": "Choose what you would like to get for it.",
    "unreadable_entry": "This cannot be read. Write a whole mail address, phone number or postal address.",
    "user_removed": "Your access to Backhaul was taken away. The owner can give it back in the control panel.",
    "wrong_code": "That is not the code in the mail. Tries left: {left}.",
}
"""By code, in English; `{names}` are filled from the error's facts."""


def sentence(error: UserError) -> str:
    """What the person reads. A code without a sentence reads as itself, so that it is noticed."""
    template = SENTENCES.get(error.code, error.code.replace("_", " ").capitalize() + ".")
    return template.format_map({key: str(value) for key, value in error.facts.items()})


def init_app(app: Flask) -> None:
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(RemoteError, _remote_error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def _page(status: int, title: str, text: str, *, code: str, reference: str | None = None) -> ResponseReturnValue:
    db.session.rollback()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"error": code, "message": text, "reference": reference}, status
    return render_template("errors/page.html", title=title, text=text, reference=reference), status


def _user_error(error: UserError) -> ResponseReturnValue:
    return _page(error.status, "That did not work", sentence(error), code=error.code)


def _remote_error(error: RemoteError) -> ResponseReturnValue:
    log.warning("remote error at the door: %s on %s", type(error).__name__, request.endpoint)
    return _page(503, "The store does not answer", SENTENCES["store_unreachable"], code="store_unreachable")


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    if request.path.startswith("/panel") and panel_visit() is None:
        return sorry("open_again", 401)
    text = "This form is too old or your session has ended. Go back, reload the page and send it again."
    return _page(400, "Please send it again", text, code="stale_form")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    text = SENTENCES["not_found"] if status == 404 else (error.description or error.name)
    return _page(status, error.name, text, code=error.name.lower().replace(" ", "_"))


def _bug(error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    log.exception("bug %s on %s", reference, request.endpoint)
    text = "Something went wrong on our side. Nothing you typed was used. Tell us this reference if it happens again."
    return _page(500, "Something went wrong", text, code="internal", reference=reference)
