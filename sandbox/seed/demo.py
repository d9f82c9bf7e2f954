"""The demo store: our own data, generated once into `fixtures/demo/` and read back with dates relative to today.

`demo_make` wrote the files; orders there say "so many minutes ago".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.seed import catalogue
from sandbox.seed.surroundings import CUSTOMER_GROUPS, DOLLAR_AND_EURO, LOCATIONS, channels, customer, sites
from sandbox.seed.types import SeedData, Wire
from sandbox.seed.wire import Ids, LineSpec, OrderSpec, RefundSpec, ShipmentSpec, build_order

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "demo"


def load_demo(today: datetime, shop_url: str = "http://localhost:5091") -> SeedData:
    """The store as of `today` (aware): its newest orders are an hour old, its oldest 120 days."""
    store = _read("store")
    people = _read("people")
    rows = _read("orders")
    products = [catalogue.product(row, shop_url) for row in store["products"]]
    sold_on = channels("Backhaul Demo Store", "Backhaul Demo Europe")
    return SeedData(
        source="Demo data generated for this project",
        store_name="Backhaul Demo Store",
        currency="USD",
        timezone="America/Chicago",
        order_count=len(rows),
        orders=DemoOrders(rows, people, products, today),
        products=products,
        categories=catalogue.categories(store["categories"]),
        customers=[customer(person, today) for person in people if person["customer_id"]],
        customer_groups=CUSTOMER_GROUPS,
        channels=sold_on,
        sites=sites(shop_url, sold_on),
        currencies=DOLLAR_AND_EURO,
        locations=LOCATIONS,
        stock=catalogue.stock(products, location_id=1, each=40),
    )


def _read(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


@dataclass
class DemoOrders:
    """The orders, built anew at every pass."""

    rows: list[dict[str, Any]]
    people: list[Wire]
    products: list[Wire]
    today: datetime

    def __iter__(self) -> Iterator[Wire]:
        shelf = {item["id"]: item for item in self.products}
        ids = Ids()
        for row in self.rows:
            yield build_order(self._spec(row, shelf), ids)

    def _at(self, minutes_ago: int) -> datetime:
        # Whole minutes, so that two loads in one minute agree.
        return self.today.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)

    def _spec(self, row: dict[str, Any], shelf: dict[int, Wire]) -> OrderSpec:
        euro = row["channel"] == 2
        return OrderSpec(
            id=row["id"],
            placed_at=self._at(row["ago"]),
            person=self.people[row["person"]],
            lines=[_line(line, shelf) for line in row["lines"]],
            status_id=row["status"],
            currency="EUR" if euro else "USD",
            exchange_rate=Decimal("0.92") if euro else Decimal(1),
            tax_rate=Decimal(row["tax"]),
            tax_inclusive=euro,
            shipping=Decimal(row["shipping"]),
            channel_id=row["channel"],
            shipments=[
                ShipmentSpec(self._at(part["ago"]), [tuple(p) for p in part["parts"]], part["tracking"], "Demo Parcel")
                for part in row.get("shipments", ())
            ],
            refunds=[
                RefundSpec(self._at(part["ago"]), [tuple(p) for p in part["parts"]], part["shipping"], part["reason"])
                for part in row.get("refunds", ())
            ],
            coupon_code=row.get("coupon", ""),
            payment_method=row["payment"][0],
            provider_id=row["payment"][1],
            store_credit=Decimal(row.get("store_credit", "0")),
            gift_certificate=Decimal(row.get("gift_certificate", "0")),
            staff_notes=row.get("staff_notes", ""),
            customer_message=row.get("customer_message", ""),
        )


def _line(row: dict[str, Any], shelf: dict[int, Wire]) -> LineSpec:
    item = shelf[row["product"]]
    return LineSpec(
        product=item,
        variant=item["variants"][row.get("variant", 0)],
        quantity=row["quantity"],
        price=Decimal(row["price"]),
        discount=Decimal(row.get("discount", "0")),
        coupon=Decimal(row.get("coupon", "0")),
        discount_name=row.get("discount_name", ""),
        parent=row.get("parent"),
    )
