"""What the store's books were told of a return, and what they still have to be."""

from collections.abc import Sequence

from sqlalchemy import func, select

from ..extensions import db
from .models import WriteBack


def write_backs_of(return_id: int) -> Sequence[WriteBack]:
    """Every target of a return."""
    return db.session.scalars(
        select(WriteBack).where(WriteBack.return_id == return_id).order_by(WriteBack.target)
    ).all()


def count_pending() -> int:
    """Targets of the entered store that are behind."""
    query = select(func.count()).where(WriteBack.wanted_version > WriteBack.done_version)
    return int(db.session.scalar(query) or 0)
