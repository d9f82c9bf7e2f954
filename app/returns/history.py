"""What happened to a return, and the header that follows from it."""

import re
from typing import Any

from ..extensions import db
from ..lib import clock
from .actor import Actor
from .models import Return, ReturnEvent, ReturnLine
from .states import header


def record(
    rma: Return,
    kind: str,
    *,
    actor: Actor,
    line: ReturnLine | None = None,
    axis: str | None = None,
    before: str | None = None,
    after: str | None = None,
    why: str = "",
    data: dict[str, Any] | None = None,
) -> ReturnEvent:
    """Write one line of history: who did `kind`, to which line, from where to where, why."""
    event = ReturnEvent(
        store_id=rma.store_id,
        line_id=line.id if line is not None else None,
        at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        kind=kind,
        axis=axis,
        before=before,
        after=after,
        quantity=line.quantity if line is not None else None,
        why=why,
        data=data or {},
    )
    rma.events.append(event)
    return event


def project(rma: Return) -> None:
    """Derive the header from the lines anew. Its version grows: whoever told the store an older one tells it again."""
    rma.word, rma.detail = header(line.state for line in rma.lines)
    rma.version += 1
    rma.updated_at = clock.now()
    rma.search_text = searchable(
        rma.number,
        str(rma.order.bc_order_id),
        rma.order.shopper_name,
        rma.order.shopper_email,
        *(line.order_line.name for line in rma.lines),
    )
    db.session.flush()


def words(text: str) -> list[str]:
    """`text` as the search sees it: runs of letters and digits, in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


def searchable(*texts: str) -> str:
    """The words of `texts`. Split here, because PostgreSQL would keep an address or a number with a hyphen whole."""
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))
