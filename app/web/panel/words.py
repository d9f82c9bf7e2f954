"""The panel's words for states, events and rules: what a clerk reads instead of a column's value."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...returns.models import ReturnEvent
from ...returns.states import Custody, Decision, MoneyState

DECISIONS: Mapping[str, str] = {
    Decision.REQUESTED: "Waits for your decision",
    Decision.IN_REVIEW: "Waits for your decision",
    Decision.NEEDS_DETAILS: "Waits for the shopper's answer",
    Decision.REJECTED: "Rejected",
    Decision.CANCELLED: "Cancelled",
    Decision.EXPIRED: "Expired: never sent back in time",
}
CUSTODY: Mapping[str, str] = {
    Custody.WITH_SHOPPER: "Still with the shopper",
    Custody.AWAITING_PICKUP: "Waits to be picked up",
    Custody.IN_TRANSIT: "On its way back",
    Custody.RECEIVED: "Received",
    Custody.INSPECTED: "Received and inspected",
    Custody.LOST: "Lost on the way",
    Custody.NOT_RETURNED: "Never came back",
    Custody.KEPT: "Kept by the shopper",
    Custody.SENT_BACK: "Sent back to the shopper",
}
MONEY: Mapping[str, str] = {
    MoneyState.PROMISED: "refund is about to be sent",
    MoneyState.SENDING: "refund is being sent",
    MoneyState.SETTLED: "refunded",
    MoneyState.REFUSED: "refund was declined",
    MoneyState.UNKNOWN: "refund not confirmed yet",
}

EVENTS: Mapping[str, str] = {
    "open": "Return requested",
    "split": "Line split",
    "note": "Note",
    "review": "Put up for a decision",
    "ask": "Asked the shopper for details",
    "authorize": "Authorized",
    "reject": "Rejected",
    "cancel": "Cancelled",
    "expire": "Expired",
    "book_pickup": "Pickup booked",
    "cancel_pickup": "Pickup cancelled",
    "hand_over": "Handed over",
    "receive": "Received",
    "inspect": "Inspected",
    "lose": "Lost on the way",
    "give_up": "Given up: never came back",
    "keep": "The shopper keeps it",
    "send_back": "Sent back to the shopper",
    "promise": "Refund confirmed",
    "take_back": "Refund taken back",
    "send": "Refund on its way to the store",
    "settle": "Refunded",
    "refuse": "Refund declined",
    "decline": "The store declined the refund afterwards",
    "lose_track": "The store did not answer: refund not confirmed",
    "promise_again": "The store has no such refund: it will be sent again",
    "adopt": "Refunded outside the app",
}
TROUBLE = frozenset({"refuse", "decline", "lose_track", "lose", "reject"})

RULES: Mapping[str, tuple[str, str]] = {
    "gift_certificate": ("It is a gift certificate", "Not a gift certificate"),
    "digital_goods": ("It is a download, and those are not returnable", "Not a download that is excluded"),
    "excluded_category": ("Its category is excluded", "Not in an excluded category"),
    "outside_window": ("The return window is over", "The return window is still open"),
    "window_unsure": ("The window cannot be told for sure", "The window is sure enough"),
    "category_unknown": ("The store did not tell its categories", "Its categories do not stand in the way"),
    "reason_not_listed": ("The reason is not on the list", "The reason is on the list"),
    "above_amount": ("The request is above the amount you look at yourself", "Not above the amount you look at"),
    "within_policy": ("Nothing speaks against it", "Something speaks against it"),
    "fact_unknown": ("It hangs on something nobody knows", "Everything it hangs on is known"),
    "otherwise": ("No rule of yours speaks against it", "A rule of yours decides"),
    "withdrawal_in_time": ("The shopper has withdrawn from the contract in time", "Not a withdrawal"),
    "withdrawal_late": ("The shopper has withdrawn, but after the period", "Not a withdrawal"),
    "withdrawal_excepted": ("The shopper has withdrawn, but the law may except this item", "Not a withdrawal"),
    "withdrawal_again": ("The shopper has withdrawn again after an earlier return", "Not a withdrawal"),
}
"""By rule: what it says when it matched, and when it did not."""

BASIS: Mapping[str, str] = {
    "delivered": "the delivery",
    "last_shipment": "the last shipment",
    "shipped": "the day the order was shipped",
    "ordered": "the day of the order",
}
FALLBACKS: Mapping[str, str] = {
    "no_delivery_date": "the delivery date is not known",
    "no_shipment": "no shipment is known",
    "not_all_shipped": "the order is not fully shipped",
    "shipments_unavailable": "the store did not answer when asked for its shipments",
    "unknown_timezone": "the store's time zone is not known",
}
OUTCOMES: Mapping[str, str] = {
    "authorize": "Authorized by your policy",
    "review": "Left to you by your policy",
    "refuse": "Refused by your policy",
}
LETTERS: Mapping[str, str] = {
    "requested": "Request received",
    "authorized": "Authorized",
    "rejected": "Rejected",
    "received": "Parcel received",
    "refunded": "Refunded",
    "cancelled": "Cancelled",
    "staff_new_request": "New request, to your staff",
    "guest_code": "Code for a guest",
    "staff_withdrawal": "Withdrawal, to your staff",
    "withdrawal_receipt": "Receipt of a withdrawal",
}
BOOKS: Mapping[str, str] = {"metafields": "Order metafields", "staff_note": "Staff note"}
PLACEMENTS: Mapping[str, str] = {
    "page": "“Returns” link in the storefront menu",
    "policy_page": "“Return policy” page",
    "script": "“Return items” button on the account pages",
    "app_extension": "“Returns” in your order list's menu",
}
BLOCKED: Mapping[str, str] = {
    "name_taken": "You have a page of that name yourself, and we leave it alone. Link our portal from it.",
    "scope": "A permission is missing ({detail}). Install the app again to grant it.",
    "gone": "The store has no such channel any more.",
    "refused": "The store did not accept it.",
}
HOOKS: Mapping[str, str] = {
    "store/order/created": "New orders",
    "store/order/updated": "Changed orders",
    "store/order/archived": "Archived orders",
    "store/order/statusUpdated": "Order status",
    "store/order/refund/created": "Refunds",
    "store/shipment/created": "Shipments",
    "store/shipment/updated": "Changed shipments",
    "store/product/updated": "Products",
    "store/product/deleted": "Removed products",
    "store/category/created": "New categories",
    "store/category/updated": "Changed categories",
    "store/category/deleted": "Removed categories",
    "store/information/updated": "The store itself",
    "store/app/uninstalled": "Uninstallation",
}
ERRORS: Mapping[str, str] = {
    "unauthorized": "The store no longer accepts our key: open the app from the control panel again.",
    "forbidden": "A permission is missing ({detail}). Install the app again to grant it.",
    "hooks_blocked": "BigCommerce has blocked webhooks to our address for now; we look every hour instead.",
    "not_found": "The store did not find what we asked for.",
    "rejected": "The store refused what we sent (answer {detail}).",
    "unavailable": "The store did not answer; we try again by ourselves.",
    "BCUnavailable": "The store did not answer; we try again by ourselves.",
    "BCRateLimited": "The store asked us to wait; we go on by ourselves.",
    "StorePaused": "The store asked us to wait; we go on by ourselves.",
}
"""By the stable code of what went wrong, the part before its colon."""


def error_in_words(code: str) -> str:
    """A stable code such as "forbidden:store_v2_orders" as a sentence."""
    name, _, detail = code.partition(":")
    return ERRORS.get(name, f"Something went wrong ({code}); we try again by ourselves.").format(detail=detail)


def state_in_words(decision: str, custody: str, money: str) -> str:
    """One line's three states as a sentence fragment: "Received, refund is being sent"."""
    first = CUSTODY[custody] if decision == Decision.AUTHORIZED else DECISIONS[decision]
    return f"{first}, {MONEY[money]}" if money in MONEY else first


def reason_label(code: str, labels: Mapping[str, str]) -> str:
    """What people read for a reason. `labels`: of the policy it was chosen under; one not in it reads as its code."""
    return labels.get(code, code.replace("_", " ").capitalize())


def deed_title(events: Sequence[ReturnEvent], names: Mapping[int, str]) -> str:
    """ "Authorized: 2 × Linen shirt, 1 × Mug" for the events of one deed. `names`: by line id."""
    kind = events[0].kind
    title = EVENTS.get(kind, kind.replace("_", " ").capitalize())
    units = Counter[str]()
    for event in events:
        if (name := names.get(event.line_id or 0)) is not None:
            units[name] += event.quantity or 0
    what = ", ".join(f"{quantity} × {name}" if quantity else name for name, quantity in units.items())
    return f"{title}: {what}" if what and kind != "open" else title


def actor_name(event: ReturnEvent) -> str:
    """Who did it."""
    fixed = {"policy": "Your policy", "store": "BigCommerce", "system": "Backhaul"}
    if event.actor_kind in fixed:
        return fixed[event.actor_kind]
    who = "Shopper" if event.actor_kind == "shopper" else "Staff"
    return event.actor_name or who


def window_sentence(window: Mapping[str, Any]) -> str:
    """From when the window was counted, and what had to be done without."""
    text = f"Counted from {BASIS.get(window.get('basis', ''), 'the best known date')}"
    if window.get("grace_days"):
        text += f", with {window['grace_days']} days of grace"
    missing = [FALLBACKS.get(name, name) for name in window.get("fallbacks", ())]
    return f"{text}, because {' and '.join(missing)}." if missing else f"{text}."
