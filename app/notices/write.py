"""Writing a letter down in the transaction of its cause; `deliver` sends it."""

import re
import secrets
from typing import Any

from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from ..extensions import current_store_id, db
from ..jobs import enqueue
from ..lib import clock
from ..stores.queries import get_store, settings_of
from ..stores.settings import MAILS
from .models import Letter

ALWAYS = ("guest_code", "withdrawal_receipt")
"""Letters nobody can switch off: without the code no guest gets in, and the law demands the receipt."""
NOTICES = (*MAILS, *ALWAYS, "staff_withdrawal")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+")


def write(
    notice: str,
    *,
    cause: str,
    to_email: str,
    return_id: int | None,
    facts: dict[str, Any],
    secret: str | None = None,
) -> Letter | None:
    """Write letter `notice` to `to_email` once per `cause`, and enqueue its sending; both commit with the caller.

    Gives None when the merchant switched this letter off or the cause has its letter already. A letter to no proper
    address is kept as refused, so that people see it.
    `facts`: what this event has to say, all of it optional. {lines: [{name, quantity, reason, why}], why: str,
    money: {amount, currency}, order_number: int, receipts: [{number, text, digest, seal}]}. The return's
    number, order and instructions are added when sent.
    `secret`: a guest's code; lies encrypted and is removed once sent.
    """
    if notice not in NOTICES:
        raise ValueError(f"no letter is called {notice}")
    if notice not in ALWAYS and not settings_of(get_store()).sends(notice):
        return None
    proper = _ADDRESS.fullmatch(to_email) is not None
    row = {
        "store_id": current_store_id(),
        "return_id": return_id,
        "notice": notice,
        "cause": cause,
        "to_email": to_email,
        "facts": facts,
        "secret": secret if proper else None,
        "message_id": _message_id(),
        "subject": "",
        "state": "queued" if proper else "refused",
        "tries": 0,
        "error": None if proper else "There is no proper mail address to write to.",
        "queued_at": clock.now(),
    }
    statement = insert(Letter).values(row).on_conflict_do_nothing(index_elements=["store_id", "cause"])
    letter = db.session.scalar(statement.returning(Letter))
    if letter is not None and proper:
        enqueue("letter.send", queue="mail", store_id=letter.store_id, letter_id=letter.id)
    return letter


def _message_id() -> str:
    domain = current_app.config["SETTINGS"].mail_from.rpartition("@")[2]
    return f"<{secrets.token_hex(16)}@{domain}>"
