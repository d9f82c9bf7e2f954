"""What of ours stands in the store: looked at again, removed, placed again."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ...extensions import db
from ...storefront import ensure
from .as_message import as_message
from .door import bp
from .parse import number
from .settings import page


@bp.post("/settings/storefront/repair")
@as_message(page)
def repair_placements() -> ResponseReturnValue:
    """Look at everything in the store and place again what is missing."""
    ensure.repair()
    db.session.commit()
    flash("Looked at everything and repaired what was missing.", "success@storefront")
    return _back()


@bp.post("/settings/storefront/remove")
@as_message(page)
def remove_placement() -> ResponseReturnValue:
    """Take one thing out of the store; fields: kind, channel."""
    ensure.remove(*_which())
    db.session.commit()
    flash("Removed from the store.", "success@storefront")
    return _back()


@bp.post("/settings/storefront/place")
@as_message(page)
def place_again() -> ResponseReturnValue:
    """Place one thing again; fields: kind, channel."""
    ensure.place_again(*_which())
    db.session.commit()
    flash("Placed in the store again.", "success@storefront")
    return _back()


def _which() -> tuple[str, int]:
    return request.form.get("kind", ""), number(request.form.get("channel"))


def _back() -> ResponseReturnValue:
    return redirect(url_for("panel.settings", _anchor="storefront"), code=303)
