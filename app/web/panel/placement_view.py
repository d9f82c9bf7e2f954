"""What of ours stands in the store, in words."""

from dataclasses import dataclass
from datetime import datetime

from ...storefront import ensure
from ...storefront.models import Placement
from .words import BLOCKED, PLACEMENTS


@dataclass(frozen=True)
class PlacementView:
    """One thing of ours, in words."""

    kind: str
    channel_id: int
    name: str
    state: str
    checked_at: datetime
    is_there: bool
    is_removed: bool


def placement_views() -> list[PlacementView]:
    """Everything of ours in the entered store."""
    return [_view(placement) for placement in ensure.list_placements()]


def _view(placement: Placement) -> PlacementView:
    return PlacementView(
        kind=placement.kind,
        channel_id=placement.channel_id,
        name=PLACEMENTS.get(placement.kind, placement.kind),
        state=_in_words(placement),
        checked_at=placement.checked_at,
        is_there=placement.state == ensure.PLACED,
        is_removed=placement.state in {ensure.REMOVED, ensure.MISSING},
    )


def _in_words(placement: Placement) -> str:
    if placement.state == ensure.PLACED:
        return "It is there."
    if placement.state == ensure.REMOVED:
        return "You removed it."
    if placement.state == ensure.BLOCKED:
        code, _, detail = placement.detail.partition(":")
        return BLOCKED.get(code, BLOCKED["refused"]).format(detail=detail)
    return "It is missing: somebody deleted it in the store."
