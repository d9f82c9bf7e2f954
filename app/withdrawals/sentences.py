"""What shoppers and staff read of a withdrawal, in one place, for whoever translates it. Pure."""

from collections.abc import Mapping

from .deadline import Basis
from .models import Task

REASON = "withdrawal"
"""The reason code of the lines of a return that a withdrawal opened: nobody was asked for one."""

DECISIONS: Mapping[str, str] = {
    "in_time": "You have withdrawn in time. Please send it back within 14 days of your statement.",
    "late": "We look at your withdrawal ourselves and answer by mail.",
    "excepted": "For this item we have to look ourselves whether a withdrawal is possible. We answer by mail.",
    "again": "We look at your withdrawal ourselves and answer by mail.",
}
"""By the rule that decided a line: what the shopper reads."""

TASKS: Mapping[str, tuple[str, str]] = {
    Task.MATCH: (
        "Find the order",
        "We know no order of this number with this mail address. Find out which one is meant, or answer the shopper.",
    ),
    Task.CANCEL: (
        "Cancel the order",
        "Not all of it has been shipped. Stop it and cancel or refund it in your control panel; we cannot.",
    ),
    Task.CHOOSE: (
        "Choose the items",
        "The shopper withdraws from a part of the order, in their own words. Open the return for the items they name.",
    ),
    Task.LOOK: (
        "Look at it",
        "Nothing of the order is left that a return could be opened for: it is returned, refunded or cancelled.",
    ),
}
"""By task: its name, and what there is to do."""

BASIS: Mapping[str, str] = {
    Basis.DELIVERED: "the delivery",
    Basis.LAST_SHIPMENT: "the last shipment",
    Basis.SHIPPED: "the day the order was shipped",
    Basis.CONCLUDED: "the day of the order, because nothing of it is sent in a parcel",
}
FALLBACKS: Mapping[str, str] = {
    "no_delivery_date": "the delivery date is not known",
    "no_shipment": "no parcel is known",
    "unknown_timezone": "the store's time zone is not known",
}

PROBLEMS: Mapping[str, str] = {
    "name": "Please give your name.",
    "order": "Please give the order number, or whatever names your order.",
    "email": "Please give the mail address where you want the receipt, such as name@example.com.",
    "too_long": "Please write at most {limit} characters.",
    "address_in_text": "Please write this without a web address.",
}
"""What stands against sending the form, by field."""

PAY_BEFORE = "To pay before they are here, refund the order in your control panel: it is taken in here by itself."
PROOF_NOTED = "The shopper has shown that the goods are sent: the money can no longer be withheld."

VERDICTS: Mapping[str, tuple[str, str, str]] = {
    "genuine": ("success", "This receipt is genuine", "We have this very statement, and the seal on it is ours."),
    "changed": ("error", "This receipt was changed", "We have a receipt of this number, but its text is another."),
    "number_known": (
        "info", "We have a receipt of this number",
        "Paste the statement or its SHA-256 too, and we can tell whether its text is unchanged.",
    ),
    "sealed": ("warning", "The seal is ours", "We made this receipt, but keep no such statement any more."),
    "broken": ("error", "Our record does not fit its seal", "The text in our books was changed. Please tell us."),
    "unknown": ("error", "This is no receipt of ours", "We know neither its number nor its text."),
}  # fmt: skip
"""By what is found: a message's tone, its title, and what it means."""
