"""From the past to what a policy is asked: the conventions of the back-test, see `backtest`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from ..lib.money import exact
from ..policies.document import PolicyDocument
from ..policies.facts import LineFacts, OrderFacts
from ..policies.window import day_of
from ..stores.queries import get_store
from .asker import Asker
from .past import PastOrder, PastReturn, orders_of, paid_for
from .products import Products
from .shoppers import Shopper, Shoppers

RESOLUTION = "refund"
"""What is asked for in the place of a shopper."""


@dataclass(frozen=True)
class Request:
    """Some lines of one order, asked for together on `today`."""

    source_id: int
    """Our id of the order, or of the return."""
    order_id: int
    facts: OrderFacts
    today: date


@dataclass(frozen=True)
class Wanted:
    """So many units of one line, for a reason."""

    line: Row[Any]
    quantity: int
    reason: str
    resolution: str


class Requests:
    """What would have been asked of a policy, for many orders at a time."""

    def __init__(self, timezone: str, days_after: int, reason: str, named: frozenset[str]) -> None:
        self._timezone = timezone
        self._after = timedelta(days=days_after)
        self._reason = reason
        self._counts_discounts = "line.discount_percent" in named
        asker = Asker()
        self._products = Products(named, asker)
        self._shoppers = Shoppers(named, asker)

    @classmethod
    def under(cls, days_after: int, reason: str, *policies: PolicyDocument) -> "Requests":
        """For the entered store; only what `policies` name is looked up."""
        named = frozenset(fact for policy in policies for fact, _ in policy.facts_named())
        return cls(get_store().timezone, days_after, reason, named)

    def of_orders(self, orders: Sequence[PastOrder]) -> tuple[list[Request], int]:
        """Each order asked for whole, so many days after it arrived; and how many lines nobody could ask for, as
        nothing of them had left."""
        asked = []
        for order in orders:
            if wanted := self._whole(order):
                asked.append((order.row.id, order, wanted, order.best_known_at + self._after))
        left = sum(handed_out(line) < 1 for order in orders for line in order.lines if not line.bc_parent_line_id)
        return self._requests(asked), left

    def of_returns(self, returns: Sequence[PastReturn]) -> list[Request]:
        """Each return as it was filed, on the day it was filed."""
        orders = orders_of(one.order_id for one in returns)
        asked = []
        for one in returns:
            order = orders[one.order_id]
            lines = {line.id: line for line in order.lines}
            wanted = [
                Wanted(lines[wish.order_line_id], wish.quantity, wish.reason, wish.resolution)
                for wish in one.wanted
                if wish.order_line_id in lines
            ]
            if wanted:
                asked.append((one.return_id, order, wanted, one.created_at))
        return self._requests(asked)

    def _whole(self, order: PastOrder) -> list[Wanted]:
        return [
            Wanted(line, units, self._reason, RESOLUTION)
            for line in order.lines
            if not line.bc_parent_line_id and (units := handed_out(line)) > 0
        ]

    def _requests(self, asked: Sequence[tuple[int, PastOrder, list[Wanted], datetime]]) -> list[Request]:
        self._products.learn(want.line for _, _, wanted, _ in asked for want in wanted)
        shoppers = self._shoppers.of([(order.row, at) for _, order, _, at in asked])
        return [
            Request(source_id, order.row.id, self._facts(order, wanted, shopper), day_of(at, self._timezone))
            for (source_id, order, wanted, at), shopper in zip(asked, shoppers, strict=True)
        ]

    def _facts(self, order: PastOrder, wanted: Iterable[Wanted], shopper: Shopper) -> OrderFacts:
        row, wholes = order.row, order.wholes
        return OrderFacts(
            timezone=self._timezone,
            currency=row.currency,
            ordered_at=row.ordered_at,
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            # Parcels are fetched when a shopper asks: where nobody did, the day the order was shipped stands in.
            shipments_known=True,
            lines=tuple(self._line(order, want, wholes) for want in wanted),
            total=exact(row.total_inc_tax, row.currency),
            status_id=row.bc_status_id,
            channel_id=row.channel_id,
            payment_method=row.payment_method,
            coupons=tuple(row.coupons or ()),
            is_guest=row.bc_customer_id == 0,
            group_id=shopper.group_id,
            returns_count=shopper.returns_count,
            return_rate=shopper.return_rate,
            lists=shopper.lists,
            country=order.destination("country_iso2"),
            region=order.destination("state"),
            locale=row.customer_locale or "en",
        )

    def _line(self, order: PastOrder, want: Wanted, wholes: frozenset[int]) -> LineFacts:
        line = want.line
        product = self._products.of(line)
        return LineFacts(
            order_line_id=line.id,
            kind=line.kind,
            bc_category_ids=product.categories if product else None,
            value=paid_for(line, want.quantity, order.row.currency),
            reason=want.reason,
            last_shipped_at=order.parcels.get(line.bc_line_id),
            quantity=want.quantity,
            discount_percent=_discount_percent(line) if self._counts_discounts else None,
            options=tuple([(str(name), str(value)) for name, value in line.options]),
            resolution=want.resolution,
            bundle="part" if line.bc_parent_line_id else "whole" if line.bc_line_id in wholes else "none",
            bc_product_id=line.bc_product_id,
            brand=line.brand,
            sku=line.sku,
            custom_fields=product.custom_fields if product else None,
        )


def _discount_percent(line: Row[Any]) -> Decimal:
    """What coupons and order discounts took off the line, to a hundredth of a percent; 0 where it cost nothing."""
    if line.total_inc_tax <= 0:
        return Decimal(0)
    off = (line.total_inc_tax - line.paid_inc_tax) * 100 / line.total_inc_tax
    return min(max(off, Decimal(0)), Decimal(100)).quantize(Decimal("0.01"))


def handed_out(line: Row[Any]) -> int:
    """Units the shopper has: what was shipped; a download or a certificate needs no parcel."""
    units: int = line.quantity_shipped if line.kind == "physical" else line.quantity
    return units
