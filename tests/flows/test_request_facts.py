"""The facts of a request as the store tells them over the wire, or does not."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from app.flows.request_return import WantedLine, preview_return, request_return
from app.lib import clock
from app.orders.models import Order
from app.returns.models import Return
from app.stores.models import StoreStatus
from app.stores.settings import StoreSettings
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble
from tests.factories import a_line, an_order
from tests.flows.helpers import SHOPPER

SHIPMENTS, PRODUCTS, CATEGORIES = r"/v2/orders/101/shipments", r"/v3/catalog/products", r"/v3/catalog/trees/categories"


@pytest.fixture
def order(db: Any, store: Any) -> Order:
    """Three shirts (product 31, in 8 under 5) that left in the recorded parcel of 4 March 2026."""
    clock.use(lambda: datetime(2026, 3, 20, 12, tzinfo=UTC))
    return an_order(
        [a_line(bc_line_id=201, bc_product_id=31, quantity=3)], bc_order_id=101, shipped_days_ago=None,
        shipments_known_at=None, ordered_at=datetime(2026, 2, 1, tzinfo=UTC),
    )  # fmt: skip


def ask(order: Order, form_key: str = "form-key-1") -> Return:
    wanted = [WantedLine(order.lines[0].id, 1, "damaged")]
    return request_return(order.id, wanted, origin="shopper", form_key=form_key, actor=SHOPPER)


def explained(rma: Return) -> tuple[str, str, list[str]]:
    explanation = rma.lines[0].explanation
    return explanation["rule"], explanation["window"]["basis"], explanation["window"]["fallbacks"]


def answer_everything(bc: BigCommerceDouble) -> None:
    bc.answers("GET", SHIPMENTS, recorded("v2/shipments.json"))
    bc.answers("GET", PRODUCTS, recorded("v3/products.json"))
    bc.answers("GET", CATEGORIES, recorded("v3/categories.json"))


def test_parcels_and_categories_are_fetched_once_and_then_known(db: Any, order: Order, bc: BigCommerceDouble) -> None:
    answer_everything(bc)
    (line,) = preview_return(order)
    assert (line.why_not, line.last_day.isoformat()) == ("", "2026-04-06")
    assert len(bc.sent()) == 3
    preview_return(order)
    assert explained(ask(order)) == ("otherwise", "last_shipment", ["no_delivery_date"])
    assert len(bc.sent()) == 3


def test_an_excluded_category_counts_for_what_hangs_below_it(
    db: Any, store: Any, order: Order, bc: BigCommerceDouble
) -> None:
    store.settings = StoreSettings(non_returnable_categories=(5,)).model_dump(mode="json")
    db.session.commit()
    answer_everything(bc)
    assert explained(ask(order))[0] == "excluded_category"


@pytest.mark.parametrize(
    ("_case", "failure"),
    [
        ("down", {"status": 502}),
        ("silent", {"body": requests.ReadTimeout()}),
        ("gone on the way", {"body": requests.ConnectionError()}),
        ("talks rubbish", {"body": "<html>"}),
        ("busy", {"status": 429}),
        ("no longer knows us", {"status": 401}),
        ("keeps it from us", {"status": 403}),
        ("does not have it", {"status": 404}),
    ],
)
def test_whatever_the_store_answers_the_request_is_filed(
    db: Any, store: Any, order: Order, bc: BigCommerceDouble, _case: str, failure: dict[str, Any]
) -> None:
    for path in (SHIPMENTS, PRODUCTS, CATEGORIES):
        bc.answers("GET", path, **failure)
    rma = ask(order)
    assert rma.word == "Pending"
    assert explained(rma) == (
        "window_unsure", "ordered", ["no_delivery_date", "shipments_unavailable", "not_all_shipped"],
    )  # fmt: skip


def test_a_store_that_does_not_know_us_any_more_is_marked_so(
    db: Any, store: Any, order: Order, bc: BigCommerceDouble
) -> None:
    bc.answers("GET", SHIPMENTS, status=401)
    ask(order)
    db.session.refresh(store)
    assert store.status == StoreStatus.NEEDS_AUTHORIZATION


def test_parcels_stay_known_when_the_catalogue_is_silent(
    db: Any, store: Any, order: Order, bc: BigCommerceDouble
) -> None:
    store.settings = StoreSettings(non_returnable_categories=(5,)).model_dump(mode="json")
    db.session.commit()
    bc.answers("GET", SHIPMENTS, recorded("v2/shipments.json"))
    bc.answers("GET", PRODUCTS, status=500)
    assert explained(ask(order)) == ("fact_unknown", "last_shipment", ["no_delivery_date"])
