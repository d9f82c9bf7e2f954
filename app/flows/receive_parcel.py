"""Goods arrive: per line and quantity, the rest stays on its way."""

from collections.abc import Mapping

from ..returns import service
from ..returns.actor import Actor
from ..returns.models import Return
from ..returns.queries import lock_return
from .announce import announcing
from .chosen_lines import chosen
from .commit import one_commit


def receive(
    return_id: int, quantities: Mapping[int, int], actor: Actor, *, versions: Mapping[int, int] | None = None
) -> Return:
    """Take in `quantities` units per return line id, authorized ones only. Commits.

    Raises NotFound; UserError("nothing_chosen", "bad_quantity"); Conflict: stale_line, not_allowed_now, not_authorized.
    """
    with one_commit():
        rma = lock_return(return_id)
        with announcing(rma):
            for line, quantity in chosen(rma, quantities, versions):
                service.receive_line(line, quantity=quantity, actor=actor)
    return rma
