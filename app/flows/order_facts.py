"""What the policy may look at, collected from our copy; what is missing is asked of the store, once."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ..catalog.customers import ensure_customers, find_group
from ..catalog.products import ensure_products
from ..lib.errors import RemoteError
from ..lib.money import Money, spread, total
from ..orders.models import Order, OrderLine
from ..orders.shipments import ensure_shipments
from ..policies.bundles import shares
from ..policies.document import PolicyDocument
from ..policies.facts import LineFacts, OrderFacts
from ..policies.people import lists_of
from ..returns.service import WantedLine
from ..stores.client import client_for, guarded
from ..stores.models import Store
from .product_facts import ProductFacts, keep_products, products_of
from .shopper_history import History, history_of

log = logging.getLogger(__name__)
_HISTORY = {("shopper.returns_count", ""), ("shopper.return_rate", "")}


def learn(store: Store, order: Order, policy: PolicyDocument | None = None) -> None:
    """Fetch the order's parcels, its products and, where the policy asks, its customer's group unless we have them.

    What the products are now is kept with the order's lines: a later change of the catalogue changes no old order.
    A store that is down, paused or gone costs us facts, never the request.
    """
    try:
        with guarded(store), client_for(store, urgent=True) as client:
            ensure_shipments(client, order)
            ensure_products(client, [line.bc_product_id for line in order.lines if line.bc_product_id])
            if policy is not None and ("shopper.group", "") in policy.facts_named():
                ensure_customers(client, [order.bc_customer_id])
    except RemoteError as error:
        log.info("facts of order %s are incomplete: %s", order.id, type(error).__name__)
    keep_products(order)


def facts_of(
    store: Store,
    order: Order,
    wanted: Sequence[WantedLine],
    *,
    asking: bool = True,
    policy: PolicyDocument | None = None,
) -> OrderFacts:
    """The facts of a request for `wanted` lines of `order` (whose order lines must be the order's own).

    `asking=False`: nobody asks yet, it is only for showing; reasons, resolutions and amounts do not count.
    `policy`: what takes a query of its own is collected only where it names it.
    """
    whole = _Whole(order, products_of(order), asking)
    shopper = _shopper(order, policy)
    return OrderFacts(
        timezone=store.timezone,
        currency=order.currency,
        ordered_at=order.ordered_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        shipments_known=order.shipments_known_at is not None,
        lines=tuple(whole.line(want) for want in wanted),
        total=order.total.amount,
        status_id=order.bc_status_id,
        channel_id=order.channel_id,
        payment_method=order.payment_method,
        coupons=tuple(order.coupons or ()),
        is_guest=order.is_guest,
        group_id=shopper.group_id,
        returns_count=shopper.history.returns if shopper.history else None,
        return_rate=shopper.history.rate if shopper.history else None,
        lists=shopper.lists,
        country=_destination(order, "country_iso2"),
        region=_destination(order, "state"),
        locale=order.customer_locale or "en",
    )


@dataclass(frozen=True)
class _Whole:
    """The order around its lines."""

    order: Order
    products: Mapping[int, ProductFacts | None]
    asking: bool

    def line(self, want: WantedLine) -> LineFacts:
        line = next(one for one in self.order.lines if one.id == want.order_line_id)
        product = self.products[line.id]
        return LineFacts(
            order_line_id=line.id,
            kind=line.kind,
            bc_category_ids=product.categories if product else None,
            value=self.value(line, want.quantity) if self.asking else Decimal(0),
            reason=want.reason if self.asking else None,
            last_shipped_at=_last_shipped_at(self.order, line),
            quantity=want.quantity,
            discount_percent=discount_percent(line),
            options=tuple((str(name), str(value)) for name, value in line.options),
            resolution=want.resolution if self.asking else None,
            bundle=self.place_in_bundle(line),
            bc_product_id=line.bc_product_id,
            brand=line.brand,
            sku=line.sku,
            custom_fields=product.custom_fields if product else None,
        )

    def value(self, line: OrderLine, quantity: int) -> Decimal:
        """Of a bundle's part, its share of what was paid for the whole: the store books nothing on parts."""
        whole = self._whole_of(line)
        if whole is None or line.quantity < 1 or line.paid:
            return value_of(line, quantity)
        parts = self._parts_of(whole)
        weights = [self._price(part) * part.quantity for part in parts]
        share = shares(whole.paid, weights)[parts.index(line)]
        return total(spread(share, line.quantity)[:quantity], share.currency).amount

    def place_in_bundle(self, line: OrderLine) -> str:
        if line.bc_parent_line_id:
            return "part"
        return "whole" if self._parts_of(line) else "none"

    def _whole_of(self, line: OrderLine) -> OrderLine | None:
        return next((one for one in self.order.lines if one.bc_line_id == line.bc_parent_line_id), None)

    def _parts_of(self, line: OrderLine) -> list[OrderLine]:
        return [one for one in self.order.lines if one.bc_parent_line_id == line.bc_line_id]

    def _price(self, line: OrderLine) -> Decimal:
        product = self.products[line.id]
        return product.price if product else Decimal(0)


@dataclass(frozen=True)
class _Shopper:
    group_id: int | None
    history: History | None
    lists: frozenset[str]


def _shopper(order: Order, policy: PolicyDocument | None) -> _Shopper:
    named = policy.facts_named() if policy is not None else frozenset()
    addresses = (order.shipping_address or {}, order.billing_address or {})
    return _Shopper(
        group_id=find_group(order.bc_customer_id) if ("shopper.group", "") in named else None,
        history=history_of(order) if named & _HISTORY else None,
        lists=lists_of(order.shopper_email, order.shopper_phone, addresses)
        if ("shopper.list", "") in named
        else frozenset(),
    )


def _destination(order: Order, part: str) -> str | None:
    """Where it was sent; of what needs no parcel, where the shopper lives. None: nobody said."""
    for address in (order.shipping_address, order.billing_address):
        if address and address.get(part):
            return str(address[part])
    return None


def _last_shipped_at(order: Order, line: OrderLine) -> datetime | None:
    parcels = [
        shipment.shipped_at
        for shipment in order.shipments
        if any(item["bc_line_id"] == line.bc_line_id for item in shipment.items)
    ]
    return max(parcels, default=None)


def discount_percent(line: OrderLine) -> Decimal:
    """What coupons and order discounts took off the line, to a hundredth of a percent; 0 where it cost nothing."""
    if line.total_inc_tax <= 0:
        return Decimal(0)
    off = (line.total_inc_tax - line.paid_inc_tax) * 100 / line.total_inc_tax
    return min(max(off, Decimal(0)), Decimal(100)).quantize(Decimal("0.01"))


def value_of(line: OrderLine, quantity: int) -> Decimal:
    """What was paid for `quantity` units of the line, dearer cents first."""
    if line.quantity < 1:
        return Decimal(0)
    units: list[Money] = spread(line.paid, line.quantity)
    return total(units[:quantity], line.paid.currency).amount
