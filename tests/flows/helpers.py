"""What the flows' tests look at."""

from typing import Any

from sqlalchemy import func, select, table

from app.notices.models import Letter
from app.returns.actor import Actor
from app.returns.models import Return, ReturnEvent, ReturnLine
from app.write_back.models import WriteBack

SHOPPER = Actor("shopper", name="Demo Shopper")
CLERK = Actor("staff", 7, "clerk@abc123.example")


def everything(db: Any) -> dict[str, int]:
    """How many rows a flow may have written, whatever it left behind in the session being committed too."""
    db.session.commit()
    kept = (Return, ReturnLine, ReturnEvent, Letter, WriteBack)
    counts = {row.__tablename__: db.session.scalar(select(func.count()).select_from(row)) for row in kept}
    jobs = db.session.scalar(select(func.count()).select_from(table("procrastinate_jobs")))
    return {**counts, "jobs": jobs}


def letters(db: Any) -> list[str]:
    """The notices of the letters written, oldest first."""
    return list(db.session.scalars(select(Letter.notice).order_by(Letter.id)))


def lines(rma: Return) -> list[tuple[int, str, str]]:
    return [(line.quantity, line.decision, line.custody) for line in rma.lines]
