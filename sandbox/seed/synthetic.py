"""As many plain orders as a bench wants, quickly: same seed, same orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from sandbox.seed import catalogue
from sandbox.seed.surroundings import CUSTOMER_GROUPS, DOLLAR_AND_EURO, LOCATIONS, channels, customer, sites
from sandbox.seed.types import SeedData, Wire
from sandbox.seed.wire import Ids, LineSpec, OrderSpec, ShipmentSpec, build_order

PRODUCTS, CUSTOMERS, DAYS = 100, 500, 120


def make_orders(
    n: int, seed: int = 1, *, today: datetime | None = None, shop_url: str = "http://localhost:5091"
) -> SeedData:
    """`n` shipped orders of one to four lines over 120 days, ids from 1001, half of them by guests."""
    today = today or datetime.now(UTC)
    products = [catalogue.product(_shelf(i), shop_url) for i in range(PRODUCTS)]
    sold_on = channels("Synthetic store")
    return SeedData(
        source="Synthetic orders",
        store_name="Synthetic Store",
        currency="USD",
        timezone="America/Chicago",
        order_count=n,
        orders=SyntheticOrders(n, seed, products, today),
        products=products,
        categories=catalogue.categories([{"id": 10 + i, "name": f"Shelf {i + 1}"} for i in range(8)]),
        customers=[customer(_person(number), today) for number in range(1, CUSTOMERS + 1)],
        customer_groups=CUSTOMER_GROUPS,
        channels=sold_on,
        sites=sites(shop_url, sold_on),
        currencies=DOLLAR_AND_EURO,
        locations=LOCATIONS,
        stock=catalogue.stock(products, location_id=1, each=1000),
    )


@dataclass
class SyntheticOrders:
    n: int
    seed: int
    products: list[Wire]
    today: datetime

    def __iter__(self) -> Iterator[Wire]:
        dice, ids = Random(self.seed), Ids()
        for number in range(self.n):
            yield build_order(self._spec(number, dice), ids)

    def _spec(self, number: int, dice: Random) -> OrderSpec:
        placed = self.today - timedelta(days=DAYS) + timedelta(days=DAYS) * number / max(self.n, 1)
        items = dice.sample(self.products, dice.randint(1, 4))
        lines = [LineSpec(p, p["variants"][0], dice.randint(1, 3), Decimal(str(p["price"]))) for p in items]
        parts = [(i, line.quantity) for i, line in enumerate(lines)]
        sent = placed + timedelta(hours=12)
        shipped = sent <= self.today
        return OrderSpec(
            id=1001 + number,
            placed_at=placed,
            person=_person(dice.randint(1, CUSTOMERS) if dice.random() < 0.5 else -number),
            lines=lines,
            status_id=10 if shipped else 11,
            tax_rate=Decimal("0.0825"),
            shipping=Decimal("7.50"),
            shipments=[ShipmentSpec(sent, parts, f"SYN{number:08d}", "Demo Parcel")] if shipped else [],
        )


def _shelf(i: int) -> dict[str, object]:
    return {"id": 100 + i, "sku": f"SYN-{i:03d}", "name": f"Synthetic article {i + 1}", "price": 5 + i * 1.25,
            "weight": 0.5, "category": 10 + i % 8}  # fmt: skip


def _person(number: int) -> Wire:
    """A positive number is a customer, anything else a guest."""
    who = f"Shopper {number}" if number > 0 else f"Guest {-number}"
    return {"customer_id": max(number, 0), "first_name": "Synthetic", "last_name": who,
            "street_1": "1 Example Street", "city": "Springfield", "state": "Illinois", "zip": "62701",
            "country": "United States", "country_iso2": "US", "phone": "555-0100",
            "email": f"{who.lower().replace(' ', '')}@shoppers.example"}  # fmt: skip
