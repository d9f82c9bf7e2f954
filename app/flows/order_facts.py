"""What the policy may look at, collected from our copy; what is missing is asked of the store, once."""

import logging
from collections.abc import Sequence
from decimal import Decimal

from ..catalog.products import categories_of, ensure_products
from ..lib.errors import RemoteError
from ..lib.money import Money, spread, total
from ..orders.models import Order, OrderLine
from ..orders.shipments import ensure_shipments
from ..policies.facts import LineFacts, OrderFacts
from ..returns.service import WantedLine
from ..stores.client import client_for, guarded
from ..stores.models import Store

log = logging.getLogger(__name__)


def learn(store: Store, order: Order) -> None:
    """Fetch the order's parcels and its products' categories unless we have them.

    A store that is down, paused or gone costs us facts, never the request.
    """
    try:
        with guarded(store), client_for(store, urgent=True) as client:
            ensure_shipments(client, order)
            ensure_products(client, [line.bc_product_id for line in order.lines if line.bc_product_id])
    except RemoteError as error:
        log.info("facts of order %s are incomplete: %s", order.id, type(error).__name__)


def facts_of(store: Store, order: Order, wanted: Sequence[WantedLine], *, asking: bool = True) -> OrderFacts:
    """The facts of a request for `wanted` lines of `order` (whose order lines must be the order's own).

    `asking=False`: nobody asks yet, it is only for showing; reasons and quantities do not count.
    """
    lines = {line.id: line for line in order.lines}
    return OrderFacts(
        timezone=store.timezone,
        currency=order.currency,
        ordered_at=order.ordered_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        shipments_known=order.shipments_known_at is not None,
        lines=tuple(_line_facts(order, lines[want.order_line_id], want, asking=asking) for want in wanted),
    )


def _line_facts(order: Order, line: OrderLine, want: WantedLine, *, asking: bool) -> LineFacts:
    parcels = [
        shipment.shipped_at
        for shipment in order.shipments
        if any(item["bc_line_id"] == line.bc_line_id for item in shipment.items)
    ]
    return LineFacts(
        order_line_id=line.id,
        kind=line.kind,
        bc_category_ids=categories_of(line.bc_product_id) if line.bc_product_id else frozenset(),
        value=value_of(line, want.quantity) if asking else Decimal(0),
        reason=want.reason if asking else None,
        last_shipped_at=max(parcels, default=None),
    )


def value_of(line: OrderLine, quantity: int) -> Decimal:
    """What was paid for `quantity` units of the line, dearer cents first."""
    if line.quantity < 1:
        return Decimal(0)
    units: list[Money] = spread(line.paid, line.quantity)
    return total(units[:quantity], line.paid.currency).amount
