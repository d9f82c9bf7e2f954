"""What the back-test reads in batches is what a request is decided by, fact by fact."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from app.catalog.models import Category, Customer, Product
from app.flows.order_facts import facts_of, value_of
from app.insights import asker
from app.insights.past import orders_after, paid_for
from app.insights.requests import Request, Requests
from app.lib import clock
from app.lib.errors import RemoteError
from app.orders.models import Order, OrderLine
from app.policies.document import PolicyDocument
from app.policies.fact_names import FACTS, Kind
from app.policies.people import put_on_list
from app.returns.models import Return
from app.returns.service import WantedLine
from app.returns.states import Word
from tests.factories import a_line, a_return, a_shipment, an_order
from tests.insights.conftest import a_policy

VALUES: dict[Kind, tuple[str, Any]] = {
    Kind.MONEY: ("above", "1"), Kind.NUMBER: ("above", 1), Kind.PERCENT: ("above", 1), Kind.FLAG: ("is", True),
    Kind.DATE: ("above", "2026-01-01"), Kind.TEXT: ("is", "x"), Kind.ID: ("is", 1), Kind.IDS: ("has", 1),
    Kind.TEXTS: ("has", "x"), Kind.CHOICES: ("has", "block"),
}  # fmt: skip
CHOSEN = {"order.currency": "EUR", "destination.country": "DE", "line.reason": "damaged"}


def everything_named() -> PolicyDocument:
    """A policy with a rule for every fact there is."""
    rules = []
    for name, fact in FACTS.items():
        if name == "line.sub_reason":
            continue
        op, value = VALUES.get(fact.kind, ("is", CHOSEN.get(name) or (fact.choices or ("x",))[0]))
        when = {"test": "compare", "fact": name, "op": op, "value": value}
        if fact.needs_field:
            when["field"] = "Colour"
        rules.append({"name": name, "when": when, "outcome": {"decision": "review"}})
    return a_policy(*rules)


def replayed(policy: PolicyDocument, days_after: int) -> list[Request]:
    orders = orders_after(0, 2**62, channel_id=None, other_channels=())
    return Requests.under(days_after, "damaged", policy).of_orders(orders)[0]


def a_catalogue(db: Any, store: Any) -> None:
    now = clock.now()
    rows: list[Any] = [
        Category(store_id=store.id, bc_category_id=number, bc_parent_id=parent, name=str(number), fetched_at=now)
        for number, parent in ((0, 0), (1, 0), (2, 1), (3, 2))
    ]
    rows += [
        Product(store_id=store.id, bc_product_id=100, name="Shirt", bc_category_ids=[3], fetched_at=now,
                custom_fields=[["Material", "Silk"]], price=Decimal(5)),
        Product(store_id=store.id, bc_product_id=101, name="", is_gone=True, bc_category_ids=[], fetched_at=now,
                custom_fields=[]),
        Customer(store_id=store.id, bc_customer_id=7, bc_group_id=4, fetched_at=now),
    ]  # fmt: skip
    db.session.add_all(rows)
    db.session.commit()


def test_every_fact_is_the_one_a_request_is_decided_by(db: Any, store: Any) -> None:
    a_catalogue(db, store)
    ten_days_ago = clock.now() - timedelta(days=10)
    policy = everything_named()
    put_on_list("block", "mail", "blocked@shop.example", by="")
    address = {"street_1": "Demo street 1", "zip": "1", "country_iso2": "DE", "state": "Berlin"}
    whole = a_line(price="40.00")
    common: dict[str, Any] = {"delivered_at": ten_days_ago, "customer_locale": "de", "coupons": ["TEN"],
                              "payment_method": "Card"}  # fmt: skip
    orders = [
        an_order([a_line(price="3.33", quantity=3, paid_inc_tax=Decimal("9.98"), options=[["Colour", "Blue"]],
                         brand="Acme"), a_line(bc_product_id=0), a_line(bc_product_id=101)],
                 bc_customer_id=7, shipping_address=address, **common),
        an_order([whole, a_line(price="0", bc_parent_line_id=whole.bc_line_id)],
                 shopper_email="Blocked@shop.example", billing_address=address, channel_id=2, **common),
        an_order([a_line(product_then={"categories": [9], "custom_fields": [["Material", "Wool"]], "price": "1"})],
                 bc_customer_id=7, shopper_email="", **common),
        an_order([a_line(price="900")], currency="JPY", shopper_email="", **common),
    ]  # fmt: skip
    a_shipment(orders[0], days_ago=12)
    a_return(orders[2])
    a_return(orders[0], wanted=[WantedLine(orders[0].lines[0].id, 1, "damaged")])
    db.session.execute(update(Return).values(created_at=clock.now() - timedelta(days=1)))
    db.session.execute(update(Return).where(Return.order_id == orders[2].id).values(word=Word.REJECTED))
    db.session.commit()

    requests = {request.order_id: request for request in replayed(policy, 10)}
    assert len(requests) == len(orders)
    for order in db.session.query(Order).filter(Order.id.in_(requests)):
        wanted = [
            WantedLine(line.id, line.quantity, "damaged", "refund")
            for line in order.lines
            if line.bc_parent_line_id is None
        ]
        assert requests[order.id].facts == facts_of(store, order, wanted, policy=policy), order.bc_order_id
    assert requests[orders[0].id].facts.returns_count == 1
    assert requests[orders[0].id].facts.group_id == 4
    assert requests[orders[1].id].facts.lists == {"block"}


def test_history_is_what_had_happened_by_then(db: Any, store: Any) -> None:
    policy = everything_named()
    long_ago, lately = clock.now() - timedelta(days=100), clock.now() - timedelta(days=20)
    first = an_order([a_line(quantity=4)], bc_customer_id=7, ordered_at=long_ago, delivered_at=long_ago)
    second = an_order([a_line(quantity=4)], bc_customer_id=7, ordered_at=lately, delivered_at=lately)
    rma = a_return(first, wanted=[WantedLine(first.lines[0].id, 2, "damaged")])
    db.session.execute(update(Return).where(Return.id == rma.id).values(created_at=long_ago + timedelta(days=12)))
    db.session.commit()
    facts = {request.order_id: request.facts for request in replayed(policy, 10)}
    assert (facts[first.id].returns_count, facts[first.id].return_rate) == (0, 0)
    assert (facts[second.id].returns_count, facts[second.id].return_rate) == (1, Decimal(25))


@pytest.mark.parametrize(("paid", "quantity", "of", "currency"), [
    ("10.00", 1, 3, "EUR"), ("10.00", 2, 3, "EUR"), ("10.00", 3, 3, "EUR"), ("0.02", 2, 3, "EUR"), ("0", 1, 2, "EUR"),
    ("1000", 1, 3, "JPY"), ("1.0005", 1, 2, "KWD"), ("-10.00", 1, 3, "EUR"), ("-10.00", 2, 3, "EUR"),
])  # fmt: skip
def test_part_of_a_line_is_worth_what_a_request_says(
    db: Any, store: Any, paid: str, quantity: int, of: int, currency: str
) -> None:
    line: OrderLine = an_order([a_line(quantity=of, paid_inc_tax=Decimal(paid))], currency=currency).lines[0]
    row: Any = line
    assert paid_for(row, quantity, currency) == value_of(line, quantity)


def test_of_what_the_store_does_not_tell_nothing_is_made_up(
    db: Any, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def refuse(*args: Any, **options: Any) -> Any:
        asked.append(args)
        raise RemoteError("down", retryable=True)

    monkeypatch.setattr(asker, "client_for", refuse)
    an_order([a_line()], bc_customer_id=7)
    an_order([a_line(bc_product_id=200)], bc_customer_id=8)
    requests = replayed(everything_named(), 10)
    assert [line.bc_category_ids for request in requests for line in request.facts.lines] == [None, None]
    assert [request.facts.group_id for request in requests] == [None, None]
    assert len(asked) == 1


def test_few_statements_whatever_the_number_of_orders(db: Any, store: Any, statements: Callable[[], list[str]]) -> None:
    a_catalogue(db, store)
    policy = everything_named()
    an_order([a_line()], bc_customer_id=7)
    few = sent_by(policy, db, statements)
    for _ in range(6):
        an_order([a_line(), a_line()], bc_customer_id=7)
    assert sent_by(policy, db, statements) == few < 15


def sent_by(policy: PolicyDocument, db: Any, statements: Callable[[], list[str]]) -> int:
    db.session.rollback()
    before = len(statements())
    replayed(policy, 10)
    return len(statements()) - before
