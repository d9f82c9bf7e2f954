"""What the panel's forms send: parsed at the door, and kept to fill the form again when the answer is no."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from ...lib.errors import UserError

_ID = re.compile(r"[0-9]{1,18}")


def number(value: str | None) -> int:
    """A whole number as a form sends it. Raises UserError("bad_form")."""
    if value is None or not _ID.fullmatch(value.strip()):
        raise UserError("bad_form")
    return int(value)


def text(value: str | None) -> str:
    """What somebody typed, without what PostgreSQL cannot keep and what only the form's line ends added."""
    return (value or "").replace("\x00", "").replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class LinesForm:
    """Chosen lines with their quantities, the versions they were shown in, and why.

    Fields: `line` (repeated), `quantity-<id>`, `version-<id>`, `why`.
    """

    quantities: Mapping[int, int]
    versions: Mapping[int, int]
    why: str

    @classmethod
    def parse(cls, form: MultiDict[str, str]) -> "LinesForm":
        """Raises UserError: nothing_chosen, bad_form."""
        lines = [number(value) for value in form.getlist("line")]
        if not lines:
            raise UserError("nothing_chosen")
        return cls(
            quantities={line: number(form.get(f"quantity-{line}")) for line in lines},
            versions={line: number(form.get(f"version-{line}")) for line in lines},
            why=text(form.get("why")),
        )


@dataclass(frozen=True)
class Typed:
    """What was typed into the form that could not be taken. `deed`: which of the page's forms; empty: none."""

    deed: str = ""
    form: MultiDict[str, str] = field(default_factory=MultiDict)

    def is_of(self, deed: str) -> bool:
        return self.deed == deed

    def is_for(self, deed: str, line_id: int) -> bool:
        """Whether it was form `deed` with line `line_id` chosen."""
        return self.deed == deed and str(line_id) in self.form.getlist("line")

    def quantity(self, deed: str, line_id: int) -> int | None:
        return self.form.get(f"quantity-{line_id}", type=int) if self.deed == deed else None

    def text(self, deed: str, name: str, line_id: int | None = None) -> str:
        """What field `name` held; empty for another form, or another line's."""
        if self.deed != deed or (line_id is not None and not self.is_for(deed, line_id)):
            return ""
        return self.form.get(name, "")
