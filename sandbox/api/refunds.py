"""V3 refunds: quotes, refunds, transactions. Every refund POST is journalled, executed or not."""

from __future__ import annotations

import time

from flask import g, request
from flask.typing import ResponseReturnValue

from sandbox import state_orders, state_refunds, wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.money import number
from sandbox.quotes import Refused
from sandbox.state import Doc
from sandbox.state_refunds import InFlight, Twists

bp = base.door("refunds")


@bp.post("/v3/orders/<int:order_id>/payment_actions/refund_quotes")
@writes("store_v2_orders", "store_v2_transactions")
def create_quote(store: str, order_id: int) -> ResponseReturnValue:
    body = base.json_object()
    try:
        _, found, ways = state_refunds.quote(the_state(), store, order_id, body)
    except Refused as refused:
        raise Problem(422, str(refused), {refused.where: str(refused)}) from refused
    quote = {
        "order_id": order_id,
        "total_refund_amount": number(found.total),
        "total_refund_tax_amount": number(found.tax),
        "order_level_refund_amount": number(found.order_level),
        "rounding": number(found.rounding),
        "adjustment": number(found.adjustment),
        "tax_inclusive": found.tax_inclusive,
        "refund_methods": ways,
    }
    return base.data(quote, 201)


@bp.post("/v3/orders/<int:order_id>/payment_actions/refunds")
@writes("store_v2_orders", "store_v2_transactions")
def create_refund(store: str, order_id: int) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    state_orders.get_order(state, store, order_id)
    entry: Doc = {"store": store, "order_id": order_id, "body": body, "executed": False, "refund_id": None}
    entry["status"] = None
    seq = state.log("refund_posts", entry)
    try:
        state_refunds.claim(state, store, order_id)
    except InFlight as busy:
        state.amend_log(seq, {**entry, "status": 422})
        raise Problem(422, "Another refund of this order is being processed.", shape="data") from busy
    if fault := state.faults.take("refund_late_execution", path=_path(), store=store, method="POST"):
        # The slot stays taken until the work is done.
        task = {"store": store, "order_id": order_id, "body": body, "seq": seq, "entry": {**entry, "status": 502}}
        state.amend_log(seq, {**entry, "status": 502})
        state.schedule("refund_late", state.clock.now() + float(fault.get("delay_s", 3.0)), task)
        raise Problem(502, "Bad Gateway")
    try:
        time.sleep(float(state.habits(store)["refund_work_s"]))
        refund = state_refunds.execute(state, store, order_id, body, _twists(store))
    except Refused as refused:
        state.amend_log(seq, {**entry, "status": 422})
        raise Problem(422, str(refused), {refused.where: str(refused)}, shape="data") from refused
    finally:
        state_refunds.release(state, store, order_id)
    state.amend_log(seq, {**entry, "executed": True, "refund_id": refund["id"], "status": 201})
    return base.data(refund_wire({**refund, "silent_reason": False}), 201)


def _path() -> str:
    return request.path.removeprefix(f"/stores/{g.store}")


def _twists(store: str) -> Twists:
    facts = {"path": _path(), "store": store, "method": "POST"}
    take = the_state().faults.take
    later = take("refund_decline_later", **facts)
    listing = take("refund_late_listing", **facts)
    return Twists(
        declined=take("refund_decline", **facts) is not None,
        declined_later_s=float(later.get("delay_s", 1.0)) if later else None,
        listed_after_s=float(listing.get("delay_s", 5.0)) if listing else 0.0,
        silent_reason=take("refund_no_reason_echo", **facts) is not None,
    )


def refund_wire(refund: Doc) -> Doc:
    """The refund as V3 shows it."""
    shown = {
        key: value for key, value in refund.items() if key not in ("visible_at", "silent_reason", "previous_status_id")
    }
    shown["created"] = wire.iso(refund["created"])
    if refund["silent_reason"]:
        shown["items"] = [{**item, "reason": ""} for item in refund["items"]]
    return shown


def _visible(refunds: list[Doc]) -> list[Doc]:
    now = the_state().clock.now()
    return [refund for refund in refunds if refund["visible_at"] <= now]


@bp.get("/v3/orders/<int:order_id>/payment_actions/refunds")
@reads("store_v2_orders", "store_v2_transactions")
def list_order_refunds(store: str, order_id: int) -> ResponseReturnValue:
    state_orders.get_order(the_state(), store, order_id)
    found = _visible(state_refunds.refunds_of(the_state(), store, order_id))
    return base.data([refund_wire(refund) for refund in found])


@bp.get("/v3/orders/payment_actions/refunds/<int:refund_id>")
@reads("store_v2_orders", "store_v2_transactions")
def get_refund(store: str, refund_id: int) -> ResponseReturnValue:
    found = _visible([the_state().get(store, "refund", refund_id)])
    if not found:
        raise Problem(404, "The requested refund was not found.")
    shown = refund_wire(found[0])
    # Read alone, a refund writes its items' amounts as text; in lists and after the POST they are numbers.
    shown["items"] = [{**item, "requested_amount": str(item["requested_amount"])} for item in shown["items"]]
    return base.data(shown)


@bp.get("/v3/orders/payment_actions/refunds")
@reads("store_v2_orders", "store_v2_transactions")
def list_refunds(store: str) -> ResponseReturnValue:
    found = _visible(the_state().all(store, "refund"))
    for name, key in (("order_id:in", "order_id"), ("id:in", "id")):
        wanted = base.whole_list(name)
        if wanted is not None:
            found = [refund for refund in found if refund[key] in wanted]
    try:
        since = wire.parse_moment(request.args.get("created:min", "1970-01-01"))
        until = wire.parse_moment(request.args.get("created:max", "9000-01-01"))
    except ValueError as broken:
        raise Problem(422, "The filter 'created' is invalid.") from broken
    found = [refund for refund in found if since <= refund["created"] <= until]
    if transaction := request.args.get("transaction_id"):
        found = [refund for refund in found if transaction in {p["transaction_id"] for p in refund["payments"]}]
    return base.v3_page([refund_wire(refund) for refund in found])


@bp.get("/v3/orders/<int:order_id>/transactions")
@reads("store_v2_transactions")
def list_transactions(store: str, order_id: int) -> ResponseReturnValue:
    state = the_state()
    order = state_orders.get_order(state, store, order_id)
    found = state.all_of(store, "transaction", order_id)
    shown = [{**transaction, "date_created": wire.iso(transaction["date_created"])} for transaction in found]
    if not any(transaction["event"] == "purchase" for transaction in found):
        shown.insert(0, _purchase(order))
    return base.v3_page(shown)


def _purchase(order: Doc) -> Doc:
    """The payment the order came with; the simulator keeps no ledger line for it."""
    provider, offline = state_refunds.PROVIDERS.get(order.get("payment_method", ""), ("testgateway", False))
    return {
        "id": 1_000_000 + order["id"],
        "order_id": str(order["id"]),
        "event": "purchase",
        "method": "offline" if offline else "credit_card",
        "amount": float(order.get("total_inc_tax") or 0),
        "currency": order.get("default_currency_code", "USD"),
        "gateway": provider,
        "gateway_transaction_id": f"sandbox-{order['id']}",
        "date_created": wire.iso(order["date_created"]),
        "test": True,
        "status": "ok",
        "fraud_review": False,
    }
