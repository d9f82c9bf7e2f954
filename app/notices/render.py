"""A letter as a finished message: in the store's name, with a plain twin of its HTML."""

import re
from dataclasses import dataclass
from decimal import Decimal
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import css_inline
from flask import current_app, render_template

from ..extensions import db
from ..lib.money import Money
from ..policies.versions import reason_labels
from ..returns.models import Return
from ..stores.models import Store
from ..stores.settings import StoreSettings
from .models import Letter

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)


class BadAddress(Exception):
    """No letter can be addressed like this."""


@dataclass(frozen=True)
class LetterLine:
    """So many units of one product, and what is to say about them."""

    name: str
    quantity: int
    reason: str = ""
    why: str = ""


def render(letter: Letter, store: Store, settings: StoreSettings) -> EmailMessage:
    """`letter` as it goes out. The same letter gives the same Message-ID every time it is tried.

    Raises BadAddress when its address cannot stand in a header.
    """
    values = _values(letter, store, settings)
    folder = f"mail/{letter.notice}"
    message = EmailMessage()
    message["Subject"] = one_line(render_template(f"{folder}/subject.txt", **values))
    message["From"] = Address(one_line(store.name), addr_spec=current_app.config["SETTINGS"].mail_from)
    message["To"] = _recipient(letter.to_email)
    message["Date"] = format_datetime(letter.queued_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    text = render_template(f"{folder}/body.txt", **values)
    message.set_content(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")
    html = render_template(f"{folder}/body.html", **values)
    message.add_alternative(_INLINER.inline(html), subtype="html")
    return message


def _recipient(email: str) -> Address:
    try:
        return Address(addr_spec=email)
    except (ValueError, IndexError, MessageError):
        raise BadAddress from None


def one_line(text: str) -> str:
    """`text` fit for a header: line breaks and control characters become spaces, or a name could add headers."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", " ", text).split())


def _values(letter: Letter, store: Store, settings: StoreSettings) -> dict[str, Any]:
    rma = db.session.get(Return, letter.return_id) if letter.return_id is not None else None
    facts = letter.facts or {}
    order_number = rma.order.bc_order_id if rma else facts.get("order_number")
    return {
        "facts": facts,
        "store_name": one_line(store.name) or "the store",
        "code": letter.secret,
        "number": rma.number if rma else "",
        "order_number": order_number,
        "shopper_name": one_line(rma.order.shopper_name) if rma else "",
        "lines": _lines(facts, rma),
        "why": str(facts.get("why") or ""),
        "money": _money(facts.get("money")),
        "instructions": (rma.instructions if rma else "") or settings.instructions,
        "return_address": settings.return_address,
        "needs_review": any(line.decision in ("requested", "in_review") for line in rma.lines) if rma else False,
        "status_url": _status_url(store, rma),
        "panel_url": store.control_panel_url,
    }


def _lines(facts: dict[str, Any], rma: Return | None) -> list[LetterLine]:
    labels = reason_labels(rma.policy_version) if rma else {}
    if "lines" in facts:
        return [
            LetterLine(
                str(line["name"]),
                int(line["quantity"]),
                labels.get(line.get("reason") or "", str(line.get("reason") or "")),
                str(line.get("why") or ""),
            )
            for line in facts["lines"]
        ]
    lines = rma.lines if rma else []
    return [LetterLine(line.order_line.name, line.quantity, labels.get(line.reason, line.reason)) for line in lines]


def _money(raw: dict[str, str] | None) -> Money | None:
    return Money(Decimal(raw["amount"]), raw["currency"]) if raw else None


def _status_url(store: Store, rma: Return | None) -> str:
    base = f"{current_app.config['SETTINGS'].app_url}/r/{store.store_hash}"
    return f"{base}/returns/{rma.number}?order={rma.order.bc_order_id}" if rma else base
