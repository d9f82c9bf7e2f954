"""Refunds in the store: quoted, checked against the quote, executed one at a time per order, paid out later."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox import state_catalog, state_hooks, state_orders
from sandbox.money import ZERO, dec, number, rounded
from sandbox.quotes import (
    Quote,
    Refused,
    habit_of,
    left_of_order,
    quote_items,
    refunded_quantity,
)
from sandbox.state import Doc, State

DECLINED = "The payment provider declined the refund."
PROVIDERS = {
    "Test Payment Gateway": ("testgateway", False),
    "Credit Card": ("braintree", False),
    "PayPal": ("paypalexpress", False),
    "Cash on Delivery": ("cod", True),
    "Bank Deposit": ("bankdeposit", True),
    "Check": ("cheque", True),
    "Money Order": ("moneyorder", True),
    "Manual": ("custom", True),
}
_slots_lock = threading.Lock()


class InFlight(Exception):
    """Another refund of the same order is being processed."""


@dataclass(frozen=True)
class Twists:
    """What the armed refund faults do to this one."""

    declined: bool = False
    declined_later_s: float | None = None
    listed_after_s: float = 0.0
    silent_reason: bool = False


def refunds_of(state: State, store: str, order_id: int) -> list[Doc]:
    return state.all_of(store, "refund", order_id)


def counting(refunds: list[Doc]) -> list[Doc]:
    """The refunds that use up quantity and money: all but those whose payments were all declined."""
    return [refund for refund in refunds if not all(payment["is_declined"] for payment in refund["payments"])]


def quote(state: State, store: str, order_id: int, body: Doc) -> tuple[Doc, Quote, list[list[Doc]]]:
    """(order, quote, refund methods) for a request `{items}` or `{tax_adjustment_amount}`. Raises Refused, Missing."""
    order = state_orders.get_order(state, store, order_id)
    if order["status_id"] in (0, 6, 7):
        raise Refused("The order's payment has not been settled; there is nothing to refund.", "order_id")
    past = counting(refunds_of(state, store, order_id))
    habit = habit_of(order, state.habits(store))
    if "tax_adjustment_amount" in body:
        amount = dec(body["tax_adjustment_amount"])
        if not 0 < amount <= min(dec(order.get("total_tax")), left_of_order(order, past)):
            raise Refused("More tax than is left to refund.", "tax_adjustment_amount")
        found = Quote(amount, amount, ZERO, ZERO, ZERO, habit.tax_inclusive)
    else:
        found = quote_items(order, body.get("items") or [], past, habit)
    return order, found, methods(order, found.total, past)


def methods(order: Doc, total: Decimal, past: list[Doc]) -> list[list[Doc]]:
    """The ways to pay `total` back; each inner list is one way and may split over tenders."""
    credit_left = dec(order.get("store_credit_amount")) - _paid_back(past, "storecredit")
    certificate = dec(order.get("gift_certificate_amount"))
    gateway = max(left_of_order(order, past) - max(credit_left, ZERO) - certificate, ZERO)
    provider, offline = PROVIDERS.get(order.get("payment_method", "Test Payment Gateway"), ("custom", True))
    name = order.get("payment_method", "Test Payment Gateway")
    ways: list[list[Doc]] = []
    original: list[Doc] = []
    by_card = min(total, gateway)
    if by_card > 0:
        original.append(_way(provider, name, by_card, offline=offline))
    if total > by_card:
        fallback = ("storecredit", "Store credit") if order.get("customer_id") else ("custom", "Offline")
        original.append(_way(*fallback, total - by_card, offline=fallback[0] == "custom"))
    ways.append(original or [_way(provider, name, total, offline=offline)])
    if order.get("customer_id") and [entry["provider_id"] for entry in ways[0]] != ["storecredit"]:
        ways.append([_way("storecredit", "Store credit", total, offline=False)])
    if [entry["provider_id"] for entry in ways[0]] != ["custom"]:
        ways.append([_way("custom", "Offline", total, offline=True)])
    return ways


def _way(provider: str, description: str, amount: Decimal, *, offline: bool) -> Doc:
    return {
        "provider_id": provider,
        "provider_description": description,
        "amount": number(amount),
        "offline": offline,
        "offline_provider": offline,
        "offline_reason": "This payment method cannot be refunded online." if offline else "",
    }


def _paid_back(past: list[Doc], provider: str) -> Decimal:
    found = [payment for refund in past for payment in refund["payments"] if payment["provider_id"] == provider]
    return sum((dec(payment["amount"]) for payment in found if not payment["is_declined"]), ZERO)


def claim(state: State, store: str, order_id: int) -> None:
    """Take the order's one refund slot; raises InFlight. Give it back with `release`."""
    with _slots_lock:
        if (store, order_id) in state.refund_slots:
            raise InFlight
        state.refund_slots.add((store, order_id))


def release(state: State, store: str, order_id: int) -> None:
    with _slots_lock:
        state.refund_slots.discard((store, order_id))


def check_payments(order: Doc, body: Doc, found: Quote, ways: list[list[Doc]]) -> tuple[Decimal, Decimal]:
    """(total, tax) to execute, once the payments fit the quote or the merchant's own figures. Raises Refused."""
    payments = body.get("payments") or []
    if any(payment.get("provider_id") == "storecredit" for payment in payments) and not order.get("customer_id"):
        raise Refused("Unable to provide store credit for a guest customer.", "payments")
    total, tax = found.total, found.tax
    override = body.get("merchant_calculated_override")
    if override is not None:
        total, tax = dec(override.get("total_amount")), dec(override.get("total_tax"))
    if "tax_adjustment_amount" in body and not payments:
        return total, tax
    if not payments:
        raise Refused("payments is required.", "payments")
    if sum((dec(payment.get("amount")) for payment in payments), ZERO) != total:
        raise Refused("The payments do not add up to the refund amount; ask for a new quote.", "payments")
    asked = sorted((str(payment.get("provider_id")), dec(payment["amount"])) for payment in payments)
    if override is None:
        offered = [sorted((entry["provider_id"], dec(entry["amount"])) for entry in way) for way in ways]
        if asked not in offered:
            raise Refused("The payments are none of the quote's refund methods.", "payments")
    elif not {provider for provider, _ in asked} <= {entry["provider_id"] for way in ways for entry in way}:
        raise Refused("The payments are none of the quote's refund methods.", "payments")
    return total, tax


def execute(state: State, store: str, order_id: int, body: Doc, twists: Twists, *, user_id: int = 0) -> Doc:
    """Check and record the refund, change the order, plan the payout, tell the hooks. Raises Refused, Missing."""
    with state.writing():
        order, found, ways = quote(state, store, order_id, body)
        total, tax = check_payments(order, body, found, ways)
        if total > left_of_order(order, counting(refunds_of(state, store, order_id))):
            raise Refused("More than is left to refund.", "payments")
        now = state.clock.now()
        refund = _refund_doc(state, store, order, body, found, (total, tax), ways)
        refund.update(user_id=user_id, created=int(now), visible_at=now + twists.listed_after_s)
        refund.update(silent_reason=twists.silent_reason, previous_status_id=order["status_id"])
        if twists.declined:
            for payment in refund["payments"]:
                payment.update(is_declined=True, declined_message=DECLINED)
        state.put(store, "refund", refund["id"], refund)
        state.own(store, "refund", order_id, refund["id"])
        if not twists.declined:
            _settle_order(state, store, order_id)
            _plan_payout(state, store, refund, twists)
        data = {"type": "order", "id": order_id, "refund": {"refund_id": refund["id"]}}
        state_hooks.emit(state, store, "store/order/refund/created", data)
    return refund


def _refund_doc(
    state: State, store: str, order: Doc, body: Doc, found: Quote, sums: tuple[Decimal, Decimal], ways: list[list[Doc]]
) -> Doc:
    items = []
    for item, part in zip(body.get("items") or [], found.shares, strict=True):
        shown = {"item_type": item["item_type"], "item_id": item["item_id"], "reason": item.get("reason") or ""}
        if "quantity" in item:
            shown.update(quantity=item["quantity"], adjustments=item.get("adjustments") or [])
        shown["requested_amount"] = number(rounded(part, order.get("default_currency_code", "USD")))
        items.append(shown)
    payments = [
        {
            "id": state.next_id(store, "refund_payment"),
            "provider_id": payment["provider_id"],
            "amount": payment["amount"],
            "offline": bool(payment.get("offline", False)),
            "is_declined": False,
            "declined_message": "",
            "transaction_id": "",
        }
        for payment in body.get("payments") or ways[0]
    ]
    return {
        "id": state.next_id(store, "refund"),
        "order_id": order["id"],
        "reason": "",
        "total_amount": number(sums[0]),
        "total_tax": number(sums[1]),
        "uses_merchant_override_values": "merchant_calculated_override" in body,
        "items": items,
        "payments": payments,
    }


def _settle_order(state: State, store: str, order_id: int, back_to: int | None = None) -> None:
    """Bring the lines' refunded quantities and the order's status in line with its refunds."""
    before = state_orders.get_order(state, store, order_id)
    order = json.loads(json.dumps(before))
    past = counting(refunds_of(state, store, order_id))
    for line in order["products"]:
        line["quantity_refunded"] = refunded_quantity(past, "PRODUCT", line["id"])
        line["is_refunded"] = line["quantity_refunded"] >= int(line["quantity"])
    if not past:
        order.update(status_id=back_to or before["status_id"], payment_status="captured")
    elif left_of_order(order, past) <= 0:
        order.update(status_id=4, payment_status="refunded")
    else:
        order.update(status_id=14, payment_status="partially refunded")
    settings = state.store(store)["settings"]["inventory"]
    if order["status_id"] == 4 != before["status_id"] and settings["refund_order_stock_adjustment"]:
        state_catalog.restock_order(state, store, order)
    state_orders.change_order(state, store, order, before=before)


def _plan_payout(state: State, store: str, refund: Doc, twists: Twists) -> None:
    later = twists.declined_later_s
    delay_s = float(state.habits(store)["refund_async_s"] if later is None else later)
    task = {"store": store, "refund_id": refund["id"], "declined": later is not None}
    state.schedule("refund_payout", state.clock.now() + delay_s, task)


def run_task(state: State, kind: str, body: Doc) -> None:
    """A refund's own background: the payout, or an execution that was answered with an error long before."""
    if kind == "refund_payout":
        _pay_out(state, body["store"], body["refund_id"], declined=body["declined"])
        return
    try:
        refund = execute(state, body["store"], body["order_id"], body["body"], Twists())
    except Refused as refused:
        state.amend_log(body["seq"], {**body["entry"], "executed": False, "late": str(refused)})
    else:
        state.amend_log(body["seq"], {**body["entry"], "executed": True, "refund_id": refund["id"]})
    finally:
        release(state, body["store"], body["order_id"])


def _pay_out(state: State, store: str, refund_id: int, *, declined: bool) -> None:
    with state.writing():
        refund = state.find(store, "refund", refund_id)
        if refund is None:
            return
        order = state_orders.get_order(state, store, refund["order_id"])
        for payment in refund["payments"]:
            if declined:
                payment.update(is_declined=True, declined_message=DECLINED)
            else:
                payment["transaction_id"] = str(add_transaction(state, store, order, "refund", payment)["id"])
                if payment["provider_id"] == "storecredit":
                    state_catalog.add_store_credit(state, store, order["customer_id"], dec(payment["amount"]))
        state.put(store, "refund", refund_id, refund)
        if declined:
            _settle_order(state, store, order["id"], back_to=refund["previous_status_id"])
            _tell_transaction(state, store, order["id"], {"id": 0, "status": "error", "event": "refund"}, "created")


def add_transaction(state: State, store: str, order: Doc, event: str, payment: Doc) -> Doc:
    """Write a transaction of the order in its ledger and tell the hooks."""
    methods_by_provider = {"storecredit": "store_credit", "custom": "custom"}
    gateways = {"storecredit": "storecredit", "custom": "custom"}
    provider = payment["provider_id"]
    transaction = {
        "id": state.next_id(store, "transaction"),
        "order_id": str(order["id"]),
        "event": event,
        "method": methods_by_provider.get(provider, "offline" if payment.get("offline") else "credit_card"),
        "amount": payment["amount"],
        "currency": order.get("default_currency_code", "USD"),
        "gateway": gateways.get(provider, provider),
        "gateway_transaction_id": uuid.uuid4().hex[:16],
        "date_created": state.now(),
        "test": True,
        "status": "ok",
        "fraud_review": False,
    }
    state.put(store, "transaction", transaction["id"], transaction)
    state.own(store, "transaction", order["id"], transaction["id"])
    _tell_transaction(state, store, order["id"], transaction, "created")
    _tell_transaction(state, store, order["id"], transaction, "updated")
    return transaction


def _tell_transaction(state: State, store: str, order_id: int, transaction: Doc, name: str) -> None:
    data: dict[str, Any] = {
        "type": "transaction",
        "order_id": str(order_id),
        "transaction_id": transaction["id"],
        "transaction_status": transaction["status"],
        "transaction_type": transaction["event"],
        "result": {},
        "platform_transaction_id": str(transaction["id"]),
        "provider_transaction_id": transaction.get("gateway_transaction_id", ""),
    }
    state_hooks.emit(state, store, f"store/order/transaction/{name}", data)


def refund_by_hand(state: State, store: str, order_id: int, items: list[Doc], *, user_id: int | None = None) -> Doc:
    """The clerk refunds in the control panel: the quote's first method, whatever it comes to. Raises Refused."""
    claim(state, store, order_id)
    try:
        with state.writing():
            body: Doc = {"items": [{"item_type": "PRODUCT", **item} for item in items]}
            _, _, ways = quote(state, store, order_id, body)
            body["payments"] = ways[0]
            clerk = user_id or state.store(store)["users"][-1]["id"]
            return execute(state, store, order_id, body, Twists(), user_id=clerk)
    finally:
        release(state, store, order_id)
