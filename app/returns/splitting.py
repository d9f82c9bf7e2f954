"""When part of a line takes another way: the line splits, and its units stay countable."""

from collections.abc import Iterator

from sqlalchemy import update

from ..extensions import db
from ..lib.errors import Conflict, UserError
from .actor import Actor
from .history import record
from .models import ReturnLine


def split(line: ReturnLine, quantity: int, *, actor: Actor) -> ReturnLine:
    """Keep `quantity` units in `line`; the rest goes unchanged into a line of its own. Gives `line`.

    Raises UserError("bad_quantity") unless 1 <= quantity <= the line's, Conflict("stale_line") if it has changed.
    """
    if not 1 <= quantity <= line.quantity:
        raise UserError("bad_quantity", quantity=quantity, left=line.quantity)
    if quantity == line.quantity:
        return line
    rest = line.quantity - quantity
    claimed = db.session.execute(
        update(ReturnLine)
        .where(
            ReturnLine.id == line.id,
            ReturnLine.version == line.version,
            ReturnLine.quantity == line.quantity,
        )
        .values(quantity=quantity, version=ReturnLine.version + 1)
        .returning(ReturnLine.id)
        .execution_options(synchronize_session=False)
    )
    if claimed.scalar() is None:
        raise Conflict("stale_line")
    db.session.refresh(line, ["quantity", "version"])
    other = _sibling(line, rest)
    line.rma.lines.append(other)
    db.session.flush()
    record(line.rma, "split", actor=actor, line=line, data={"rest_line_id": other.id, "rest_quantity": rest})
    return line


def _sibling(line: ReturnLine, quantity: int) -> ReturnLine:
    return ReturnLine(
        store_id=line.store_id,
        order_line_id=line.order_line_id,
        order_line=line.order_line,
        split_from=line.id,
        quantity=quantity,
        decision=line.decision,
        custody=line.custody,
        money=line.money,
        reason=line.reason,
        resolution=line.resolution,
        comment=line.comment,
        explanation=line.explanation,
    )


def holders(line: ReturnLine, quantity: int) -> list[ReturnLine]:
    """The lines that now hold the `quantity` units that were in `line` at some earlier time.

    What split off since then is newer than what split off before, so the newest pieces are taken first.
    Raises ValueError if so many were never in it.
    """
    found, missing = [], quantity
    for piece in _newest_first(line):
        if missing <= 0:
            break
        found.append(piece)
        missing -= piece.quantity
    if missing != 0:
        raise ValueError(f"line {line.id} never held {quantity} units at once")
    return found


def _newest_first(line: ReturnLine) -> Iterator[ReturnLine]:
    yield line
    pieces = [piece for piece in line.rma.lines if piece.split_from == line.id]
    for piece in sorted(pieces, key=lambda piece: piece.id, reverse=True):
        yield from _newest_first(piece)
