"""What became of a return's letters."""

from collections.abc import Sequence

from sqlalchemy import select

from ..extensions import db
from .models import Letter


def letters_of(return_id: int) -> Sequence[Letter]:
    """The letters of a return, oldest first."""
    return db.session.scalars(select(Letter).where(Letter.return_id == return_id).order_by(Letter.id)).all()


def list_troubled(limit: int = 50) -> Sequence[Letter]:
    """Letters that were refused, or are waiting after a try that failed; newest first."""
    troubled = (Letter.state == "refused") | ((Letter.state == "queued") & (Letter.tries > 0))
    return db.session.scalars(select(Letter).where(troubled).order_by(Letter.id.desc()).limit(limit)).all()
