"""For the machines that watch us."""

from flask import Blueprint
from sqlalchemy import text

from ..extensions import db

# No guard: it tells nothing of anybody.
bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """200 while the process answers and its database does."""
    db.session.execute(text("SELECT 1"))
    return "ok\n", 200, {"Content-Type": "text/plain"}
