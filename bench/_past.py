"""A past to measure a back-test on: so many order lines, straight into the tables, and two policies of 30 rules."""

import csv
import gzip
import json
import random
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import psycopg

RULES = 30
COUNTRIES = ("GB", "DE", "FR", "ES", "US")
_BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
_NO_GOODS = frozenset({"M", "POST", "D", "DOT", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "S", "B"})


@dataclass(frozen=True)
class Sale:
    """One order: `lines` of (sku, name, quantity, price of one)."""

    ordered_at: datetime
    country: str
    lines: tuple[tuple[str, str, int, Decimal], ...]


def made_up(seed: int = 1) -> Iterator[Sale]:
    """Orders without end, of one to six lines."""
    dice = random.Random(seed)
    for number in range(10**9):
        goods = [f"SKU-{dice.randrange(3000):05}" for _ in range(dice.randint(1, 6))]
        yield Sale(
            ordered_at=_BEGAN + timedelta(minutes=number * 7 % (500 * 24 * 60)),
            country=dice.choice(COUNTRIES),
            lines=tuple(
                (sku, f"Thing {sku}", dice.randint(1, 3), Decimal(dice.randint(300, 30000)).scaleb(-2)) for sku in goods
            ),
        )


def from_file(path: Path) -> Iterator[Sale]:
    """The orders of a CSV file of invoice lines (as Online Retail has them: InvoiceNo, StockCode, Description,
    Quantity, InvoiceDate, UnitPrice, CustomerID, Country), again from the beginning when it ends. Cancellations,
    postage, write-offs and lines without a price are no sales."""
    return chain.from_iterable(_read(path) for _ in repeat(None))


def _read(path: Path) -> Iterator[Sale]:
    invoices: dict[str, list[dict[str, str]]] = {}
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        for row in csv.DictReader(file):
            if _is_sale(row):
                invoices.setdefault(row["InvoiceNo"], []).append(row)
    for rows in invoices.values():
        when = datetime.fromisoformat(rows[0]["InvoiceDate"]).replace(tzinfo=UTC)
        lines = tuple(
            (row["StockCode"], row["Description"] or row["StockCode"], int(row["Quantity"]), Decimal(row["UnitPrice"]))
            for row in rows
        )
        yield Sale(when, _country(rows[0]["Country"]), lines)


def _is_sale(row: dict[str, str]) -> bool:
    try:
        sold = int(row["Quantity"]) > 0 and Decimal(row["UnitPrice"]) > 0
    except (ValueError, InvalidOperation):
        return False
    return sold and not row["InvoiceNo"].startswith("C") and row["StockCode"].upper() not in _NO_GOODS


def _country(name: str) -> str:
    return {"United Kingdom": "GB", "Germany": "DE", "France": "FR", "Spain": "ES"}.get(name, "US")


def bucket_of(sku: str) -> int:
    """Which rule is to decide about an article: spread evenly, alike in every run."""
    return zlib.crc32(sku.encode()) % RULES


def fill(owner: psycopg.Connection[Any], store_id: int, sales: Iterable[Sale], lines: int) -> None:
    """Give the store orders of at least `lines` lines, and its catalogue. `owner`: above the wall."""
    products: dict[str, int] = {}
    for chunk in _chunks(sales, lines):
        first = _count(owner, "orders", store_id)
        with owner.cursor().copy(f"COPY orders ({', '.join(_ORDER)}) FROM STDIN") as copy:
            for number, sale in enumerate(chunk, first + 1):
                copy.write_row(_order(store_id, number, sale))
        ids = dict(
            owner.execute("SELECT bc_order_id, id FROM orders WHERE store_id = %s AND bc_order_id > %s",
                          (store_id, first)).fetchall()
        )  # fmt: skip
        with owner.cursor().copy(f"COPY order_lines ({', '.join(_LINE)}) FROM STDIN") as copy:
            for number, sale in enumerate(chunk, first + 1):
                for place, (sku, name, quantity, price) in enumerate(sale.lines):
                    product = products.setdefault(sku, len(products) + 1)
                    copy.write_row(_line(store_id, ids[number], place, product, sku, name, quantity, price))
    _catalogue(owner, store_id, products)
    owner.execute("ANALYZE")


def _chunks(sales: Iterable[Sale], lines: int) -> Iterator[list[Sale]]:
    """`sales` up to `lines` lines, a few thousand orders at a time."""
    source, left = iter(sales), lines
    while left > 0:
        chunk = []
        for sale in islice(source, 2000):
            chunk.append(sale)
            left -= len(sale.lines)
            if left <= 0:
                break
        yield chunk


def _count(owner: psycopg.Connection[Any], table: str, store_id: int) -> int:
    row = owner.execute(f"SELECT count(*) FROM {table} WHERE store_id = %s", (store_id,)).fetchone()  # type: ignore[arg-type]  # noqa: S608
    return int(row[0]) if row else 0


_ORDER = (
    "store_id", "bc_order_id", "version", "bc_status_id", "bc_status", "bc_customer_id", "channel_id", "currency",
    "total_inc_tax", "total_ex_tax", "subtotal_inc_tax", "shipping_inc_tax", "shipping_ex_tax", "discount",
    "coupon_discount", "is_tax_inclusive", "payment_method", "payment_status", "items_total", "items_shipped",
    "is_deleted", "is_digital", "staff_notes", "customer_locale", "external_source", "external_order_id",
    "shopper_name", "shopper_email", "shopper_phone", "billing_address", "shipping_address", "ordered_at",
    "modified_at", "shipped_at", "synced_at", "fingerprint",
)  # fmt: skip
_LINE = (
    "store_id", "order_id", "bc_line_id", "bc_product_id", "bc_variant_id", "bc_address_id", "is_bundled", "name",
    "sku", "kind", "quantity", "quantity_shipped", "quantity_refunded", "price_inc_tax", "price_ex_tax",
    "total_inc_tax", "total_ex_tax", "total_tax", "paid_inc_tax", "options", "brand", "weight",
)  # fmt: skip


def _order(store_id: int, number: int, sale: Sale) -> tuple[Any, ...]:
    total = sum((quantity * price for _, _, quantity, price in sale.lines), Decimal(0))
    units = sum(quantity for _, _, quantity, _ in sale.lines)
    address = json.dumps({"country_iso2": sale.country, "state": ""})
    return (
        store_id, number, 1, 2, "Shipped", number % 5000, 1, "EUR", total, total, total, 0, 0, 0, 0, True, "Card",
        "captured", units, units, False, False, "", "en", "", "", f"Demo Shopper {number % 5000}",
        f"shopper{number % 5000}@shop.example", "", "{}", address, sale.ordered_at, sale.ordered_at,
        sale.ordered_at + timedelta(days=2), sale.ordered_at, "",
    )  # fmt: skip


def _line(
    store_id: int, order_id: int, place: int, product: int, sku: str, name: str, quantity: int, price: Decimal
) -> tuple[Any, ...]:
    total = quantity * price
    return (
        store_id, order_id, order_id * 10000 + place, product, 0, 0, False, name, f"{bucket_of(sku):02}-{sku}",
        "physical", quantity, quantity, 0, price, price, total, total, 0, total, '[["Colour", "Blue"]]',
        f"Brand {bucket_of(sku)}", 0,
    )  # fmt: skip


def _catalogue(owner: psycopg.Connection[Any], store_id: int, products: dict[str, int]) -> None:
    """The store's whole catalogue, read today: a tree of two levels, each article in one category."""
    now = datetime.now(UTC)
    with owner.cursor().copy(
        "COPY categories (store_id, bc_category_id, bc_parent_id, name, fetched_at) FROM STDIN"
    ) as copy:
        for number, parent in [(0, 0), (1, 0), *((100 + bucket, 1) for bucket in range(RULES))]:
            copy.write_row((store_id, number, parent, f"Category {number}", now))
    names = "store_id, bc_product_id, name, sku, kind, bc_category_ids, image_url, is_gone, fetched_at"
    with owner.cursor().copy(f"COPY products ({names}) FROM STDIN") as copy:
        for sku, number in products.items():
            ids = json.dumps([100 + bucket_of(sku)])
            copy.write_row((store_id, number, f"Thing {sku}", sku, "physical", ids, "", False, now))


def policy(name: str, *, tight: bool) -> dict[str, Any]:
    """A document of 30 rules, each of which decides about a thirtieth of the articles. `tight`: every third rule is
    stricter than otherwise."""
    return {
        "name": name,
        "reasons": [{"code": "no_longer_wanted", "label": {"en": "No longer wanted"}}],
        "rules": [_rule(number, tight=tight and number % 3 == 0) for number in range(RULES)],
        "defaults": {"window": {"days": 30, "counted_from": "delivery"}},
    }


def _rule(number: int, *, tight: bool) -> dict[str, Any]:
    category = {"test": "in", "fact": "product.category", "values": [100 + number]}
    sku = {"test": "compare", "fact": "product.sku", "op": "starts_with", "value": f"{number:02}-"}
    brand = {"test": "in", "fact": "product.brand", "values": [f"Brand {number}"]}
    paid = {"test": "compare", "fact": "line.paid", "op": "at_least", "value": "0"}
    dated = {"test": "between", "fact": "order.date", "low": "2000-01-01", "high": "2100-01-01"}
    effects: dict[str, Any] = {
        "outcome": {"decision": "refuse" if tight and number % 2 else "authorize"},
        "window": {"days": 7 if tight else 14 + number, "counted_from": ("order", "shipment", "delivery")[number % 3]},
        "fees": {"restocking": {"percent": 5 + 10 * tight}, "waived_for_reasons": []},
        "shipping_paid_by": "merchant" if number % 2 else "shopper",
    }
    when = (category, {"test": "all", "of": [sku, paid]}, {"test": "all", "of": [dated, brand]})[number % 3]
    return {"name": f"Rule {number}", "when": when, "effects": effects}
