"""Withdrawing from the contract: two steps, no code, no reason, and the same answer for every order number.

Nothing of the visitor's session is used but to fill in what they have proven; so these forms need no token, and a
browser without cookies or a page left open for a day loses no statement.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from ...extensions import csrf
from ...flows import withdraw
from ...lib import clock, ids
from ...orders.models import Order
from ...withdrawals.deadline import Period
from ...withdrawals.queries import period_of_order
from ...withdrawals.sentences import PROBLEMS
from ...withdrawals.statement import Statement, one_line
from .access import visitor
from .door import bp
from .reach import find_my_order

LIMITS = {"name": 100, "order": 60, "email": 254, "items": 500}
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_WEB = re.compile(r"://|\bwww\.", re.IGNORECASE)


@dataclass(frozen=True)
class Typed:
    """The form as it was filled in, every value on one line."""

    name: str = ""
    order: str = ""
    email: str = ""
    items: str = ""

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> "Typed":
        return cls(**{name: one_line(form.get(name, ""))[:5000] for name in LIMITS})

    def problems(self) -> dict[str, str]:
        """What stands against sending it: field -> sentence."""
        found = {name: PROBLEMS[name] for name in ("name", "order") if not getattr(self, name)}
        if not _ADDRESS.fullmatch(self.email):
            found["email"] = PROBLEMS["email"]
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if len(value) > limit:
                found[name] = PROBLEMS["too_long"].format(limit=limit)
            # The receipt goes to whatever address is given: it must not carry anybody's advertisement.
            elif name != "email" and _WEB.search(value):
                found[name] = PROBLEMS["address_in_text"]
        return found

    @property
    def statement(self) -> Statement:
        return Statement(name=self.name, order_reference=self.order, email=self.email, items=self.items)


@bp.get("/withdraw")
def withdraw_form() -> str:
    """The first step: who, which order, where to send the receipt. Who has proven an order finds it filled in."""
    return _form(_known())


@bp.post("/withdraw")
@csrf.exempt
def withdraw_review() -> ResponseReturnValue:
    """What is about to be stated, once more; or the form with what is wrong. Fields: name, order, email, items."""
    typed = Typed.parse(request.form)
    if "change" in request.form:
        return _form(typed)
    if problems := typed.problems():
        return _form(typed, problems), 400
    return render_template("portal/withdrawal/confirm.html", typed=typed, form_key=ids.token())


@bp.post("/withdraw/confirm")
@csrf.exempt
def withdraw_send() -> ResponseReturnValue:
    """Take the statement; fields as before and form_key. Answered on this page and by mail."""
    typed = Typed.parse(request.form)
    if problems := typed.problems():
        return _form(typed, problems), 400
    stated = withdraw.state(typed.statement, form_key=request.form.get("form_key", "")[:200], visitor=visitor())
    return render_template("portal/withdrawal/done.html", typed=typed, stated=stated)


def _form(typed: Typed, problems: Mapping[str, str] | None = None) -> str:
    return render_template("portal/withdrawal/form.html", typed=typed, problems=problems or {}, limits=LIMITS)


def _known() -> Typed:
    reference = one_line(request.args.get("order", ""))[: LIMITS["order"]]
    number = int(reference) if reference.isascii() and reference.isdecimal() and len(reference) <= 18 else 0
    order = find_my_order(number) if number and g.portal is not None else None
    if order is None:
        return Typed(order=reference)
    return Typed(name=one_line(order.shopper_name), order=reference, email=order.shopper_email.strip())


@bp.context_processor
def _withdrawal() -> dict[str, object]:
    """What the pages around it say of withdrawing."""
    return {"withdrawal_period": _period, "now": clock.now}


def _period(order: Order) -> Period:
    settings = g.settings
    return period_of_order(
        order, timezone=g.store.timezone, informed=settings.withdrawal_informed, grace_days=settings.grace_days
    )
