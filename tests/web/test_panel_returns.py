"""The list of returns, a return's page, and deciding on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.lib import clock
from app.policies.decide import Outcome
from app.returns.models import Return
from app.returns.queries import get_return
from app.returns.service import WantedLine
from app.stores.models import Store
from tests.factories import a_line, a_return, an_order
from tests.web.panel_visitor import Visitor, words


@pytest.fixture
def clerk(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def chosen(rma: Return, quantity: int | None = None, **more: Any) -> dict[str, Any]:
    """The form of the first line of `rma`."""
    line = rma.lines[0]
    return {
        "line": line.id,
        f"version-{line.id}": line.version,
        f"quantity-{line.id}": line.quantity if quantity is None else quantity,
        **more,
    }


def states(db: Any, rma: Return) -> list[tuple[int, str, str]]:
    db.session.rollback()
    db.session.expire_all()
    return sorted((line.quantity, line.decision, line.custody) for line in get_return(rma.id).lines)


def test_an_empty_list_says_where_returns_come_from(clerk: Visitor) -> None:
    page = words(clerk.get("/panel/"))
    assert "No returns yet" in page
    assert "wait for your decision" not in page


def test_one_request_is_announced_and_listed_with_all_a_clerk_looks_for(clerk: Visitor) -> None:
    order = an_order(
        [a_line(quantity=2, name="Blue cup"), a_line(name="Tray"), a_line(name="Spoon")],
        shopper_name="Demo Shopper 12",
        delivered_at=datetime(2026, 5, 3, 22, 30, tzinfo=UTC),
    )
    rma = a_return(order, outcome=Outcome.REVIEW)
    page = words(clerk.get("/panel/"))
    assert "1 request waits for your decision" in page
    assert rma.number in page
    assert "2 × Blue cup, 1 × Tray and 1 more" in page
    # Half past ten at night in UTC is the next day where the store is.
    assert "May 4, 2026" in page
    assert "Demo Shopper 12" in page
    assert f"#{order.bc_order_id}" in page


def test_many_returns_come_in_pages_that_keep_the_search(clerk: Visitor) -> None:
    for _ in range(27):
        a_return(an_order(shopper_name="Demo Many"))
    a_return(an_order(shopper_name="Demo Other"))
    first = clerk.get("/panel/", q="many")
    assert "1–25 of 27" in words(first)
    assert "page=2" in first.text
    second = words(clerk.get("/panel/", q="many", page=2))
    assert "26–27 of 27" in second
    assert "Demo Other" not in second
    assert "1–27 of 27" in words(clerk.get("/panel/", q="many", per_page=50))


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-3"},
        {"page": "x"},
        {"page": "99999999999999999999"},
        {"per_page": "7"},
        {"word": "Nonsense"},
        {"sort": "'; drop"},
        {"q": "'\"%_\\ & | ! :* <script>"},
        {"q": "\x00"},
        {"q": "x" * 5000},
    ],
)
def test_nonsense_in_the_address_reads_as_the_default(clerk: Visitor, query: dict[str, str]) -> None:
    a_return()
    answer = clerk.get("/panel/", **query)
    assert answer.status_code == 200
    assert "<script>" not in answer.text.partition("</head>")[2]


def test_tabs_count_each_word_and_show_only_their_own(clerk: Visitor) -> None:
    waiting, refused = a_return(outcome=Outcome.REVIEW), a_return(outcome=Outcome.REFUSE)
    page = words(clerk.get("/panel/", word="Pending"))
    assert "All 2 Pending 1 Return Authorized 0" in page
    assert "Request Rejected 1" in page
    assert waiting.number in page
    assert refused.number not in page


def test_the_page_explains_how_the_policy_decided(clerk: Visitor, db: Any) -> None:
    rma = a_return(outcome=Outcome.REVIEW)
    rma.lines[0].explanation = {
        "outcome": "review",
        "rule": "above_amount",
        "sentence": "We look at this ourselves.",
        "considered": [
            {"rule": "outside_window", "matched": False, "compared": {"today": "2026-05-04", "last_day": "2026-06-01"}},
            {"rule": "above_amount", "matched": True, "compared": {"request": "120 USD", "limit": "100 USD"}},
        ],
        "window": {
            "first_day": "2026-04-29",
            "last_day": "2026-06-01",
            "basis": "last_shipment",
            "grace_days": 3,
            "fallbacks": ["no_delivery_date"],
        },
    }
    db.session.commit()
    page = words(clerk.get(f"/panel/returns/{rma.id}"))
    assert "Left to you by your policy: the request is above the amount you look at yourself" in page
    assert "The return window is still open today: 2026-05-04 · last day: 2026-06-01" in page
    assert "limit: 100 USD · request: 120 USD" in page
    assert "Counted from the last shipment, with 3 days of grace, because the delivery date is not known." in page


def test_the_page_shows_every_rule_with_what_it_compared_and_the_terms(clerk: Visitor, db: Any) -> None:
    rma = a_return(outcome=Outcome.AUTHORIZE)
    rma.lines[0].explanation = {
        "format": 2, "outcome": "authorize", "rule": "lamps", "name": "Lamps", "sentence": "Until 1 June 2026.",
        "considered": [
            {"rule": "sale", "name": "Sale", "matched": False, "compared": {}, "tests": [
                {"fact": "line.quantity", "test": "above", "wanted": "1", "actual": "3", "held": True},
                {"fact": "line.discount_percent", "test": "at_least", "wanted": "50 %", "actual": "0 %", "held": False},
            ]},
            {"rule": "vip", "name": "Good customers", "matched": None, "compared": {}, "tests": [
                {"fact": "shopper.group", "test": "is", "wanted": "4", "actual": "unknown", "held": None},
            ]},
            {"rule": "lamps", "name": "Lamps", "matched": True, "compared": {}, "gives": ["window", "fees"], "tests": [
                {"fact": "product.custom_field", "field": "Socket", "test": "is", "wanted": "E27", "actual": "e27",
                 "held": True},
            ]},
            {"rule": "outside_window", "matched": False,
             "compared": {"today": "2026-05-04", "last_day": "2026-06-01", "counted_from": "delivered"}},
        ],
        "window": {"first_day": "2026-05-02", "last_day": "2026-06-01", "basis": "delivered", "grace_days": 0,
                   "fallbacks": []},
        "terms": {"fees": [{"kind": "restocking", "amount": "3.00", "currency": "EUR", "waived": False}],
                  "shipping_paid_by": "shopper"},
        "decided_by": {"window": "lamps", "fees": "lamps", "shipping_paid_by": "otherwise"},
        "fallbacks": ["fact_unknown:shopper.group"],
    }  # fmt: skip
    db.session.commit()
    page = words(clerk.get(f"/panel/returns/{rma.id}"))
    assert "Authorized by your policy: your rule “Lamps”" in page
    assert "Sale: does not match the discount on the item (percent) is at least 50 %: it is 0 %" in page
    assert "Good customers: cannot be told the customer group is 4: it is unknown" in page
    assert "Lamps: matches – decides days to return, fees the custom field “Socket” is E27: it is e27" in page
    assert "Fees: restocking 3.00 EUR (rule “Lamps”)" in page
    assert "Return shipping" not in page
    assert "Customer group was not known." in page


def test_two_of_three_are_authorized_and_one_rejected(clerk: Visitor, db: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]), outcome=Outcome.REVIEW)
    clerk.get(f"/panel/returns/{rma.id}")
    answer = clerk.post(f"/panel/returns/{rma.id}/authorize", chosen(rma, 2))
    assert answer.status_code == 303
    db.session.rollback()
    left = next(line for line in get_return(rma.id).lines if line.decision == "in_review")
    answer = clerk.post(
        f"/panel/returns/{rma.id}/reject",
        {"line": left.id, f"version-{left.id}": left.version, f"quantity-{left.id}": 1, "why": "It was worn."},
    )
    assert answer.status_code == 303
    assert states(db, rma) == [(1, "rejected", "with_shopper"), (2, "authorized", "with_shopper")]
    page = words(clerk.get(f"/panel/returns/{rma.id}"))
    assert "It was worn." in page
    assert clerk.user.email in page


def test_a_rejection_without_a_reason_keeps_the_form_and_changes_nothing(clerk: Visitor, db: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]), outcome=Outcome.REVIEW)
    clerk.get(f"/panel/returns/{rma.id}")
    answer = clerk.post(f"/panel/returns/{rma.id}/reject", chosen(rma, 2, why="  "))
    assert answer.status_code == 400
    assert "Say why" in words(answer)
    assert '<option value="2" selected>2 of 3</option>' in answer.text
    assert states(db, rma) == [(3, "in_review", "with_shopper")]


def test_a_refusal_gives_back_what_was_typed_into_its_own_form_only(clerk: Visitor, db: Any) -> None:
    order = an_order([a_line(quantity=2, name="Cup"), a_line(quantity=2, name="Tray")])
    rma = a_return(order, outcome=Outcome.REVIEW)
    clerk.get(f"/panel/returns/{rma.id}")
    answer = clerk.post(f"/panel/returns/{rma.id}/reject", chosen(rma, 9, why="Worn <b>& torn</b>"))
    assert answer.status_code in (400, 409)
    assert answer.text.count("Worn &lt;b&gt;&amp; torn&lt;/b&gt;</textarea>") == 1
    assert states(db, rma) == [(2, "in_review", "with_shopper"), (2, "in_review", "with_shopper")]


def test_a_form_made_from_an_older_line_is_refused(clerk: Visitor, db: Any) -> None:
    rma = a_return(an_order([a_line(quantity=2)]), outcome=Outcome.REVIEW)
    clerk.get(f"/panel/returns/{rma.id}")
    form = chosen(rma)
    assert clerk.post(f"/panel/returns/{rma.id}/authorize", form).status_code == 303
    again = clerk.post(f"/panel/returns/{rma.id}/authorize", form)
    assert again.status_code == 409
    assert "Somebody else was faster" in words(again)
    assert states(db, rma) == [(2, "authorized", "with_shopper")]


def test_what_was_refused_is_authorized_only_with_a_reason(clerk: Visitor, db: Any) -> None:
    rma = a_return(outcome=Outcome.REFUSE)
    page = clerk.get(f"/panel/returns/{rma.id}")
    assert "Authorize anyway…" in page.text
    assert clerk.post(f"/panel/returns/{rma.id}/authorize", chosen(rma)).status_code == 400
    assert states(db, rma) == [(1, "rejected", "with_shopper")]
    answer = clerk.post(f"/panel/returns/{rma.id}/authorize", chosen(rma, why="A good customer."))
    assert answer.status_code == 303
    assert states(db, rma) == [(1, "authorized", "with_shopper")]


def test_part_of_a_line_is_received_and_then_offered_for_refund(clerk: Visitor, db: Any) -> None:
    rma = a_return(an_order([a_line(quantity=3)]))
    assert "What should be refunded?" not in clerk.get(f"/panel/returns/{rma.id}").text
    assert clerk.post(f"/panel/returns/{rma.id}/receive", chosen(rma, 2)).status_code == 303
    assert states(db, rma) == [(1, "authorized", "with_shopper"), (2, "authorized", "received")]
    page = clerk.get(f"/panel/returns/{rma.id}").text
    assert "What should be refunded?" in page
    assert "Ask the store for the amount" in page


def test_cancelling_asks_whether_one_is_sure(clerk: Visitor, db: Any) -> None:
    rma = a_return()
    clerk.get(f"/panel/returns/{rma.id}")
    assert clerk.post(f"/panel/returns/{rma.id}/cancel", {}).status_code == 400
    assert states(db, rma) == [(1, "authorized", "with_shopper")]
    assert clerk.post(f"/panel/returns/{rma.id}/cancel", {"sure": "1"}).status_code == 303
    assert states(db, rma) == [(1, "cancelled", "with_shopper")]
    assert "Cancel the return" not in clerk.get(f"/panel/returns/{rma.id}").text


def test_a_note_stays_among_staff_and_an_empty_one_is_refused(clerk: Visitor) -> None:
    rma = a_return()
    clerk.get(f"/panel/returns/{rma.id}")
    assert clerk.post(f"/panel/returns/{rma.id}/note", {"text": " \r\n "}).status_code == 400
    assert clerk.post(f"/panel/returns/{rma.id}/note", {"text": "Called.\r\nSends photos."}).status_code == 303
    assert "Called.\nSends photos." in clerk.get(f"/panel/returns/{rma.id}").text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"line": "x"},
        {"line": "1'"},
        {"line": "99999999999999999999"},
        {"line": ""},
        {"line": "1", "quantity-1": "1"},
    ],
)
def test_a_broken_form_gets_a_sentence(clerk: Visitor, db: Any, form: dict[str, str]) -> None:
    rma = a_return(outcome=Outcome.REVIEW)
    clerk.get(f"/panel/returns/{rma.id}")
    answer = clerk.post(f"/panel/returns/{rma.id}/authorize", form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert states(db, rma) == [(1, "in_review", "with_shopper")]


def test_the_age_of_a_request_is_shown(clerk: Visitor) -> None:
    a_return()
    now = clock.now()
    clock.use(lambda: now + timedelta(hours=3))
    assert "3 hours ago" in words(clerk.get("/panel/"))


def test_what_shoppers_type_is_never_markup(clerk: Visitor) -> None:
    order = an_order([a_line(name="<i>Cup</i>")], shopper_name="<script>alert(1)</script>")
    want = WantedLine(order.lines[0].id, 1, "damaged", comment="</p><script>alert(2)</script> שלום 🎁")
    rma = a_return(order, wanted=[want], outcome=Outcome.REVIEW)
    for path in ("/panel/", f"/panel/returns/{rma.id}"):
        body = clerk.get(path).text.partition("<body>")[2]
        assert "<script>" not in body
        assert "<i>Cup" not in body
    assert "שלום 🎁" in clerk.get(f"/panel/returns/{rma.id}").text


def test_everything_is_authorized_in_one_step_and_one_entry_of_the_history(clerk: Visitor, db: Any) -> None:
    rma = a_return(an_order([a_line(quantity=2, name="Cup"), a_line(name="Tray")]), outcome=Outcome.REVIEW)
    assert "Authorize everything" in clerk.get(f"/panel/returns/{rma.id}").text
    form = {"line": [line.id for line in rma.lines]}
    for line in rma.lines:
        form |= {f"version-{line.id}": line.version, f"quantity-{line.id}": line.quantity}
    assert clerk.post(f"/panel/returns/{rma.id}/authorize", form).status_code == 303
    assert states(db, rma) == [(1, "authorized", "with_shopper"), (2, "authorized", "with_shopper")]
    page = words(clerk.get(f"/panel/returns/{rma.id}"))
    assert "Authorized: 2 × Cup, 1 × Tray" in page
    assert "Put up for a decision: 2 × Cup, 1 × Tray" in page
    assert "Mark everything received" in page


@pytest.mark.parametrize("path", ["/panel/?per_page=50", "/panel/orders?per_page=50"])
def test_a_longer_list_asks_the_database_no_more_often(clerk: Visitor, db: Any, path: str) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *more: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert clerk.get(path).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    a_return(an_order([a_line(), a_line()]))
    clerk.get(path)
    few = statements()
    for _ in range(12):
        a_return(an_order([a_line(), a_line()]))
    assert statements() == few
    assert few < 20
