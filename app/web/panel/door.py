"""The panel's own door: who comes in, and what every page shows around itself."""

from typing import Any

from flask import Blueprint, current_app, g, request, url_for

from ...returns import queries
from ...returns.states import Word
from ..session import require_panel

bp = Blueprint("panel", __name__, url_prefix="/panel")
bp.before_request(require_panel)

NAV = (
    ("panel.home", "Returns", "returns"),
    ("panel.withdrawals", "Withdrawals", "withdrawals"),
    ("panel.orders", "Orders", "orders"),
    ("panel.policy", "Policy", "policy"),
    ("panel.settings", "Settings", "settings"),
    ("panel.health", "Sync health", "health"),
    ("panel.welcome", "Set-up", "setup"),
)
_AREAS = {
    "withdrawals": "withdrawals",
    "withdrawal": "withdrawals",
    "match_withdrawal": "withdrawals",
    "look_at_withdrawal": "withdrawals",
    "choose_withdrawn": "withdrawals",
    "finish_withdrawal": "withdrawals",
    "prove_withdrawal": "withdrawals",
    "verify_receipt": "withdrawals",
    "check_receipt": "withdrawals",
    "withdrawal_settings": "withdrawals",
    "save_withdrawal_settings": "withdrawals",
    "orders": "orders",
    "order": "orders",
    "order_returns": "orders",
    "settings": "settings",
    "save": "settings",
    "repair_placements": "settings",
    "remove_placement": "settings",
    "place_again": "settings",
    "health": "health",
    "sync_now": "health",
    "welcome": "setup",
    "staff_notes": "setup",
}


@bp.context_processor
def _around() -> dict[str, Any]:
    """What every page shows around itself."""
    settings = current_app.config["SETTINGS"]
    endpoint = (request.endpoint or "").removeprefix("panel.")
    return {
        "nav": NAV,
        "here_area": "policy" if request.path.startswith("/panel/policy") else _AREAS.get(endpoint, "returns"),
        "waiting": queries.counts()[Word.PENDING] if g.get("store") else 0,
        "here": _here,
        "support_url": settings.support_url,
        "privacy_url": settings.privacy_url,
    }


def _here(**changes: Any) -> str:
    """The address of this page with `changes` in its query; None removes."""
    query = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in query.items() if value is not None}
    return url_for(request.endpoint or "panel.home", **{**(request.view_args or {}), **kept})
