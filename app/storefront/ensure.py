"""What of ours should stand in the store, stands there: looked at, placed, repaired, removed."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select

from ..bc_client import BCConflict, BCMissingScope, BCNotFound, BCRejected, BigCommerce
from ..extensions import db, house_settings
from ..jobs import enqueue
from ..lib import clock
from ..lib.errors import NotFound
from ..stores.client import client_for, guarded
from ..stores.models import Store
from ..stores.queries import get_store, settings_of
from .kinds import KINDS as PLAIN_KINDS
from .kinds import Kind, NameTaken, Spot, why_refused
from .models import Placement
from .policy_page import PolicyPages

PLACED, MISSING, REMOVED, BLOCKED = "placed", "missing", "removed", "blocked"
PER_CHANNEL = ("page", "policy_page", "script")
KINDS: dict[str, Kind] = {**PLAIN_KINDS, "policy_page": PolicyPages()}
LOOK_EVERY = timedelta(days=1)


def ensure(store_id: int, repair: bool = False) -> None:
    """Place what was never placed and look at what was. May run twice: it looks before it places.

    What the merchant deleted in the control panel is noted as missing and stays away until `repair`; what they removed
    through us stays away in any case; what stands in a channel no longer chosen is taken away.
    """
    store = get_store()
    with guarded(store), client_for(store) as client:
        for placement in _wanted(store):
            if placement.state != REMOVED:
                _look(client, store, placement, repair=repair or not placement.remote_id)
        for placement in _unwanted(store):
            _take_away(client, store, placement)
            db.session.delete(placement)


def publish_pages() -> None:
    """Have the policy pages in the entered store say what holds now, soon; with whatever commits."""
    store = get_store()
    enqueue("storefront.ensure", store_id=store.id, lock=f"storefront:{store.id}")


def repair() -> list[Placement]:
    """Look at everything and place again what is missing, at once. The door commits. Raises RemoteError."""
    ensure(get_store().id, repair=True)
    return list_placements()


def place_again(kind: str, channel_id: int) -> Placement:
    """Place one thing again, also when it was removed before. The door commits. Raises NotFound, RemoteError."""
    store, placement = get_store(), get_placement(kind, channel_id)
    with guarded(store), client_for(store, urgent=True) as client:
        _look(client, store, placement, repair=True)
    return placement


def remove(kind: str, channel_id: int) -> Placement:
    """Take one thing out of the store for good. The door commits. Raises NotFound, RemoteError."""
    store, placement = get_store(), get_placement(kind, channel_id)
    with guarded(store), client_for(store, urgent=True) as client:
        _take_away(client, store, placement)
    return placement


def list_placements() -> list[Placement]:
    """What of ours stands, stood or should stand in the entered store, by kind and channel."""
    return list(db.session.scalars(select(Placement).order_by(Placement.channel_id, Placement.kind)))


def is_due() -> bool:
    """Whether what stands in the entered store was not looked at for a day."""
    oldest = db.session.scalar(select(func.min(Placement.checked_at)))
    return oldest is None or oldest < clock.now() - LOOK_EVERY


def get_placement(kind: str, channel_id: int) -> Placement:
    """One of them. Raises NotFound."""
    found = db.session.scalar(select(Placement).where(Placement.kind == kind, Placement.channel_id == channel_id))
    if found is None:
        raise NotFound()
    return found


def _wanted(store: Store) -> Iterable[Placement]:
    known = {(placement.kind, placement.channel_id): placement for placement in list_placements()}
    for kind, channel_id in _places(store):
        placement = known.get((kind, channel_id))
        if placement is None:
            placement = Placement(
                store_id=store.id, kind=kind, channel_id=channel_id, remote_id="", state=MISSING, checked_at=clock.now()
            )
            db.session.add(placement)
        yield placement


def _unwanted(store: Store) -> list[Placement]:
    wanted = set(_places(store))
    return [
        placement
        for placement in list_placements()
        if (placement.kind, placement.channel_id) not in wanted and placement.state != REMOVED
    ]


def _places(store: Store) -> list[tuple[str, int]]:
    channels = settings_of(store).portal_channels
    return [("app_extension", 0), *((kind, channel) for channel in channels for kind in PER_CHANNEL)]


def _look(client: BigCommerce, store: Store, placement: Placement, *, repair: bool) -> None:
    kind, settings = KINDS[placement.kind], house_settings()
    spot = Spot(store.store_hash, placement.channel_id, placement.remote_id)
    try:
        found = kind.find(client, settings, spot)
        if found is None and repair:
            found = kind.place(client, settings, spot)
    except (NameTaken, BCRejected, BCConflict, BCMissingScope) as error:
        _note(placement, BLOCKED, detail=why_refused(error))
    else:
        _note(placement, PLACED if found else MISSING, remote_id=found)


def _take_away(client: BigCommerce, store: Store, placement: Placement) -> None:
    # Not found: the channel itself is gone, and what stood in it.
    with suppress(BCNotFound):
        KINDS[placement.kind].remove(
            client, house_settings(), Spot(store.store_hash, placement.channel_id, placement.remote_id)
        )
    _note(placement, REMOVED)


def _note(placement: Placement, state: str, *, remote_id: str | None = None, detail: str = "") -> None:
    placement.state, placement.detail, placement.checked_at = state, detail, clock.now()
    if remote_id:
        placement.remote_id = remote_id
