"""Asking to return something: facts, decision, return and letters in one commit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.catalog.models import Category, Product
from app.catalog.products import ROOT
from app.extensions import as_store, current_store_id
from app.extensions import db as extension
from app.flows import order_facts
from app.flows.request_return import WantedLine, preview_return, request_return
from app.lib import clock
from app.lib.errors import Conflict, NotFound, RemoteError, UserError
from app.notices.models import Letter
from app.orders.models import Order
from app.returns.models import Return
from app.stores.settings import StoreSettings
from app.write_back.models import WriteBack
from tests.factories import a_line, a_shipment, a_store, an_order
from tests.flows.helpers import SHOPPER, everything, letters, lines

NOTHING = dict.fromkeys(("returns", "return_lines", "return_events", "letters", "write_backs", "jobs"), 0)


class Shop:
    """The store as the facts are asked of it: what it was asked, and whether it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False

    def client_for(self, store: Any, **how: Any) -> "Shop":
        return self

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def ensure_shipments(self, client: Any, order: Order) -> None:
        if order.shipments_known_at is None:
            self._answer("shipments")
            order.shipments_known_at = clock.now()

    def ensure_products(self, client: Any, ids: list[int]) -> None:
        self._answer("products")

    def _answer(self, what: str) -> None:
        if self.is_down:
            raise RemoteError("no answer", retryable=True)
        self.asked.append(what)


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    for name in ("client_for", "ensure_shipments", "ensure_products"):
        monkeypatch.setattr(order_facts, name, getattr(shop, name))
    return shop


def ask(order: Order, quantity: int = 1, *, form_key: str = "form-key-1", **changes: Any) -> Return:
    wanted = [WantedLine(**{"order_line_id": order.lines[0].id, "quantity": quantity, "reason": "damaged", **changes})]
    return request_return(order.id, wanted, origin="shopper", form_key=form_key, actor=SHOPPER)


def a_product(db: Any, bc_product_id: int, *categories: int, is_gone: bool = False) -> None:
    """A product of our copy that hangs in `categories`, the trees being read: 67 lies in 66."""
    store_id, now = current_store_id(), clock.now()
    there = set(db.session.scalars(select(Category.bc_category_id)))
    for number, parent in ((ROOT, ROOT), (66, ROOT), (67, 66)):
        if number not in there:
            db.session.add(
                Category(store_id=store_id, bc_category_id=number, bc_parent_id=parent, name="", fetched_at=now)
            )
    db.session.add(
        Product(
            store_id=store_id, bc_product_id=bc_product_id, name="", bc_category_ids=list(categories),
            is_gone=is_gone, fetched_at=now,
        )
    )  # fmt: skip
    db.session.commit()


def set_settings(db: Any, store: Any, **changes: Any) -> None:
    store.settings = StoreSettings(**changes).model_dump(mode="json")
    db.session.commit()


def test_a_request_within_policy_is_authorized_announced_and_told_to_the_store(db: Any, store: Any, jobs: Any) -> None:
    set_settings(db, store, staff_notes=True)
    rma = ask(an_order([a_line(quantity=3, name="Cup")]), 2, comment="  The handle <i>broke</i> \u202e👀 ")
    assert (rma.word, rma.detail, rma.origin, rma.policy_version) == ("Return Authorized", "2 authorized", "shopper", 1)
    assert rma.lines[0].comment == "The handle <i>broke</i> \u202e👀"
    assert rma.lines[0].explanation["rule"] == "otherwise"
    assert rma.instructions == StoreSettings().instructions
    assert letters(db) == ["requested", "authorized", "staff_new_request"]
    assert [(row.target, row.wanted_version) for row in db.session.scalars(select(WriteBack))] == [
        ("metafields", 1), ("staff_note", 1),
    ]  # fmt: skip
    assert [name for name, _ in jobs()] == ["letter.send"] * 3 + ["write_back.run"]


def test_letters_say_what_happened_to_which_units(db: Any, store: Any) -> None:
    rma = ask(an_order([a_line(quantity=3, name="Cup")]), 2)
    shopper, _, staff = db.session.scalars(select(Letter).order_by(Letter.id))
    assert shopper.to_email == rma.order.shopper_email
    assert shopper.cause == f"return:{rma.id}:requested:v1"
    assert shopper.facts == {"lines": [{"name": "Cup", "quantity": 2, "reason": "damaged", "why": ""}]}
    assert staff.to_email == "owner@abc123.example"


def test_above_the_amount_a_person_decides(db: Any, store: Any) -> None:
    set_settings(db, store, review_above="25")
    rma = ask(an_order([a_line(quantity=3)]), 3)
    assert (rma.word, lines(rma)) == ("Pending", [(3, "in_review", "with_shopper")])
    assert rma.lines[0].explanation["rule"] == "above_amount"
    assert letters(db) == ["requested", "staff_new_request"]


def test_a_refused_request_is_kept_with_its_reason_and_says_so(db: Any, store: Any) -> None:
    rma = ask(an_order(shipped_days_ago=90))
    assert (rma.word, lines(rma)) == ("Request Rejected", [(1, "rejected", "with_shopper")])
    explanation = rma.lines[0].explanation
    assert (explanation["rule"], explanation["window"]["basis"]) == ("outside_window", "shipped")
    assert letters(db) == ["requested", "rejected", "staff_new_request"]
    rejected = db.session.scalars(select(Letter).where(Letter.notice == "rejected")).one()
    assert rejected.facts["lines"][0]["why"] == explanation["sentence"]


def test_lines_of_one_request_may_go_different_ways(db: Any, store: Any) -> None:
    set_settings(db, store, non_returnable_categories=(66,))
    a_product(db, 100)
    a_product(db, 101, 67)
    order = an_order([a_line(), a_line(bc_product_id=101)])
    wanted = [WantedLine(line.id, 1, "no_longer_wanted") for line in order.lines]
    rma = request_return(order.id, wanted, origin="merchant", form_key="form-key-1", actor=SHOPPER)
    assert (rma.word, rma.detail, rma.origin) == ("Return Authorized", "1 authorized, 1 rejected", "merchant")
    assert letters(db) == ["requested", "authorized", "rejected", "staff_new_request"]


def test_a_letter_that_is_switched_off_is_not_written(db: Any, store: Any) -> None:
    set_settings(db, store, mails_off=("requested", "staff_new_request"), staff_mail="desk@abc123.example")
    ask(an_order())
    assert letters(db) == ["authorized"]


@pytest.mark.parametrize(
    ("_case", "changes", "code"),
    [
        ("a reason nobody offers", {"reason": "because"}, "unknown_reason"),
        ("something we do not give", {"resolution": "a pony"}, "unknown_resolution"),
        ("a line of nowhere", {"order_line_id": 999_999}, "unknown_line"),
        ("more than there is", {"quantity": 3}, "over_returnable"),
        ("nothing of it", {"quantity": 0}, "bad_quantity"),
        ("a novel", {"comment": "x" * 2001}, "text_too_long"),
    ],
)
def test_a_request_that_cannot_be_is_refused_and_nothing_is_written(
    db: Any, store: Any, _case: str, changes: dict[str, Any], code: str
) -> None:
    order = an_order([a_line(quantity=2)])
    with pytest.raises(UserError) as refused:
        ask(order, **changes)
    assert refused.value.code == code
    assert everything(db) == NOTHING


@pytest.mark.parametrize("form_key", ["", "short", "x" * 201, "with blank", "nul\x00nul\x00"])
def test_a_form_without_a_proper_key_is_refused(db: Any, store: Any, form_key: str) -> None:
    with pytest.raises(UserError) as refused:
        ask(an_order(), form_key=form_key)
    assert refused.value.code == "stale_form"
    assert everything(db) == NOTHING


def test_an_archived_order_takes_no_return(db: Any, store: Any) -> None:
    with pytest.raises(NotFound):
        ask(an_order(is_deleted=True))
    assert everything(db) == NOTHING


def test_a_stranger_cannot_ask_for_another_stores_order(db: Any, store: Any) -> None:
    order = an_order()
    order_id, wanted = order.id, [WantedLine(order.lines[0].id, 1, "damaged")]
    with as_store(a_store(store_hash="xyz").id), pytest.raises(NotFound):
        request_return(order_id, wanted, origin="shopper", form_key="form-key-1", actor=SHOPPER)
    db.session.rollback()
    assert everything(db) == NOTHING


def test_sent_twice_files_and_writes_once(db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=5)])
    first = ask(order)
    before = everything(db)
    assert ask(order).number == first.number
    assert everything(db) == before


def test_a_form_key_of_another_order_is_refused(db: Any, store: Any) -> None:
    ask(an_order())
    before = everything(db)
    with pytest.raises(Conflict) as refused:
        ask(an_order())
    assert refused.value.code == "form_used"
    assert everything(db) == before


def test_parcels_are_asked_for_at_the_first_request_only(db: Any, store: Any, shop: Shop) -> None:
    order = an_order([a_line(quantity=2)], shipments_known_at=None)
    preview_return(order)
    ask(order)
    assert shop.asked.count("shipments") == 1


def test_the_window_starts_from_the_parcel_that_held_the_line(db: Any, store: Any) -> None:
    order = an_order([a_line()], shipped_days_ago=90)
    a_shipment(order, days_ago=2)
    rma = ask(order)
    assert rma.lines[0].explanation["window"]["basis"] == "last_shipment"
    assert rma.word == "Return Authorized"


def test_a_store_that_does_not_answer_costs_facts_not_the_request(db: Any, store: Any, shop: Shop) -> None:
    shop.is_down = True
    in_time = ask(an_order(shipments_known_at=None))
    assert in_time.word == "Return Authorized"
    assert "shipments_unavailable" in in_time.lines[0].explanation["window"]["fallbacks"]
    late = ask(an_order(shipments_known_at=None, shipped_days_ago=90), form_key="form-key-2")
    assert (late.word, late.lines[0].explanation["rule"]) == ("Pending", "window_unsure")


@pytest.mark.parametrize("case", ["never heard of", "gone before we asked", "trees never read"])
def test_a_product_the_store_did_not_tell_about_is_looked_at_by_a_person(db: Any, store: Any, case: str) -> None:
    set_settings(db, store, non_returnable_categories=(66,))
    if case == "gone before we asked":
        a_product(db, 100, is_gone=True)
    if case == "trees never read":
        a_product(db, 100, 67)
        db.session.execute(delete(Category))
    assert ask(an_order()).lines[0].explanation["rule"] == "fact_unknown"


def test_what_is_known_of_a_gone_product_and_of_a_line_without_product_counts(db: Any, store: Any) -> None:
    set_settings(db, store, non_returnable_categories=(66,))
    a_product(db, 100, 67, is_gone=True)
    assert ask(an_order()).lines[0].explanation["rule"] == "excluded_category"
    by_hand = ask(an_order([a_line(bc_product_id=0)]), form_key="form-key-2")
    assert by_hand.lines[0].explanation["rule"] == "otherwise"


def test_the_preview_says_what_can_be_returned_and_for_the_rest_why_not(db: Any, store: Any) -> None:
    set_settings(db, store, non_returnable_categories=(66,))
    a_product(db, 100)
    a_product(db, 101, 66)
    order = an_order(
        [
            a_line(bc_line_id=1, name="Cup", quantity=3, paid_inc_tax="10.00", options=[["Size", "L"]]),
            a_line(bc_line_id=2, name="Later", quantity_shipped=0),
            a_line(bc_line_id=3, name="Paid back", quantity_refunded=1),
            a_line(bc_line_id=4, name="Never", bc_product_id=101),
            a_line(bc_line_id=5, name="Song", kind="digital"),
            a_line(bc_line_id=6, name="Card", kind="giftcertificate"),
            a_line(bc_line_id=7, name="Set"),
            a_line(bc_line_id=8, name="Part of it", price="0", bc_parent_line_id=7, is_bundled=True),
            a_line(bc_line_id=9, name="Going back"),
        ]
    )
    ask(order, order_line_id=order.lines[8].id)
    preview = preview_return(order)
    assert [(line.name, line.left, line.why_not) for line in preview] == [
        ("Cup", 3, ""),
        ("Later", 0, "This item has not been shipped yet."),
        ("Paid back", 0, "This item has been refunded already."),
        ("Never", 1, "Items of this kind cannot be returned."),
        ("Song", 1, "Downloads cannot be returned."),
        ("Card", 1, "Gift certificates cannot be returned."),
        ("Set", 1, ""),
        ("Going back", 0, "This item is in a return already."),
    ]
    cup, bundle = preview[0], preview[6]
    assert (str(cup.unit_price), cup.options, cup.can_return) == ("3.34 USD", (("Size", "L"),), True)
    assert cup.last_day == clock.today("Europe/Warsaw") + timedelta(days=28)
    assert bundle.parts == ("Part of it",)


def test_of_fifty_who_want_the_last_unit_at_once_one_gets_it(app: Flask, db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=2)])
    ask(order, form_key="the-one-before")
    store_id, order_id, line_id = store.id, order.id, order.lines[0].id
    db.session.commit()
    ready = Barrier(50)

    def press(number: int) -> str:
        with app.app_context(), as_store(store_id):
            ready.wait()
            wanted = [WantedLine(line_id, 1, "damaged")]
            try:
                request_return(order_id, wanted, origin="shopper", form_key=f"form-key-{number}", actor=SHOPPER)
            except UserError as error:
                extension.session.rollback()
                return error.code
            return "filed"

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(press, range(50)))
    assert sorted(answers) == ["filed"] + ["over_returnable"] * 49
    assert everything(db)["returns"] == 2


def test_one_form_pressed_many_times_at_once_files_once(app: Flask, db: Any, store: Any) -> None:
    order = an_order([a_line(quantity=20)])
    store_id, order_id, line_id = store.id, order.id, order.lines[0].id
    db.session.commit()
    ready = Barrier(8)

    def press(_: int) -> str:
        with app.app_context(), as_store(store_id):
            ready.wait()
            wanted = [WantedLine(line_id, 1, "damaged")]
            return request_return(order_id, wanted, origin="shopper", form_key="same-form", actor=SHOPPER).number

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(press, range(8)))
    assert len(numbers) == 1
    assert everything(db)["returns"] == 1
    assert letters(db) == ["requested", "authorized", "staff_new_request"]
