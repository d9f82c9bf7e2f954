"""Promises: checked and written under the order's lock, so that no dollar is promised twice."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import as_store, db
from app.flows import settle_return
from app.lib.errors import NotFound, UserError
from app.orders.models import Order
from app.resolutions.models import Refund, RefundItem, RefundQuote
from app.resolutions.queries import left_of
from app.returns.models import Return
from tests import factories
from tests.flows.helpers import everything
from tests.money_stage import CLERK, Stage, letters_of, state_of


def quoted(rma: Return, units: dict[int, int] | None = None) -> RefundQuote:
    wanted = units or {line.id: line.quantity for line in rma.lines}
    return settle_return.quote(rma.id, wanted, shipping=False, actor=CLERK)


def counted() -> dict[str, Any]:
    refunds = db.session.scalar(select(func.count()).select_from(Refund))
    items = db.session.scalar(select(func.count()).select_from(RefundItem))
    return {**everything(db), "refunds": refunds, "items": items}


def refused_promise(rma: Return, quote: RefundQuote, **more: Any) -> UserError:
    """The refusal, nothing having been written."""
    rma_id, quote_id, before = rma.id, quote.id, counted()
    with pytest.raises(UserError) as refused:
        settle_return.promise(rma_id, quote_id, CLERK, **more)
    db.session.rollback()
    assert counted() == before
    return refused.value


def test_a_promise_is_written_with_its_units_and_its_job_and_nobody_is_paid_yet(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    rma = stage.returned(order)
    refund = settle_return.promise(rma.id, quoted(rma, {rma.lines[0].id: 2}).id, CLERK)
    assert (refund.state, refund.total, refund.source) == ("promised", Decimal("20.00"), "merchant")
    assert refund.promised_by == CLERK.name
    assert refund.mark.startswith(rma.number + " ")
    assert [(item.quantity, item.amount) for item in refund.items] == [(2, Decimal("20.00"))]
    assert [(line.quantity, line.money) for line in rma.lines] == [(2, "promised"), (1, "none")]
    assert stage.waiting("refund.send") == ["refund.send"]
    assert (stage.posts(order), letters_of(rma)) == ([], ["received"])


def test_pressed_twice_it_is_the_first_promise(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    quote = quoted(rma)
    first = settle_return.promise(rma.id, quote.id, CLERK)
    before = counted()
    assert settle_return.promise(rma.id, quote.id, CLERK).id == first.id
    assert counted() == before


def test_pressed_twice_also_long_after_it_was_paid(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    quote = quoted(rma)
    first = settle_return.promise(rma.id, quote.id, CLERK)
    stage.work()
    assert settle_return.promise(rma.id, quote.id, CLERK).id == first.id
    stage.work()
    assert len(stage.posts(order)) == 1


def test_a_quote_dies_when_the_order_changes(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    quote = quoted(rma)
    order.version += 1
    db.session.commit()
    assert refused_promise(rma, quote).code == "quote_changed"


def test_a_quote_dies_when_one_of_its_lines_moves(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    quote = quoted(rma)
    rma.lines[0].version += 1
    db.session.commit()
    assert refused_promise(rma, quote).code == "quote_changed"


def test_of_two_quotes_for_the_same_units_one_is_promised(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    first, second = quoted(rma), quoted(rma)
    settle_return.promise(rma.id, first.id, CLERK)
    assert refused_promise(rma, second).code == "quote_changed"


def test_a_refund_made_outside_kills_a_quote_taken_before(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = stage.returned(order)
    quote = quoted(rma, {rma.lines[0].id: 1})
    stage.by_hand(order, {order.lines[1].bc_line_id: 1})
    stage.hear_refunds(order)
    assert refused_promise(rma, quote).code == "quote_changed"


def _with_total(order: Order, total: str) -> None:
    """As if that was all that was paid for the order."""
    order.total_inc_tax = Decimal(total)
    db.session.commit()


def test_nothing_is_promised_above_what_is_left_of_the_order(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = stage.returned(order)
    first, second = (quoted(rma, {line.id: 1}) for line in rma.lines)
    _with_total(order, "39.99")
    settle_return.promise(rma.id, first.id, CLERK)
    refused = refused_promise(rma, second)
    assert (refused.code, refused.facts["left"].amount) == ("over_refund", Decimal("29.99"))


def test_refunds_made_outside_count_once_whether_adopted_or_not(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    stage.by_hand(order, {order.lines[0].bc_line_id: 1})
    stage.hear_refunds(order, adopt=False)
    assert left_of(order).amount == Decimal("40.00")
    stage.work("refund.adopt")
    assert left_of(order).amount == Decimal("40.00")


def test_what_we_promised_and_paid_counts_once_before_and_after_the_store_told_us(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    rma = stage.returned(order)
    stage.promised(rma, {rma.lines[0].id: 1})
    assert left_of(order).amount == Decimal("10.00")
    stage.work("refund.send")
    assert left_of(order).amount == Decimal("10.00")
    stage.hear_refunds(order)
    assert left_of(order).amount == Decimal("10.00")


def test_what_is_unknown_and_on_the_stores_books_already_counts_once(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    rma = stage.returned(order)
    refund = stage.promised(rma, {rma.lines[0].id: 1})
    stage.fault("error_after")
    stage.work("refund.send")
    stage.hear_refunds(order, adopt=False)
    assert (state_of(refund)[0], left_of(order).amount) == ("unknown", Decimal("10.00"))


@pytest.mark.parametrize(("paid", "person"), [("20.01", False), ("20.02", True), ("19.98", True)])
def test_a_difference_above_rounding_is_promised_only_by_somebody_who_saw_it(
    stage: Stage, paid: str, person: bool
) -> None:
    order = stage.order()
    # Our own copy reckons with another price than the store.
    order.lines[0].paid_inc_tax = Decimal(paid)
    db.session.commit()
    rma = stage.returned(order)
    quote = quoted(rma)
    if person:
        refused = refused_promise(rma, quote)
        assert refused.code == "quote_differs"
        assert (refused.facts["total"].amount, refused.facts["expected"].amount) == (Decimal("20.00"), Decimal(paid))
    refund = settle_return.promise(rma.id, quote.id, CLERK, despite_difference=person)
    assert (refund.state, refund.total) == ("promised", Decimal("20.00"))


def test_twenty_clerks_promise_different_quotes_for_the_last_dollar_and_one_wins(stage: Stage, app: Flask) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"} for _ in range(20)])
    rma = stage.returned(order)
    quotes = [quoted(rma, {line.id: 1}).id for line in rma.lines]
    _with_total(order, "10.00")
    rma_id, ends = rma.id, []
    start = threading.Barrier(20)

    def press(quote_id: int) -> None:
        with app.app_context(), as_store(stage.store_id):
            start.wait()
            try:
                settle_return.promise(rma_id, quote_id, CLERK)
                ends.append("promised")
            except UserError as refused:
                ends.append(refused.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press, args=(quote_id,)) for quote_id in quotes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (ends.count("promised"), ends.count("over_refund")) == (1, 19)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Refund)) == 1
    assert stage.waiting("refund.send") == ["refund.send"]


def test_two_clerks_press_the_same_button_at_once_and_get_one_promise(stage: Stage, app: Flask) -> None:
    order = stage.order()
    rma = stage.returned(order)
    rma_id, quote_id, got = rma.id, quoted(rma).id, []
    start = threading.Barrier(4)

    def press() -> None:
        with app.app_context(), as_store(stage.store_id):
            start.wait()
            got.append(settle_return.promise(rma_id, quote_id, CLERK).id)
            db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (len(got), len(set(got))) == (4, 1)
    stage.work()
    assert len(stage.posts(order)) == 1


def test_a_promise_is_taken_back_before_it_is_sent_and_the_units_are_free_again(stage: Stage) -> None:
    order = stage.order()
    rma = stage.returned(order)
    refund = stage.promised(rma)
    settle_return.take_back(rma.id, refund.id, CLERK)
    assert state_of(refund) == ("none", {"none"})
    stage.work()
    assert stage.posts(order) == []
    again = stage.promised(rma)
    stage.work()
    assert (state_of(again)[0], len(stage.posts(order))) == ("settled", 1)


def test_what_was_sent_cannot_be_taken_back(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    refund = stage.promised(rma)
    stage.work()
    with pytest.raises(UserError, match="refund_under_way"):
        settle_return.take_back(rma.id, refund.id, CLERK)
    db.session.rollback()
    assert state_of(refund)[0] == "settled"


def test_what_is_taken_back_while_we_look_at_the_store_is_not_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    order = stage.order()
    rma = stage.returned(order)
    refund = stage.promised(rma)
    rma_id, refund_id = rma.id, refund.id

    def take_it_back() -> None:
        with app.app_context(), as_store(stage.store_id):
            settle_return.take_back(rma_id, refund_id, CLERK)
            db.session.remove()

    from app.bc_client.client import BigCommerce

    real = BigCommerce.list_refunds

    def list_refunds(self: BigCommerce, bc_order_id: int) -> Any:
        clerk = threading.Thread(target=take_it_back)
        clerk.start()
        clerk.join(timeout=10)
        assert not clerk.is_alive(), "a clerk must not wait for the store's answer"
        return real(self, bc_order_id)

    monkeypatch.setattr(BigCommerce, "list_refunds", list_refunds)
    stage.work("refund.send")
    assert (state_of(refund)[0], stage.posts(order)) == ("none", [])


def test_another_stores_quote_and_refund_are_not_found(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    quote = quoted(rma)
    second = stage.returned(stage.order())
    refund = stage.promised(second)
    ids = rma.id, quote.id, second.id, refund.id
    with pytest.raises(NotFound):
        settle_return.promise(second.id, quote.id, CLERK)
    db.session.rollback()
    with pytest.raises(NotFound):
        settle_return.take_back(rma.id, refund.id, CLERK)
    db.session.rollback()
    with as_store(factories.a_store(store_hash="xyz").id):
        for deed in (
            lambda: settle_return.promise(ids[0], ids[1], CLERK),
            lambda: settle_return.take_back(ids[2], ids[3], CLERK),
            lambda: settle_return.decide_unknown(ids[2], ids[3], went_out=True, actor=CLERK, why="x"),
            lambda: settle_return.send(stage.store_id, ids[3]),
            lambda: settle_return.look(stage.store_id, ids[3]),
            lambda: settle_return.confirm(stage.store_id, ids[3]),
        ):
            with pytest.raises(NotFound):
                deed()
            db.session.rollback()
        assert settle_return.resume() == 0


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_cannot_be_is_not_found(stage: Stage, number: int) -> None:
    rma = stage.returned(stage.order())
    with pytest.raises(NotFound):
        settle_return.promise(rma.id, number, CLERK)
    db.session.rollback()
    with pytest.raises(NotFound):
        settle_return.take_back(rma.id, number, CLERK)
