"""A retail CSV becomes a store: every rule on a few hand-written lines, then the real file where it lies beside us."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.seed import load_csv

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINES = """\
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536365,71053,WHITE METAL LANTERN,2,2010-12-01 08:26:00,3.39,17850,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850,United Kingdom
536366,85123A,WHITE HANGING HEART T-LIGHT HOLDER,4,2010-12-02 09:00:00,2.55,17850,United Kingdom
536367,22631,"CIRCUS PARADE, LUNCH BOX",3,2010-12-02 10:00:00,1.95,,EIRE
536368,22631,,-20,2010-12-02 11:00:00,0,,United Kingdom
536369,22631,,20,2010-12-02 11:05:00,0,,United Kingdom
C536370,85123A,WHITE HANGING HEART T-LIGHT HOLDER,-5,2010-12-03 12:00:00,2.55,17850,United Kingdom
C536371,85123A,WHITE HANGING HEART T-LIGHT HOLDER,-6,2010-12-03 13:00:00,2.55,17850,United Kingdom
C536372,D,Discount,-1,2010-12-03 14:00:00,27.50,17850,United Kingdom
536373,m,Manual,1,2010-12-03 15:00:00,10.00,17850,United Kingdom
A563185,B,Adjust bad debt,1,2010-12-03 15:30:00,11062.06,,United Kingdom
536374,71053,WHITE METAL LANTERN,1,2010-12-04 16:00:00,3.39,12583,France
"""
TODAY = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail.csv.gz"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + LINES, "utf-8")
    return path


def load(path, **options):
    seed = load_csv(path, today=TODAY, **options)
    return seed, {order["id"]: order for order in seed.orders}


def test_invoices_are_orders_and_pseudo_articles_are_dropped(table):
    seed, orders = load(table)
    assert sorted(orders) == [536365, 536366, 536367, 536371, 536374]
    assert seed.order_count == 5
    assert [line["sku"] for line in orders[536365]["products"]] == ["85123A", "71053"]
    assert orders[536365]["total_inc_tax"] == "22.0800"
    assert orders[536365]["total_tax"] == "0.0000"
    assert seed.source == "Online Retail, UCI Machine Learning Repository, CC BY 4.0"


def test_a_cancellation_refunds_the_latest_purchases_first(table):
    _, orders = load(table)
    (tee, lantern), (later,) = orders[536365]["products"], orders[536366]["products"]
    assert (later["quantity_refunded"], tee["quantity_refunded"], lantern["quantity_refunded"]) == (4, 6, 0)
    assert orders[536366]["status_id"] == 4
    assert orders[536365]["status_id"] == 14
    assert [refund["total_amount"] for refund in orders[536366]["refunds"]] == ["10.2000"]
    assert [refund["total_amount"] for refund in orders[536365]["refunds"]] == ["2.5500", "12.7500"]


def test_what_no_purchase_covers_becomes_a_refunded_order_of_its_own(table):
    seed, orders = load(table)
    (line,) = orders[536371]["products"]
    assert (line["quantity"], line["quantity_refunded"], orders[536371]["status_id"]) == (1, 1, 4)
    assert seed.notes["cancellations"] == 2
    assert seed.notes["cancellations_matched"] == 1


def test_write_offs_and_stock_corrections_are_no_sales(table):
    seed, orders = load(table)
    assert not {536368, 536369, 536372, 536373} & set(orders)
    assert seed.notes["write_offs"] == 1
    assert seed.notes["stock_corrections"] == 1
    assert seed.notes["not_articles"] == 4


def test_a_line_without_a_customer_belongs_to_a_guest(table):
    seed, orders = load(table)
    assert orders[536367]["customer_id"] == 0
    assert orders[536367]["billing_address"]["email"] == "guest536367@shoppers.example"
    assert orders[536367]["billing_address"]["country_iso2"] == "IE"
    assert [one["id"] for one in seed.customers] == [12583, 17850]


def test_dates_move_so_that_the_newest_order_is_of_today(table):
    _, shifted = load(table)
    assert 0 <= TODAY.timestamp() - shifted[536374]["date_created"] < 86_400
    _, kept = load(table, shift=False)
    assert datetime.fromtimestamp(kept[536365]["date_created"], UTC) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_a_limit_stops_after_so_many_orders(table):
    seed, orders = load(table, limit=2)
    assert sorted(orders) == [536365, 536366]
    assert seed.order_count == 2


def test_a_gzipped_file_reads_the_same(table, tmp_path):
    packed = tmp_path / "orders.csv.gz"
    packed.write_bytes(gzip.compress(table.read_bytes()))
    assert list(load_csv(packed, today=TODAY).orders) == list(load_csv(table, today=TODAY).orders)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("InvoiceNo,StockCode\n1,2\n", "lacks the column Description"),
        (HEAD + "1,22,X,many,2010-12-01 08:26:00,1,,France\n", "line 2: quantity and price must be numbers"),
        (HEAD + "1,22,X,1,yesterday,1,,France\n", "line 2: 'yesterday' is no date"),
    ],
)
def test_a_file_in_another_format_is_refused_by_name(tmp_path, text, complaint):
    path = tmp_path / "wrong.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=complaint):
        load_csv(path, today=TODAY)


@pytest.mark.skipif(not REAL.exists(), reason="SKIPPED: ../shared/data/online-retail.csv.gz is not beside the project")
def test_every_sale_of_the_real_file_arrives():
    seed = load_csv(REAL, 1500, today=TODAY)
    units = refunds = 0
    for order in seed.orders:
        paid = sum(Decimal(line["discounted_total_inc_tax"]) for line in order["products"])
        assert paid == Decimal(order["total_inc_tax"])
        units += len(order["products"])
        refunds += len(order["refunds"])
    assert seed.order_count == 1500
    assert units >= seed.notes["sales"] > 20_000
    assert refunds > 50
