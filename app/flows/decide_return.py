"""Staff decides: authorize, reject, write a note. Per line and quantity; all of it or nothing."""

from collections.abc import Mapping

from ..returns import service
from ..returns.actor import Actor
from ..returns.models import Return
from ..returns.queries import get_return, lock_return
from .announce import announcing
from .chosen_lines import chosen
from .commit import one_commit


def authorize(
    return_id: int,
    quantities: Mapping[int, int],
    actor: Actor,
    why: str | None = None,
    *,
    versions: Mapping[int, int] | None = None,
) -> Return:
    """Authorize `quantities` units per return line id; what is left of a line stays as it is. Commits.

    A rejected line needs `why` (an override). `versions`: per line id, the version the form was made from.
    Raises NotFound; UserError and Conflict as `returns.service.decide_line`, and nothing_chosen.
    """
    return _decide("authorize", return_id, quantities, actor, why, versions)


def reject(
    return_id: int,
    quantities: Mapping[int, int],
    actor: Actor,
    why: str,
    *,
    versions: Mapping[int, int] | None = None,
) -> Return:
    """Reject `quantities` units per return line id; `why` is what the shopper reads. Commits. Raises as `authorize`."""
    return _decide("reject", return_id, quantities, actor, why, versions)


def _decide(
    event: str,
    return_id: int,
    quantities: Mapping[int, int],
    actor: Actor,
    why: str | None,
    versions: Mapping[int, int] | None,
) -> Return:
    with one_commit():
        rma = lock_return(return_id)
        with announcing(rma):
            for line, quantity in chosen(rma, quantities, versions):
                service.decide_line(line, event, quantity=quantity, actor=actor, why=why)
    return rma


def add_note(return_id: int, text: str, actor: Actor) -> Return:
    """Write a note among staff into the return's timeline. Commits. Raises UserError: empty_note, text_too_long."""
    with one_commit():
        rma = get_return(return_id)
        service.note(rma, text, actor=actor)
    return rma
