"""What the policy may look at, collected from our copy; what is missing is asked of the store, once."""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from ..catalog.models import Category, Product
from ..catalog.products import ROOT, categories_of, ensure_products
from ..extensions import db
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
    categories = _categories({lines[want.order_line_id].bc_product_id for want in wanted})
    return OrderFacts(
        timezone=store.timezone,
        currency=order.currency,
        ordered_at=order.ordered_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        shipments_known=order.shipments_known_at is not None,
        lines=tuple(
            LineFacts(
                order_line_id=line.id,
                kind=line.kind,
                bc_category_ids=categories[line.bc_product_id],
                value=value_of(line, want.quantity) if asking else Decimal(0),
                reason=want.reason if asking else None,
                last_shipped_at=_last_shipped_at(order, line),
            )
            for want in wanted
            for line in [lines[want.order_line_id]]
        ),
    )


def _last_shipped_at(order: Order, line: OrderLine) -> datetime | None:
    parcels = [
        shipment.shipped_at
        for shipment in order.shipments
        if any(item["bc_line_id"] == line.bc_line_id for item in shipment.items)
    ]
    return max(parcels, default=None)


def _categories(bc_product_ids: set[int]) -> dict[int, frozenset[int] | None]:
    """Per product its categories with their ancestors; None while the store has not told us."""
    trees_read = db.session.scalar(select(Category.id).where(Category.bc_category_id == ROOT)) is not None
    # Of a product that was gone before we asked nothing is known.
    rows = db.session.execute(
        select(Product.bc_product_id, Product.is_gone, Product.bc_category_ids).where(
            Product.bc_product_id.in_(bc_product_ids)
        )
    )
    told = {bc_product_id for bc_product_id, is_gone, ids in rows if ids or not is_gone} if trees_read else set()
    return {
        # 0 is what the merchant wrote into the order by hand: it hangs in no category.
        one: frozenset() if not one else categories_of(one) if one in told else None
        for one in bc_product_ids
    }


def value_of(line: OrderLine, quantity: int) -> Decimal:
    """What was paid for `quantity` units of the line, dearer cents first."""
    if line.quantity < 1:
        return Decimal(0)
    units: list[Money] = spread(line.paid, line.quantity)
    return total(units[:quantity], line.paid.currency).amount
