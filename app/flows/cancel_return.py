"""A return is called off before the goods are handed over; its units can be returned again."""

from ..lib.errors import Conflict
from ..returns import service
from ..returns.actor import Actor
from ..returns.guards import allowed
from ..returns.models import Return
from ..returns.queries import lock_return
from .announce import announcing
from .commit import one_commit


def can_cancel(rma: Return) -> bool:
    """Whether any line of it can still be called off."""
    return any("cancel" in allowed(line.state) for line in rma.lines)


def cancel(return_id: int, actor: Actor, why: str | None = None) -> Return:
    """Cancel every line that is not yet handed over, received or paid; the others stay as they are. Commits.

    Raises NotFound, Conflict("not_cancellable") when there is none.
    """
    with one_commit():
        rma = lock_return(return_id)
        lines = [line for line in rma.lines if "cancel" in allowed(line.state)]
        if not lines:
            raise Conflict("not_cancellable")
        with announcing(rma):
            for line in lines:
                service.cancel_line(line, actor=actor, why=why)
    return rma
