"""What a rule says, as fields of a form, and back. `say-<effect>`: the rule says something about it."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from ...policies.effects import EFFECTS, Effects, Fees
from ...policies.sentences import LOCALES
from .parse import text

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
Values = dict[str, Any]


def values_of(effects: Effects) -> Values:
    """The fields as the form shows them."""
    values: Values = {f"say-{name}": getattr(effects, name) is not None for name in EFFECTS}
    outcome, window, fees = effects.outcome, effects.window, effects.fees or Fees()
    values |= {
        "decision": str(outcome.decision) if outcome else "authorize",
        "even_late": bool(outcome and outcome.even_late),
        "sentence": dict(outcome.sentence) if outcome else {},
        "days": str(window.days) if window else "",
        "counted_from": window.counted_from if window else "delivery",
        "grace_days": str(window.grace_days) if window else "0",
        "seasons": [
            {"ordered_from": str(one.ordered_from), "ordered_to": str(one.ordered_to), "until": str(one.until)}
            for one in effects.seasons or ()
        ],
        "reasons": list(effects.reasons or ()),
        "evidence": {code: str(count) for code, count in (effects.evidence or {}).items()},
        "resolutions": list(effects.resolutions or ()),
        "shipping_paid_by": effects.shipping_paid_by or "shopper",
        "refund_at": effects.refund_at or "received",
        "returnless_below": _amount(effects.returnless_below),
        "send_to": effects.send_to or "store",
    }
    return values | _fees_of(fees)


def _fees_of(fees: Fees) -> Values:
    restocking = fees.restocking
    kind = "" if restocking is None else "percent" if restocking.percent is not None else "flat"
    amount = None if restocking is None else restocking.percent if kind == "percent" else restocking.flat
    return {
        "restocking": kind,
        "restocking_amount": _amount(amount),
        "label": _amount(fees.label),
        "waived_reasons": list(fees.waived_for_reasons),
        "waived_resolutions": list(fees.waived_for_resolutions),
    }


def _amount(amount: Any) -> str:
    return "" if amount is None else f"{amount:f}"


def typed(form: MultiDict[str, str], *, is_whole: bool = False) -> Values:
    """What was typed, however wrong. `is_whole`: every effect has an answer (the defaults)."""
    values: Values = {f"say-{name}": is_whole or f"say-{name}" in form for name in EFFECTS}
    names = ("decision", "days", "counted_from", "grace_days", "shipping_paid_by", "refund_at", "returnless_below")
    values |= {name: text(form.get(name)) for name in (*names, "send_to", "restocking", "restocking_amount", "label")}
    lists = ("reasons", "resolutions", "waived_reasons", "waived_resolutions")
    values |= {name: form.getlist(name) for name in lists}
    return values | {
        "even_late": "even_late" in form,
        "sentence": texts(form, "sentence"),
        "seasons": _seasons(form),
        "evidence": {
            name.removeprefix("photos-"): text(value)
            for name, value in form.items()
            if name.startswith("photos-") and text(value) not in {"", "0"}
        },
    }


def texts(form: MultiDict[str, str], name: str) -> dict[str, str]:
    """A text per language, as far as there is one: fields "<name>-<locale>"."""
    found = {key.removeprefix(f"{name}-"): text(value) for key, value in form.items() if key.startswith(f"{name}-")}
    return {locale: value for locale, value in found.items() if value}


def _seasons(form: MultiDict[str, str]) -> list[dict[str, str]]:
    parts = zip(*(form.getlist(f"season-{name}") for name in ("from", "to", "until")), strict=False)
    rows = [dict(zip(("ordered_from", "ordered_to", "until"), map(text, part), strict=True)) for part in parts]
    return [row for row in rows if any(row.values())]


def effects_json(values: Values, *, all_reasons: bool = False) -> dict[str, Any]:
    """The effects as the document writes them. `all_reasons`: no reason chosen means every one (the defaults)."""
    made: dict[str, Any] = {
        "outcome": {
            "decision": values["decision"], "even_late": values["even_late"], "sentence": values["sentence"],
        },
        "window": {
            "days": number(values["days"]),
            "counted_from": values["counted_from"],
            "grace_days": number(values["grace_days"] or "0"),
        },
        "seasons": values["seasons"],
        "reasons": values["reasons"] or (None if all_reasons else []),
        "evidence": {code: number(count) for code, count in values["evidence"].items()},
        "resolutions": values["resolutions"],
        "fees": _fees_json(values),
        "shipping_paid_by": values["shipping_paid_by"],
        "refund_at": values["refund_at"],
        "returnless_below": values["returnless_below"].replace(",", ".") or "0",
        "send_to": values["send_to"],
    }  # fmt: skip
    return {name: made[name] for name in EFFECTS if values[f"say-{name}"] and made[name] is not None}


def _fees_json(values: Values) -> dict[str, Any]:
    fees: dict[str, Any] = {
        "waived_for_reasons": values["waived_reasons"], "waived_for_resolutions": values["waived_resolutions"],
    }  # fmt: skip
    if values["restocking"]:
        fees["restocking"] = {values["restocking"]: values["restocking_amount"].replace(",", ".")}
    if values["label"]:
        fees["label"] = values["label"].replace(",", ".")
    return fees


def number(value: str) -> int | str:
    """A whole number where one was typed; anything else as it is, for the document to refuse."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else value


assert set(LANGUAGES) == set(LOCALES)
