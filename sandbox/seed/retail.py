"""A real shop's orders from a CSV in the format of the Online Retail data set.

Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country. The rules:

* an invoice is an order; a line without CustomerID belongs to a guest;
* an invoice that begins with C is a cancellation: its units become refunded units of the customer's latest earlier
  purchases of the same article; what finds no purchase becomes an order of its own, wholly refunded;
* M, POST and D are no articles and are dropped; other negative quantities are write-offs, and a guest's line at
  price 0 is a stock correction: neither is a sale;
* the file knows no tax and no parcels: tax is 0, and every order counts as shipped within a day.

Data: Online Retail, UCI Machine Learning Repository, CC BY 4.0.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sandbox.seed import catalogue
from sandbox.seed.retail_words import ADDRESSES, category_of, shelf_rows
from sandbox.seed.surroundings import CUSTOMER_GROUPS, LOCATIONS, POUND, channels, customer, sites
from sandbox.seed.types import SeedData, Wire
from sandbox.seed.wire import Ids, LineSpec, OrderSpec, RefundSpec, ShipmentSpec, build_order

SOURCE = "Online Retail, UCI Machine Learning Repository, CC BY 4.0"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
NOT_ARTICLES = frozenset({"M", "POST", "D"})
DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M")
Sale = tuple[int, int, str]  # (place of the article, quantity, unit price)


@dataclass(slots=True)
class Invoice:
    id: int
    at: datetime
    customer_id: int
    country: str
    sales: list[Sale] = field(default_factory=list)
    returned: dict[str, tuple[datetime, dict[int, int]]] = field(default_factory=dict)
    """Cancelling invoice -> (when, {index of the line: units})."""


@dataclass(slots=True)
class Bought:
    invoice: Invoice
    index: int
    left: int


@dataclass
class Book:
    """What was read, in the few bytes a line needs; the wire is spelled out only when somebody asks."""

    invoices: dict[str, Invoice] = field(default_factory=dict)
    articles: dict[str, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    bought: defaultdict[tuple[int, int], list[Bought]] = field(default_factory=lambda: defaultdict(list))
    """(customer, article) -> purchases, oldest first."""
    limit: int | None = None

    def full(self, number: str) -> bool:
        """Whether `number` would be an order too many."""
        return self.limit is not None and len(self.invoices) >= self.limit and number not in self.invoices

    def article(self, sku: str, name: str, price: str) -> int:
        place = self.articles.setdefault(sku, len(self.names))
        if place == len(self.names):
            self.names.append(name)
            self.prices.append(price)
        elif not self.names[place]:
            self.names[place] = name
        return place


def load_csv(
    path: str | Path,
    limit: int | None = None,
    *,
    today: datetime | None = None,
    shift: bool = True,
    shop_url: str = "http://localhost:5091",
) -> SeedData:
    """The file as a store; `limit` stops after so many orders.

    `shift` moves all dates by whole days so that the newest order is less than a day old.
    Raises ValueError naming the column or the line when the file is not in the format, OSError when it cannot be read.
    """
    today = today or datetime.now(UTC)
    book = _read(Path(path), limit)
    newest = max((invoice.at for invoice in book.invoices.values()), default=today)
    delta = timedelta(days=(today - newest).days) if shift else timedelta()
    products = [catalogue.product(row, shop_url) for row in shelf_rows(list(book.articles), book.names, book.prices)]
    known = {invoice.customer_id: invoice for invoice in book.invoices.values() if invoice.customer_id}
    sold_on = channels("Online Retail")
    return SeedData(
        source=SOURCE,
        store_name="Online Retail (simulated store)",
        currency="GBP",
        timezone="Europe/London",
        order_count=len(book.invoices),
        orders=RetailOrders(book, products, delta, today),
        products=products,
        categories=catalogue.categories(category_of.rows()),
        customers=[customer(_person(known[number]), today) for number in sorted(known)],
        customer_groups=CUSTOMER_GROUPS,
        channels=sold_on,
        sites=sites(shop_url, sold_on),
        currencies=POUND,
        locations=LOCATIONS,
        stock=catalogue.stock(products, location_id=1, each=1000),
        notes=dict(book.notes),
    )


def _read(path: Path, limit: int | None) -> Book:
    book = Book(limit=limit)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    opener = gzip.open if packed else open
    # Bytes that are not UTF-8 (the oldest copies are Latin-1) become U+FFFD.
    with opener(path, "rt", encoding="utf-8", errors="replace", newline="") as text:
        reader = csv.DictReader(text)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path.name} lacks the column {missing[0]}; it needs {', '.join(COLUMNS)}")
        for row in reader:
            if not row["InvoiceNo"].startswith("C") and book.full(row["InvoiceNo"].strip()):
                break
            _take(row, book, f"{path.name} line {reader.line_num}")
    return book


def _take(row: dict[str, str], book: Book, where: str) -> None:
    book.notes["lines"] += 1
    number, sku = row["InvoiceNo"].strip(), row["StockCode"].strip().upper()
    try:
        quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
    except (ValueError, InvalidOperation, TypeError):
        raise ValueError(f"{where}: quantity and price must be numbers") from None
    cancelled = number.upper().startswith("C")
    digits = number[1:] if cancelled else number
    if sku in NOT_ARTICLES or not digits.isdigit() or price < 0:
        book.notes["not_articles"] += 1
    elif quantity <= 0 and not cancelled:
        book.notes["write_offs"] += 1
    elif price == 0 and not row["CustomerID"] and not cancelled:
        book.notes["stock_corrections"] += 1
    else:
        person = int(Decimal(row["CustomerID"])) if row["CustomerID"] else 0
        place = book.article(sku, row["Description"].strip(), row["UnitPrice"])
        invoice = Invoice(int(digits), _when(row["InvoiceDate"], where), person, row["Country"])
        (_cancel if cancelled else _sell)(book, number, invoice, (place, abs(quantity), row["UnitPrice"]))


def _when(text: str, where: str) -> datetime:
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{where}: {text!r} is no date such as 2010-12-01 08:26:00")


def _sell(book: Book, number: str, fresh: Invoice, sale: Sale) -> Invoice:
    invoice = book.invoices.setdefault(number, fresh)
    invoice.sales.append(sale)
    book.notes["sales"] += 1
    if invoice.customer_id:
        book.bought[invoice.customer_id, sale[0]].append(Bought(invoice, len(invoice.sales) - 1, sale[1]))
    return invoice


def _cancel(book: Book, number: str, fresh: Invoice, sale: Sale) -> None:
    """Spend the cancelled units on the latest purchases first; what is left becomes an order of its own."""
    book.notes["cancellations"] += 1
    place, left, price = sale
    for purchase in reversed(book.bought.get((fresh.customer_id, place), [])):
        taken = min(left, purchase.left)
        if taken:
            purchase.left -= taken
            left -= taken
            _give_back(purchase.invoice, number, fresh.at, purchase.index, taken)
        if not left:
            book.notes["cancellations_matched"] += 1
            return
    if book.full(number):
        book.notes["cancellations_beyond_limit"] += 1
        return
    own = book.invoices.setdefault(number, fresh)
    own.sales.append((place, left, price))
    _give_back(own, number, fresh.at, len(own.sales) - 1, left)


def _give_back(invoice: Invoice, number: str, at: datetime, index: int, units: int) -> None:
    _, parts = invoice.returned.setdefault(number, (at, {}))
    parts[index] = parts.get(index, 0) + units


def _person(invoice: Invoice) -> Wire:
    """Somebody obviously fictional: the data set holds numbers and countries, no names."""
    country, iso2, city = ADDRESSES.get(invoice.country, (invoice.country, "GB", "Sample Town"))
    who = f"Shopper {invoice.customer_id}" if invoice.customer_id else f"Guest {invoice.id}"
    return {"customer_id": invoice.customer_id, "first_name": "Retail", "last_name": who, "company": "",
            "street_1": "1 Example Road", "street_2": "", "city": city, "state": "", "zip": "00000",
            "country": country, "country_iso2": iso2, "phone": "",
            "email": f"{who.lower().replace(' ', '')}@shoppers.example"}  # fmt: skip


@dataclass
class RetailOrders:
    """The orders of a book, spelled out one at a time."""

    book: Book
    products: list[Wire]
    delta: timedelta
    today: datetime

    def __iter__(self) -> Iterator[Wire]:
        ids = Ids()
        for invoice in self.book.invoices.values():
            yield build_order(self._spec(invoice), ids)

    def _spec(self, invoice: Invoice) -> OrderSpec:
        placed = invoice.at + self.delta
        returned = [(at + self.delta, list(parts.items())) for at, parts in invoice.returned.values()]
        shipped = min([placed + timedelta(hours=20), *(at for at, _ in returned)])
        sent = shipped <= self.today
        items = [(self.products[place], quantity, price) for place, quantity, price in invoice.sales]
        return OrderSpec(
            id=invoice.id,
            placed_at=placed,
            person=_person(invoice),
            lines=[LineSpec(item, item["variants"][0], quantity, Decimal(price)) for item, quantity, price in items],
            status_id=_status(invoice, placed, sent, self.today),
            currency="GBP",
            store_currency="GBP",
            shipments=[ShipmentSpec(shipped, [(i, sale[1]) for i, sale in enumerate(invoice.sales)])] if sent else [],
            refunds=[RefundSpec(at, parts) for at, parts in returned],
        )


def _status(invoice: Invoice, placed: datetime, sent: bool, today: datetime) -> int:
    if invoice.returned:
        back = sum(sum(parts.values()) for _, parts in invoice.returned.values())
        return 4 if back == sum(quantity for _, quantity, _ in invoice.sales) else 14
    if not sent:
        return 11
    return 2 if today - placed < timedelta(days=10) else 10
