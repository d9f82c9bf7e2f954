"""Which event goes where. Inside the store it is from; nothing of its content is believed but ids and its time."""

from datetime import timedelta

from ...bc_client.incoming import HookEvent
from ...catalog.products import forget_categories, forget_product
from ...jobs import enqueue
from ...orders.wanted import Delivery, take_delivery
from ...stores.install import uninstall
from ...stores.queries import get_store

_MAY_BE_KNOWN = ("store/order/created", "store/order/updated", "store/order/statusUpdated")
"""Events that say nothing our copy of the order does not show, once it is newer than they are."""
_REPEATED_FOR = timedelta(days=3)


def handle(event: HookEvent) -> bool:
    """Take the event in; a repeated one changes nothing. False when the store entered is not (any more) the event's."""
    taken = take_delivery(event.store_hash, _delivery(event))
    if taken.known_store and taken.is_new and event.order_id is None:
        _handle_other(event)
    return taken.known_store


def _delivery(event: HookEvent) -> Delivery:
    age = event.sent_at - event.created_at if event.sent_at else None
    # Only what is signed, and no older than BigCommerce keeps trying: its times are then worth believing.
    skippable = event.scope in _MAY_BE_KNOWN and age is not None and age < _REPEATED_FOR
    return Delivery(
        id=event.webhook_id,
        bc_order_id=event.order_id,
        happened_at=event.created_at if skippable else None,
        age_s=max(0.0, age.total_seconds()) if age else 0,
        shipments=event.scope.startswith("store/shipment/"),
        refunds=event.scope == "store/order/refund/created",
    )


def _handle_other(event: HookEvent) -> None:
    if event.scope == "store/app/uninstalled":
        store = get_store()
        # One sent before a later install speaks of the time before it.
        if event.created_at >= store.installed_at.replace(microsecond=0):
            uninstall(store)
    elif event.scope == "store/information/updated":
        store_id = get_store().id
        enqueue("store.refresh", lock=f"store.refresh:{store_id}", store_id=store_id)
    elif event.scope.startswith("store/product/") and event.subject_id is not None:
        forget_product(event.subject_id)
    elif event.scope.startswith("store/category/"):
        forget_categories()
