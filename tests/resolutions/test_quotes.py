"""The store's own quote: asked for what may be refunded, kept as it was given, with our expectation beside it."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import as_store, db
from app.flows import settle_return
from app.flows.receive_parcel import receive
from app.lib.errors import NotFound, UserError
from app.lib.money import Money
from app.policies.decide import Outcome
from app.resolutions.expectation import needs_person
from app.resolutions.models import RefundQuote
from app.returns.service import WantedLine
from sandbox import state_orders
from tests import factories
from tests.money_stage import CLERK, STORE_HASH, Stage


def quoted(rma: Any, units: dict[int, int] | None = None, *, shipping: bool = False) -> RefundQuote:
    wanted = units if units is not None else {line.id: line.quantity for line in rma.lines}
    return settle_return.quote(rma.id, wanted, shipping=shipping, actor=CLERK)


def refused_quote(rma: Any, units: dict[int, int], *, shipping: bool = False) -> str:
    """The code of the refusal, nothing having been written."""
    before = db.session.scalar(select(func.count()).select_from(RefundQuote))
    with pytest.raises(UserError) as refused:
        settle_return.quote(rma.id, units, shipping=shipping, actor=CLERK)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(RefundQuote)) == before
    return refused.value.code


def test_what_the_store_says_is_kept_digit_by_digit_with_what_we_expected(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00", "discount": "0.01"}])
    rma = stage.returned(order)
    quote = quoted(rma, {rma.lines[0].id: 2})
    assert (quote.money, quote.expected) == (Money(Decimal("19.99"), "USD"), Decimal("20.00"))
    assert quote.difference == Money(Decimal("-0.01"), "USD")
    assert quote.request == {"items": [{"item_type": "PRODUCT", "item_id": order.lines[0].bc_line_id, "quantity": 2}]}
    assert [(part["provider_id"], part["amount"]) for part in quote.payments] == [("testgateway", "19.99")]
    assert quote.answer["total_refund_amount"] == "19.99"
    assert (quote.order_version, quote.lines[0]["version"]) == (rma.order.version, rma.lines[0].version)


def test_a_quote_moves_no_money_and_promises_nothing(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    quoted(rma)
    assert (stage.posts(order), stage.refunds(order), rma.lines[0].money) == ([], [], "none")


def test_two_return_lines_of_one_order_line_are_one_item_on_the_wire(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    line_id = order.lines[0].id
    wanted = [WantedLine(line_id, 1, "damaged"), WantedLine(line_id, 2, "wrong_item")]
    rma = factories.a_return(order, wanted=wanted)
    receive(rma.id, {line.id: line.quantity for line in rma.lines}, CLERK)
    quote = quoted(rma)
    assert [(item["item_id"], item["quantity"]) for item in quote.request["items"]] == [(order.lines[0].bc_line_id, 3)]
    assert (quote.total, quote.expected) == (Decimal("30.00"), Decimal("30.00"))


@pytest.mark.parametrize(
    ("_case", "outcome", "arrived", "code"),
    [
        ("not decided", Outcome.REVIEW, False, "not_authorized_yet"),
        ("rejected", Outcome.REFUSE, False, "not_authorized_yet"),
        ("still on its way", Outcome.AUTHORIZE, False, "not_received_yet"),
    ],
)
def test_only_what_was_authorized_and_has_arrived_is_quoted(
    stage: Stage, _case: str, outcome: Outcome, arrived: bool, code: str
) -> None:
    rma = factories.a_return(stage.order(), outcome=outcome)
    assert refused_quote(rma, {rma.lines[0].id: 1}) == code
    assert not [call for call in stage.calls() if f"orders/{rma.order.bc_order_id}/payment_actions" in call]


def test_what_is_promised_is_not_quoted_again_but_the_rest_of_it_is(stage: Stage) -> None:
    rma = stage.returned(stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}]))
    stage.promised(rma, {rma.lines[0].id: 1})
    promised, rest = rma.lines
    assert refused_quote(rma, {promised.id: 1}) == "already_promised"
    assert refused_quote(rma, {rest.id: 3}) == "too_many_units"
    assert quoted(rma, {rest.id: 2}).total == Decimal("20.00")


@pytest.mark.parametrize("units", [{}, {0: 0}])
def test_nothing_chosen_is_said(stage: Stage, units: dict[int, int]) -> None:
    rma = stage.returned(stage.order())
    assert refused_quote(rma, {rma.lines[0].id: 0} if units else {}) == "nothing_chosen"
    assert refused_quote(rma, {rma.lines[0].id: -1}) == "nothing_chosen"


def test_the_stores_refusal_is_shown_in_its_own_words(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    with pytest.raises(UserError) as refused:
        quoted(rma)
    assert refused.value.code == "quote_refused"
    assert refused.value.facts["why"] == "Only 1 of 2 are left to refund."


def test_outbound_shipping_is_granted_once(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}], shipping="5.00")
    rma = stage.returned(order)
    quote = quoted(rma, {rma.lines[0].id: 1}, shipping=True)
    assert (quote.total, quote.expected, quote.shipping) == (Decimal("15.00"), Decimal("15.00"), Decimal("5.00"))
    settle_return.promise(rma.id, quote.id, CLERK)
    assert refused_quote(rma, {rma.lines[1].id: 1}, shipping=True) == "shipping_granted_already"
    stage.work()
    assert refused_quote(rma, {rma.lines[1].id: 1}, shipping=True) == "shipping_granted_already"
    assert quoted(rma, {rma.lines[1].id: 1}).total == Decimal("10.00")


def test_shipping_that_a_clerk_refunded_counts_as_granted(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}], shipping="5.00")
    rma = stage.returned(order)
    address = order.lines[0].bc_address_id
    from sandbox import state_refunds

    item = {"item_type": "SHIPPING", "item_id": address, "amount": 5.0}
    state_refunds.refund_by_hand(stage.sandbox.state, STORE_HASH, order.bc_order_id, [item])
    stage.hear_refunds(order)
    assert refused_quote(rma, {rma.lines[0].id: 1}, shipping=True) == "shipping_granted_already"


def test_an_order_without_shipping_quotes_none(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    assert quoted(rma, shipping=True).shipping == Decimal(0)


@pytest.mark.parametrize("rounding", ["per_line", "per_unit", "per_order"])
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(
    ("currency", "price", "quantity"), [("USD", "9.99", 3), ("JPY", "333", 3), ("KWD", "1.001", 3)]
)
def test_in_every_habit_of_the_store_what_it_quotes_is_what_it_pays_and_we_expected_it(
    stage: Stage, rounding: str, inclusive: bool, currency: str, price: str, quantity: int
) -> None:
    stage.habits(rounding=rounding)
    order = stage.order(
        [{"product_id": 1, "quantity": quantity, "price": price, "discount": "1"}],
        currency_code=currency, tax_rate="0.19", tax_inclusive=inclusive,
    )  # fmt: skip
    rma = stage.returned(order)
    total = Decimal(0)
    for units in (1, 2):
        line = next(line for line in rma.lines if line.money == "none")
        quote = quoted(rma, {line.id: units})
        assert not needs_person(quote.difference, 1)
        refund = settle_return.promise(rma.id, quote.id, CLERK)
        stage.work()
        stage.hear_refunds(order)
        total += refund.total
        assert refund.state == "settled"
    assert [Decimal(str(one["total_amount"])) for one in stage.refunds(order)][-1] == refund.total
    assert abs(total - order.total_inc_tax) <= Money.zero(currency).minor_unit.amount * 2


def test_partial_returns_of_an_odd_total_sum_to_what_was_paid(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00", "discount": "20.00"}])
    rma = stage.returned(order)
    expected = []
    for _ in range(3):
        line = next(line for line in rma.lines if line.money == "none")
        quote = quoted(rma, {line.id: 1})
        expected.append(quote.expected)
        settle_return.promise(rma.id, quote.id, CLERK)
        stage.work()
        stage.hear_refunds(order)
        db.session.refresh(rma)
    assert expected == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert sum(Decimal(str(one["total_amount"])) for one in stage.refunds(order)) == Decimal("10.00")


def test_a_line_the_store_took_out_of_the_order_is_refused_by_it_and_does_not_crash_us(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = stage.returned(order)
    state = stage.sandbox.state
    doc = state_orders.get_order(state, STORE_HASH, order.bc_order_id)
    state_orders.change_order(state, STORE_HASH, {**doc, "products": doc["products"][1:]}, before=doc)
    stage.later(2)
    stage.sync(order.bc_order_id)
    assert refused_quote(rma, {rma.lines[0].id: 1}) == "quote_refused"


def test_another_stores_return_or_line_is_not_found(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    other = factories.a_store(store_hash="xyz")
    rma_id, line_id = rma.id, rma.lines[0].id
    with as_store(other.id):
        with pytest.raises(NotFound):
            settle_return.quote(rma_id, {line_id: 1}, shipping=False, actor=CLERK)
        db.session.rollback()
    second = stage.returned(stage.order())
    with pytest.raises(NotFound):
        quoted(rma, {second.lines[0].id: 1})
