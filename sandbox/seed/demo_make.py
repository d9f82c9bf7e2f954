"""Makes up the demo store's rows. Ages are minutes before "today"; prices are in the order's own tax habit.

`python -m sandbox.seed.demo_make` writes the fixtures again; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sandbox.seed.catalogue_words import BUNDLE, BUNDLE_PARTS, CATEGORIES, EURO_PLACES, PLACES, SHELVES
from sandbox.seed.demo import FIXTURES
from sandbox.seed.types import cents

Row = dict[str, Any]
DAY = 24 * 60
ORDERS = 340
DAYS = 120
CUSTOMERS, GUESTS = 60, 80
CARD = ["Test Payment Gateway", "testgateway"]
PAYMENTS = [CARD, CARD, CARD, CARD, ["Bank Deposit", "bankdeposit"], ["Cash on Delivery", "cod"]]


def generate(dice: Random) -> dict[str, Any]:
    """The three fixtures: store (categories, products), people, orders."""
    products = _products()
    people = [_person(n, dice) for n in range(CUSTOMERS + GUESTS)]
    orders = [_order(n, products, people, dice) for n in range(ORDERS)]
    orders += _known_orders(products, people)
    orders.sort(key=lambda row: -row["ago"])
    for number, row in enumerate(orders, start=101):
        row["id"] = number
        for part, parcel in enumerate(row.get("shipments", ())):
            parcel["tracking"] = f"DEMO{number:06d}{part + 1}"
    categories = [{"id": i, "name": name, "description": words} for i, name, words in CATEGORIES]
    return {"store": {"categories": categories, "products": products}, "people": people, "orders": orders}


def _products() -> list[Row]:
    found: list[Row] = []
    for category, (prefix, brand, option, labels, names) in SHELVES.items():
        for n, (name, price, weight) in enumerate(names, start=1):
            row = {"id": 100 + len(found), "sku": f"{prefix}-{n:03d}", "name": name, "price": float(price),
                   "cost": float(cents(Decimal(price) * Decimal("0.4"))), "weight": float(weight),
                   "category": category, "brand": brand,
                   "description": f"{name} by {brand}, a made-up product."}  # fmt: skip
            if category == 17:
                row["type"] = "digital"
            if category == 16:
                row["fields"] = {"final_sale": "yes"}
            if labels:
                row["options"] = {option: labels}
            found.append(row)
    return found


def _person(n: int, dice: Random) -> Row:
    euro = n % 4 == 3
    street, city, state, code, country, iso2 = dice.choice(EURO_PLACES if euro else PLACES)
    is_customer = n < CUSTOMERS
    number = n + 1 if is_customer else n + 1 - CUSTOMERS
    kind = "Shopper" if is_customer else "Guest"
    row = {"customer_id": number if is_customer else 0, "first_name": "Demo", "last_name": f"{kind} {number}",
           "company": "", "street_1": f"{dice.randint(1, 99)} {street}", "street_2": "", "city": city, "state": state,
           "zip": code, "country": country, "country_iso2": iso2, "phone": f"555-01{n % 100:02d}",
           "email": f"{kind.lower()}{number}@shoppers.example", "channel": 2 if euro else 1}  # fmt: skip
    if is_customer:
        row["group"] = 2 if number % 10 == 0 else 3 if number % 7 == 0 else 1
    return row


def _order(n: int, products: list[Row], people: list[Row], dice: Random) -> Row:
    ago = int(DAYS * DAY * (1 - n / ORDERS)) - dice.randint(0, 300)
    who = dice.randrange(len(people))
    euro = people[who]["channel"] == 2
    row: Row = {"id": 0, "ago": max(ago, 60), "person": who, "channel": 2 if euro else 1,
                "tax": "0.1900" if euro else "0.0825", "payment": dice.choice(PAYMENTS),
                "lines": _lines(products, euro, dice)}  # fmt: skip
    physical = any(products[line["product"] - 100].get("type") != "digital" for line in row["lines"])
    row["shipping"] = dice.choice(["4.90", "7.50", "12.00", "0"]) if physical else "0"
    _discount(row, dice)
    _fate(row, products, physical, dice)
    if n % 29 == 0:
        row["customer_message"] = "Please leave it with the neighbours."
    if n % 41 == 0:
        row["staff_notes"] = "Called about the delivery date."
    return row


def _lines(products: list[Row], euro: bool, dice: Random) -> list[Row]:
    if dice.random() < 0.04:
        return _bundle(products, euro)
    if dice.random() < 0.04:
        return [_line(dice.choice([p for p in products if p.get("type") == "digital"]), 1, euro, dice)]
    picked = dice.sample([p for p in products if p["name"] != BUNDLE], dice.choice([1, 1, 1, 2, 2, 3, 4]))
    return [_line(item, dice.choice([1, 1, 1, 1, 2, 2, 3]), euro, dice) for item in picked]


def _line(item: Row, quantity: int, euro: bool, dice: Random | None = None) -> Row:
    row: Row = {"product": item["id"], "quantity": quantity, "price": _price(item, euro)}
    if "options" in item:
        (labels,) = item["options"].values()
        row["variant"] = dice.randrange(len(labels)) if dice else 1
    return row


def _price(item: Row, euro: bool) -> str:
    """European prices include 19 % tax and are converted once, to the cent."""
    price = Decimal(str(item["price"]))
    return f"{cents(price * Decimal('0.92') * Decimal('1.19')) if euro else price:.2f}"


def _bundle(products: list[Row], euro: bool) -> list[Row]:
    shelf = {item["name"]: item for item in products}
    lines = [_line(shelf[BUNDLE], 1, euro)]
    for name, quantity in BUNDLE_PARTS:
        lines.append({**_line(shelf[name], quantity, euro), "price": "0.00", "parent": 0})
    return lines


def _discount(row: Row, dice: Random) -> None:
    paying = [line for line in row["lines"] if "parent" not in line]
    if dice.random() < 0.15:
        line = dice.choice(paying)
        line["discount"] = f"{cents(Decimal(line['price']) * line['quantity'] * Decimal('0.2')):.2f}"
        line["discount_name"] = "20 % off one item"
    if dice.random() < 0.15:
        _coupon(row, paying, "WELCOME10", Decimal("0.10"))


def _coupon(row: Row, paying: list[Row], code: str, rate: Decimal) -> None:
    row["coupon"] = code
    for line in paying:
        left = Decimal(line["price"]) * line["quantity"] - Decimal(line.get("discount", "0"))
        line["coupon"] = f"{cents(left * rate):.2f}"


def _fate(row: Row, products: list[Row], physical: bool, dice: Random) -> None:
    """What became of the order: shipped for most, and a few of everything else."""
    days = row["ago"] / DAY
    luck = dice.random()
    if luck < 0.02:
        row["status"] = 0
    elif luck < 0.05:
        row["status"] = 5
    elif luck < 0.06:
        row["status"] = 7
    elif not physical:
        row["status"] = 10
    elif days < 2 or luck < 0.09:
        row["status"] = 11 if dice.random() < 0.7 else 9
    elif luck < 0.14 and _ship(row, products, dice, part=True):
        row["status"] = 3
    else:
        _ship(row, products, dice)
        row["status"] = 2 if days < 10 else 10
        if luck > 0.90 and days > 8:
            _refund(row, dice, whole=luck > 0.95)
    if luck > 0.88 and "refunds" not in row and row["status"] == 10:
        row["store_credit"] = "5.00"


def _ship(row: Row, products: list[Row], dice: Random, part: bool = False) -> bool:
    things = [(i, line["quantity"]) for i, line in enumerate(row["lines"])
              if products[line["product"] - 100].get("type") != "digital"]  # fmt: skip
    if part:
        if len(things) == 1 and things[0][1] == 1:
            return False
        things = [(things[0][0], 1)]
    ago = max(row["ago"] - dice.randint(4 * 60, 40 * 60), 30)
    row["shipments"] = [{"ago": ago, "tracking": "", "parts": things}]
    return True


def _refund(row: Row, dice: Random, whole: bool) -> None:
    if any("parent" in line for line in row["lines"]):
        whole = True
    parts = [(i, line["quantity"]) for i, line in enumerate(row["lines"])]
    if not whole and sum(quantity for _, quantity in parts) > 1:
        parts = [(0, 1)]
    everything = sum(q for _, q in parts) == sum(line["quantity"] for line in row["lines"])
    ago = max(row["shipments"][0]["ago"] - dice.randint(3 * DAY, 6 * DAY), 45)
    reason = dice.choice(["Arrived damaged", "Changed their mind", "Too small"])
    row["refunds"] = [{"ago": ago, "parts": parts, "shipping": everything, "reason": reason}]
    row["status"] = 4 if everything else 14


def _known_orders(products: list[Row], people: list[Row]) -> list[Row]:
    """A handful of recent, shipped orders that a visitor finds at once; listed in fixtures/README.md."""
    shelf = {item["name"]: item for item in products}
    guest = next(i for i, p in enumerate(people) if not p["customer_id"] and p["channel"] == 1)
    member = next(i for i, p in enumerate(people) if p["customer_id"] and p["channel"] == 1)
    euro = next(i for i, p in enumerate(people) if p["customer_id"] and p["channel"] == 2)

    def row(days: int, who: int, goods: list[tuple[str, int]], **more: Any) -> Row:
        abroad = people[who]["channel"] == 2
        lines = [_line(shelf[name], quantity, abroad) for name, quantity in goods]
        things = [(i, q) for i, (name, q) in enumerate(goods) if shelf[name].get("type") != "digital"]
        return {"id": 0, "ago": days * DAY, "person": who, "channel": 2 if abroad else 1,
                "tax": "0.1900" if abroad else "0.0825", "payment": CARD, "lines": lines, "shipping": "7.50",
                "status": 2, "shipments": [{"ago": days * DAY - 20 * 60, "tracking": "", "parts": things}],
                **more}  # fmt: skip

    coupon = row(6, member, [("Linen Shirt", 1), ("Striped Socks", 3)])
    _coupon(coupon, coupon["lines"], "WELCOME10", Decimal("0.10"))
    bundle = row(7, member, [("Plant Pot", 1)])
    bundle["lines"] = _bundle(products, False)
    bundle["shipments"][0]["parts"] = [(i, line["quantity"]) for i, line in enumerate(bundle["lines"])]
    return [
        row(5, guest, [("Harbour Tee", 3), ("Stoneware Mug", 2)]),
        row(4, guest, [("Odd Colour Tee", 1), ("Wool Blanket", 1)]),
        row(5, member, [("Town Sneaker", 1), ("Wooden Train", 2)]),
        row(4, member, [("Headphones", 1), ("Recipe Book PDF", 1)]),
        coupon,
        bundle,
        row(5, euro, [("Long Walk Hoodie", 2), ("Glass Vase", 1)]),
        row(60, guest, [("Desk Fan", 1)], status=10),
        row(6, member, [("Film Camera", 1)], gift_certificate="50.00", store_credit="20.00"),
    ]


def write_fixtures(folder: Path = FIXTURES, seed: int = 20) -> None:
    """Write the three files. Deterministic: `seed` decides everything."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in generate(Random(seed)).items():
        (folder / f"{name}.json").write_text(_pretty(rows) + "\n", "utf-8")


def _pretty(data: Any) -> str:
    """One row per line: small, and readable in a diff."""
    if isinstance(data, dict):
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {_pretty(value)}" for key, value in data.items()) + "\n}"
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in data) + "\n]"


if __name__ == "__main__":
    write_fixtures()
