"""Withdrawals: the list, one with its clock and what is to be done, checking a receipt, and their settings."""

from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ...catalog.queries import list_categories
from ...extensions import house_settings
from ...flows import follow_withdrawal
from ...flows.change_settings import change_settings
from ...lib import clock
from ...lib.errors import UserError
from ...returns.models import Return
from ...stores.queries import settings_of
from ...withdrawals import queries
from ...withdrawals.exceptions import BY_CODE, FOR_CATEGORIES
from ...withdrawals.models import Withdrawal
from ...withdrawals.verify import verify
from .as_message import as_message
from .door import bp
from .listing import Asked, Listing
from .parse import number, text
from .withdrawal_view import WithdrawalView, verdict_view, withdrawal_view

MAX_PASTED = 100_000


@bp.get("/withdrawals")
def withdrawals() -> str:
    """Every withdrawal, newest first; `?open=1`: those that wait for somebody."""
    asked = Asked.parse(request.args)
    open_only = "open" in request.args
    page = queries.list_withdrawals(open_only=open_only, q=asked.q, page=asked.page, per_page=asked.per_page)
    return render_template(
        "panel/withdrawals.html",
        listing=Listing([_view(one) for one in page.items], page.total, page.number, asked.per_page),
        open_only=open_only,
        open_count=queries.count_open(),
        q=asked.q,
        portal_path=url_for("portal.withdraw_form", store_hash=g.store.store_hash, _external=False),
    )


def _view(withdrawal: Withdrawal) -> WithdrawalView:
    return withdrawal_view(withdrawal, g.store, clock.today(g.store.timezone))


def withdrawal_page(withdrawal_id: int) -> str:
    """One withdrawal; after a refusal with what was typed."""
    withdrawal = queries.get_withdrawal(withdrawal_id)
    return render_template(
        "panel/withdrawal.html",
        withdrawal=_view(withdrawal),
        choosable=follow_withdrawal.lines_to_choose(withdrawal) if withdrawal.needs_person else [],
        typed=request.form,
    )


@bp.get("/withdrawals/<int:withdrawal_id>")
def withdrawal(withdrawal_id: int) -> str:
    """One withdrawal with everything about it."""
    return withdrawal_page(withdrawal_id)


def _back(withdrawal_id: int, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("panel.withdrawal", withdrawal_id=withdrawal_id), code=303)


@bp.post("/withdrawals/<int:withdrawal_id>/match")
@as_message(withdrawal_page)
def match_withdrawal(withdrawal_id: int) -> ResponseReturnValue:
    """Say which order is meant; field bc_order_id."""
    queries.get_withdrawal(withdrawal_id)
    bc_order_id = number((request.form.get("bc_order_id") or "").lstrip("# "))
    found = follow_withdrawal.match(withdrawal_id, bc_order_id, g.actor)
    what = f" Return {found.rma.number} is open." if found.rma is not None else ""
    return _back(withdrawal_id, f"The order is noted.{what}")


@bp.post("/withdrawals/<int:withdrawal_id>/look")
@as_message(withdrawal_page)
def look_at_withdrawal(withdrawal_id: int) -> ResponseReturnValue:
    """Look at the order anew: what was shipped since gets its return."""
    follow_withdrawal.look_again(withdrawal_id)
    return _back(withdrawal_id, "Looked at the order again.")


@bp.post("/withdrawals/<int:withdrawal_id>/items")
@as_message(withdrawal_page)
def choose_withdrawn(withdrawal_id: int) -> ResponseReturnValue:
    """Open the return for the items the shopper names; fields quantity-<order line id>."""
    chosen = follow_withdrawal.lines_to_choose(queries.get_withdrawal(withdrawal_id))
    quantities = {line.id: number(request.form.get(f"quantity-{line.id}") or "0") for line, _ in chosen}
    rma = follow_withdrawal.open_for_items(withdrawal_id, quantities, g.actor)
    return _back(withdrawal_id, f"{rma.number} is open.")


@bp.post("/withdrawals/<int:withdrawal_id>/done")
@as_message(withdrawal_page)
def finish_withdrawal(withdrawal_id: int) -> ResponseReturnValue:
    """What there was to do is done."""
    follow_withdrawal.finish_task(withdrawal_id, g.actor)
    return _back(withdrawal_id, "Noted as done.")


@bp.post("/withdrawals/<int:withdrawal_id>/proof")
@as_message(withdrawal_page)
def prove_withdrawal(withdrawal_id: int) -> ResponseReturnValue:
    """The shopper has shown that the goods are sent."""
    follow_withdrawal.take_proof(withdrawal_id, g.actor)
    return _back(withdrawal_id, "Noted. From now on the money can no longer be kept back.")


@bp.get("/withdrawals/verify")
def verify_receipt() -> str:
    """The form that checks a receipt."""
    return render_template("panel/withdrawal_verify.html", verdict=None, pasted="")


@bp.post("/withdrawals/verify")
def check_receipt() -> str:
    """Whether a receipt is ours and unchanged; field receipt."""
    pasted = text(request.form.get("receipt"))[:MAX_PASTED]
    settings = house_settings()
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    verdict = verdict_view(verify(pasted, g.store.store_hash, keys)) if pasted else None
    return render_template("panel/withdrawal_verify.html", verdict=verdict, pasted=pasted)


def _settings_page() -> str:
    settings = settings_of(g.store)
    names = {category.bc_category_id: category.name for category in list_categories()}
    return render_template(
        "panel/withdrawal_settings.html",
        settings=settings,
        kept=[
            (f"{bc_id}:{one.code}", names.get(bc_id, f"Category {bc_id}"), ground)
            for one in settings.withdrawal_exceptions
            for bc_id in [one.bc_category_id]
            if (ground := BY_CODE.get(one.code)) is not None
        ],
        names=names,
        grounds=FOR_CATEGORIES,
        digital=BY_CODE["digital_begun"],
    )


@bp.get("/withdrawals/settings")
def withdrawal_settings() -> str:
    """What the shop says of the right of withdrawal, and what the law excepts."""
    return _settings_page()


@bp.post("/withdrawals/settings")
def save_withdrawal_settings() -> ResponseReturnValue:
    """Keep them; fields offered, informed, exception (repeated, "category:code"), and category and ground to add."""
    try:
        wanted = [_exception(value) for value in request.form.getlist("exception")]
        if category := text(request.form.get("category")):
            wanted.append(_exception(f"{category}:{request.form.get('ground', '')}"))
    except UserError:
        flash("Not saved: choose a category and why the law excepts it.", "error")
        return make_response(_settings_page(), 400)
    changes: dict[str, Any] = {
        "withdrawal_offered": "offered" in request.form,
        "withdrawal_informed": "informed" in request.form,
        "withdrawal_exceptions": tuple({one["bc_category_id"]: one for one in wanted}.values())[:500],
    }
    change_settings(g.store, changes, g.actor)
    flash("Saved.", "success")
    return redirect(url_for("panel.withdrawal_settings"), code=303)


def _exception(value: str) -> dict[str, Any]:
    """One exception as the form sends it. Raises UserError("bad_form")."""
    category, _, code = value.partition(":")
    known = {ground.code for ground in FOR_CATEGORIES}
    if code not in known or not (bc_category_id := number(category)):
        raise UserError("bad_form")
    return {"bc_category_id": bc_category_id, "code": code}


@bp.context_processor
def _withdrawal_of() -> dict[str, Any]:
    """For the page of a return that a withdrawal opened."""

    def withdrawal_of(rma: Return) -> WithdrawalView | None:
        found = queries.find_by_return(rma.id)
        return _view(found) if found is not None else None

    return {"withdrawal_of": withdrawal_of}
