"""The settings page's forms: what they send becomes a change of `StoreSettings`, or a sentence per field."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from ...stores.settings import BUILT_IN_REASONS, MAILS, Reason, StoreSettings
from .parse import text

_MAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")
_SENTENCES: Mapping[str, str] = {
    "window_days": "Give a whole number of days, from 0 to 3650.",
    "grace_days": "Give a whole number of days, from 0 to 60.",
    "review_above": "Give an amount such as 250 or 99.50, or leave it empty.",
    "staff_mail": "Give a mail address such as returns@your-store.com, or leave it empty.",
    "return_address": "Use at most 500 characters.",
    "instructions": "Use at most 2,000 characters.",
    "reasons": "Use at most 80 characters for a reason.",
    "non_returnable_categories": "Choose from the list.",
    "portal_channels": "Give channel numbers such as 1, 1024, or leave it empty.",
}

Changes = dict[str, Any]


class InvalidSettings(Exception):
    """What was typed cannot be kept. `errors`: a sentence by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


def parse(section: str, form: MultiDict[str, str], before: StoreSettings) -> Changes:
    """The changes form `section` asks for, valid. Raises KeyError for no such section, InvalidSettings."""
    changes = SECTIONS[section](form, before)
    try:
        StoreSettings.model_validate({**before.model_dump(), **changes})
    except ValidationError as error:
        fields = {str(one["loc"][0]) for one in error.errors()}
        raise InvalidSettings({name: _SENTENCES.get(name, "This cannot be kept.") for name in fields}) from None
    return changes


def _window(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    above = text(form.get("review_above")).replace(",", ".")
    if above and (not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", above)):
        raise InvalidSettings({"review_above": _SENTENCES["review_above"]})
    return {
        "window_days": text(form.get("window_days")),
        "grace_days": text(form.get("grace_days")),
        "review_above": above or None,
        "digital_returnable": "digital_returnable" in form,
        "refund_shipping": "refund_shipping" in form,
        "non_returnable_categories": tuple(form.getlist("category")),
    }


def _address(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    return {"return_address": text(form.get("return_address")), "instructions": text(form.get("instructions"))}


def _reasons(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    labels = dict.fromkeys(" ".join(label.split()) for label in text(form.get("reasons")).split("\n"))
    taken = {reason.label.lower() for reason in BUILT_IN_REASONS}
    codes = {reason.label: reason.code for reason in before.reasons}
    reasons: list[dict[str, str]] = []
    used = {reason.code for reason in BUILT_IN_REASONS} | set(codes.values())
    for label in labels:
        if not label or label.lower() in taken:
            continue
        code = codes.get(label) or _code(label, used)
        used.add(code)
        reasons.append({"code": code, "label": label})
    return {"reasons": tuple(reasons)}


def _code(label: str, used: set[str]) -> str:
    """A stable code for a new reason: its letters, numbered where that is taken."""
    base = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:34] or "reason"
    code, count = base, 2
    while code in used:
        code, count = f"{base}_{count}", count + 1
    return code


def _mails(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    address = text(form.get("staff_mail"))
    if address and not _MAIL.fullmatch(address):
        raise InvalidSettings({"staff_mail": _SENTENCES["staff_mail"]})
    on = set(form.getlist("mail"))
    return {"staff_mail": address, "mails_off": tuple(mail for mail in MAILS if mail not in on)}


def _notes(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    answer = form.get("staff_notes")
    if answer not in {"yes", "no"}:
        raise InvalidSettings({"staff_notes": "Choose one of the two."})
    return {"staff_notes": answer == "yes"}


def _storefront(form: MultiDict[str, str], before: StoreSettings) -> Changes:
    typed = text(form.get("portal_channels"))
    channels = [channel for channel in re.split(r"[\s,;]+", typed) if channel]
    if len(channels) > 50 or not all(re.fullmatch(r"[1-9][0-9]{0,8}", channel) for channel in channels):
        raise InvalidSettings({"portal_channels": _SENTENCES["portal_channels"]})
    return {"portal_channels": tuple(dict.fromkeys(int(channel) for channel in channels))}


SECTIONS: Mapping[str, Callable[[MultiDict[str, str], StoreSettings], Changes]] = {
    "window": _window,
    "address": _address,
    "reasons": _reasons,
    "mails": _mails,
    "notes": _notes,
    "storefront": _storefront,
}


def reasons_as_text(reasons: tuple[Reason, ...]) -> str:
    """The merchant's own reasons as the form shows them: one a line."""
    return "\n".join(reason.label for reason in reasons)
