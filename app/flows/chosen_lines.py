"""Which lines a form speaks of, as they are now."""

from collections.abc import Mapping

from ..lib.errors import Conflict, NotFound, UserError
from ..returns.models import Return, ReturnLine


def chosen(
    rma: Return, quantities: Mapping[int, int], versions: Mapping[int, int] | None
) -> list[tuple[ReturnLine, int]]:
    """The lines of `quantities` (line id -> units) with their units; zeros are left out.

    Raises UserError("nothing_chosen"), NotFound for a line that is not the return's, and Conflict("stale_line")
    where a line is no longer of the version the form was made from.
    """
    lines = {line.id: line for line in rma.lines}
    picked = {line_id: units for line_id, units in quantities.items() if units != 0}
    if not picked:
        raise UserError("nothing_chosen")
    for line_id in picked:
        if line_id not in lines:
            raise NotFound()
        if versions is not None and lines[line_id].version != versions.get(line_id, lines[line_id].version):
            raise Conflict("stale_line")
    return [(lines[line_id], units) for line_id, units in picked.items()]
