"""What a shopper typed on the form, kept until it is sent, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...flows.request_return import PreviewLine, WantedLine
from ...lib import ids
from ...returns.service import MAX_TEXT

KEPT_TEXT = 10_000
"""Longer comments are cut before they are kept; up to there people get them back to shorten."""
_FIELDS = ("pick", "quantity", "reason", "comment", "resolution")


@dataclass(frozen=True)
class DraftLine:
    """One order line as it was filled in."""

    picked: bool = False
    quantity: int = 1
    reason: str = ""
    comment: str = ""
    resolution: str = "refund"

    @classmethod
    def parse(cls, form: Mapping[str, str], line_id: int) -> "DraftLine":
        typed = {name: form.get(f"{name}-{line_id}", "").replace("\x00", "") for name in _FIELDS}
        digits = typed["quantity"].strip()
        quantity = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0
        comment = "\n".join(typed["comment"].splitlines()).strip()[:KEPT_TEXT]
        return cls(
            bool(typed["pick"]),
            quantity if typed["quantity"] else 1,
            typed["reason"][:40],
            comment,
            typed["resolution"][:40] or "refund",
        )


@dataclass(frozen=True)
class Draft:
    """A whole form. `form_key` is new with every change, so that only what was shown can be sent."""

    order_id: int
    lines: Mapping[int, DraftLine] = field(default_factory=dict)
    form_key: str = ""

    @classmethod
    def parse(cls, order_id: int, form: Mapping[str, str]) -> "Draft":
        """Read fields pick-<id>, quantity-<id>, reason-<id>, resolution-<id> and comment-<id>; id: the order line's."""
        names = (name.partition("-") for name in form)
        found = {int(tail) for head, _, tail in names if head in _FIELDS and tail.isascii() and tail.isdecimal()}
        lines = {line_id: DraftLine.parse(form, line_id) for line_id in sorted(found)[:500]}
        return cls(order_id, lines, ids.token())

    @classmethod
    def of(cls, order_id: int, document: Mapping[str, Any]) -> "Draft":
        """The kept draft, or an empty one when what was kept is about another order."""
        if document.get("order_id") != order_id:
            return cls(order_id)
        lines = {int(line_id): DraftLine(**line) for line_id, line in document["lines"].items()}
        return cls(order_id, lines, document["form_key"])

    def to_json(self) -> dict[str, Any]:
        """{order_id, form_key, lines: {order line id: {picked, quantity, reason, comment, resolution}}}"""
        lines = {str(line_id): vars(line) for line_id, line in self.lines.items()}
        return {"order_id": self.order_id, "form_key": self.form_key, "lines": lines}

    def line(self, line_id: int) -> DraftLine:
        return self.lines.get(line_id, DraftLine())

    def wanted(self) -> list[WantedLine]:
        return [
            WantedLine(line_id, line.quantity, line.reason, line.resolution, line.comment)
            for line_id, line in self.lines.items()
            if line.picked
        ]

    def problems(self, preview: Sequence[PreviewLine]) -> dict[str, str]:
        """What stands against sending it: field name -> sentence. "pick" is about the whole form."""
        lines = {line.order_line_id: line for line in preview}
        found: dict[str, str] = {}
        if not any(line.picked for line in self.lines.values()):
            found["pick"] = "Tick the items you want to return."
        for line_id, line in self.lines.items():
            if line.picked:
                found.update(_problems_of(line_id, line, lines.get(line_id)))
        return found


def _problems_of(line_id: int, line: DraftLine, shown: PreviewLine | None) -> dict[str, str]:
    if shown is None:
        return {"pick": "One of the items is no longer part of this order. Choose again."}
    found = {}
    if shown.left < 1:
        found[f"pick-{line_id}"] = f"{shown.name} can no longer be returned. {shown.why_not}".strip()
    elif line.quantity < 1:
        found[f"quantity-{line_id}"] = "Say how many you want to return."
    elif line.quantity > shown.left:
        found[f"quantity-{line_id}"] = f"Only {shown.left} of these can be returned now. Choose again."
    if line.reason not in {choice.code for choice in shown.reasons}:
        found[f"reason-{line_id}"] = "Choose a reason."
    if len(line.comment) > MAX_TEXT:
        found[f"comment-{line_id}"] = f"Please write at most {MAX_TEXT} characters; there are {len(line.comment)}."
    return found
