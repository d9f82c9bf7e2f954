"""The money goes back: what the store's answers mean for the return, and what people are told."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.bc_client.client import BigCommerce
from app.bc_client.types.refunds import RefundReceipt
from app.extensions import as_store, db
from app.flows import settle_return
from app.flows.receive_parcel import receive
from app.lib import clock
from app.lib.errors import RemoteError, UserError
from app.notices.models import Letter
from app.orders.models import OrderWanted
from app.resolutions.lock import refund_lock
from app.resolutions.queries import get_refund, left_of
from app.write_back.models import WriteBack
from tests import factories
from tests.money_stage import (
    CLERK,
    QUOTES,
    REFUNDS,
    Stage,
    a_promise,
    executed,
    letters_of,
    simulator,
    stage,
    state_of,
    words_of,
)

__all__ = ["simulator", "stage"]


def test_what_was_confirmed_is_what_the_store_executes_with_our_mark_in_every_item(stage: Stage) -> None:
    order = stage.order(
        [{"product_id": 1, "quantity": 2, "price": "10.00"}, {"product_id": 2, "quantity": 1}], shipping="5.00"
    )
    rma = stage.returned(order)
    refund = stage.promised(rma, shipping=True)
    stage.work()
    [post] = stage.posts(order)
    assert {item["reason"] for item in post["body"]["items"]} == {refund.mark}
    assert [(item["item_type"], item.get("quantity"), item.get("amount")) for item in post["body"]["items"]] == [
        ("PRODUCT", 2, None), ("PRODUCT", 1, None), ("SHIPPING", None, 5),
    ]  # fmt: skip
    assert [(part["provider_id"], Decimal(str(part["amount"]))) for part in post["body"]["payments"]] == [
        ("testgateway", Decimal(55)),
    ]
    [theirs] = stage.refunds(order)
    found = get_refund(refund.id)
    assert (found.bc_refund_id, found.total) == (theirs["id"], Decimal(str(theirs["total_amount"])))


def test_a_settled_refund_is_told_once_with_its_amount_and_our_copy_of_the_order_follows(stage: Stage) -> None:
    order, rma, _ = a_promise(stage)
    stage.work("refund.send")
    [letter] = db.session.scalars(select(Letter).where(Letter.notice == "refunded"))
    assert Decimal(letter.facts["money"]["amount"]) == Decimal("20.00")
    assert [(line["quantity"]) for line in letter.facts["lines"]] == [2]
    assert db.session.scalars(select(WriteBack.wanted_version)).one() == rma.version
    wanted = db.session.scalars(select(OrderWanted).where(OrderWanted.bc_order_id == order.bc_order_id)).one()
    assert (wanted.wanted > wanted.done, wanted.refunds_wanted) == (True, True)
    version = order.version
    stage.work()
    db.session.refresh(order)
    assert order.version > version
    assert order.lines[0].quantity_refunded == 2
    assert letters_of(rma) == ["received", "refunded"]


def test_every_step_of_the_money_is_in_the_timeline(stage: Stage) -> None:
    _, rma, _ = a_promise(stage)
    stage.work()
    db.session.refresh(rma)
    assert [(event.kind, event.after) for event in rma.events if event.axis == "money"] == [
        ("promise", "promised"), ("send", "sending"), ("settle", "settled"),
    ]  # fmt: skip


def test_handlers_that_run_again_do_nothing(stage: Stage) -> None:
    order, rma, refund = a_promise(stage)
    stage.work()
    for deed in (settle_return.send, settle_return.look, settle_return.confirm, settle_return.send):
        deed(stage.store_id, refund.id)
    db.session.commit()
    assert executed(stage, order) == [True]
    assert letters_of(rma) == ["received", "refunded"]


def test_a_payment_that_is_still_on_its_way_is_followed_until_it_is_made(stage: Stage) -> None:
    stage.habits(refund_async_s=100)
    order, _, refund = a_promise(stage)
    stage.work("refund.send")
    for asked in (1, 2, 3):
        found = get_refund(refund.id)
        assert (found.state, found.confirmed_at, found.looks) == ("settled", None, asked)
        assert stage.waiting("refund.confirm") == ["refund.confirm"]
        stage.work_once("refund.confirm")
    stage.later(100)
    stage.work_once("refund.confirm")
    assert get_refund(refund.id).confirmed_at is not None
    assert stage.waiting("refund.confirm") == []
    assert executed(stage, order) == [True]


def test_a_refund_not_yet_readable_by_its_number_is_asked_after_again(stage: Stage) -> None:
    _, _, refund = a_promise(stage)
    stage.habits(refund_async_s=5)
    stage.fault("refund_late_listing", delay_s=600)
    stage.work("refund.send")
    stage.work_once("refund.confirm")
    assert stage.waiting("refund.confirm") == ["refund.confirm"]
    stage.later(600)
    stage.work_once("refund.confirm")
    assert get_refund(refund.id).confirmed_at is not None


def test_after_a_week_nobody_asks_any_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.habits(refund_async_s=10**9)
    _, _, refund = a_promise(stage)
    stage.work("refund.send")
    later = clock.now() + settle_return.outcome.CONFIRM_FOR
    clock.use(lambda: later)
    stage.work_once("refund.confirm")
    assert (stage.waiting("refund.confirm"), settle_return.resume()) == ([], 0)
    assert state_of(refund)[0] == "settled"


def test_declined_after_it_was_settled_it_is_owed_again_and_can_be_refunded_anew(stage: Stage) -> None:
    order, rma, refund = a_promise(stage)
    stage.fault("refund_decline_later", delay_s=50)
    stage.work("refund.send")
    assert words_of(rma) == ("Item Refunded", "2 refunded")
    stage.later(50)
    stage.work()
    found = get_refund(refund.id)
    assert (state_of(refund), found.error) == (
        ("refused", {"refused"}), "The payment provider declined the refund.",
    )  # fmt: skip
    assert (words_of(rma)[0], left_of(order).amount) == ("Received", Decimal("20.00"))

    again = stage.promised(rma)
    assert again.id != refund.id
    stage.work()
    assert (state_of(again)[0], executed(stage, order)) == ("settled", [True, True])
    assert words_of(rma)[0] == "Item Refunded"


def test_declined_at_once_it_is_refused_with_the_stores_words_and_nobody_is_told_of_money(stage: Stage) -> None:
    order, rma, refund = a_promise(stage)
    stage.fault("refund_decline")
    stage.work()
    assert state_of(refund) == ("refused", {"refused"})
    assert get_refund(refund.id).error == "The payment provider declined the refund."
    assert letters_of(rma) == ["received"]
    assert left_of(order).amount == Decimal("20.00")


def test_declined_in_part_it_is_counted_and_a_person_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    order, rma, refund = a_promise(stage)
    real = BigCommerce.create_refund

    def half_declined(self: BigCommerce, request: Any) -> RefundReceipt:
        receipt = real(self, request)
        [paid] = receipt.payments
        declined = replace(paid, id=99, is_declined=True, declined_message="Card closed.")
        return replace(receipt, payments=(replace(paid, transaction_id="1"), declined))

    monkeypatch.setattr(BigCommerce, "create_refund", half_declined)
    stage.work("refund.send")
    found = get_refund(refund.id)
    assert (found.state, found.needs_person, found.error) == ("settled", True, "declined in part: Card closed.")
    settle_return.decide_unknown(rma.id, refund.id, went_out=True, actor=CLERK, why="Paid the rest in cash.")
    found = get_refund(refund.id)
    assert (found.state, found.needs_person, found.error) == ("settled", False, None)
    assert left_of(order).amount == 0


def test_a_busy_store_is_asked_again_because_nothing_was_done(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox import state_refunds

    order, _, refund = a_promise(stage)
    state_refunds.claim(stage.sandbox.state, "abc123", order.bc_order_id)
    with pytest.raises(RemoteError) as busy:
        settle_return.send(stage.store_id, refund.id)
    assert (busy.value.retryable, busy.value.retry_after_s) == (True, 15)
    assert state_of(refund) == ("promised", {"promised"})
    state_refunds.release(stage.sandbox.state, "abc123", order.bc_order_id)
    stage.work()
    assert (state_of(refund)[0], executed(stage, order)) == ("settled", [False, True])


def test_a_store_that_is_busy_for_ever_is_believed_in_the_end(stage: Stage) -> None:
    from sandbox import state_refunds

    order, _, refund = a_promise(stage)
    state_refunds.claim(stage.sandbox.state, "abc123", order.bc_order_id)
    try:
        stage.work(tries=30)
    finally:
        state_refunds.release(stage.sandbox.state, "abc123", order.bc_order_id)
    assert state_of(refund) == ("refused", {"refused"})
    assert get_refund(refund.id).error == "Another refund of this order is being processed."
    assert len(stage.posts(order)) == 10


def test_an_order_that_is_gone_from_the_store_is_refused_and_shown(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.sandbox.state.run("DELETE FROM orders WHERE id = ?", (order.bc_order_id,))
    stage.work("refund.send")
    assert state_of(refund) == ("refused", {"refused"})
    assert get_refund(refund.id).error == "The requested resource was not found."
    assert stage.posts(order) == []


def test_a_refund_that_is_unknown_when_its_order_goes_waits_for_a_person(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("drop")
    stage.work("refund.send")
    stage.sandbox.state.run("DELETE FROM orders WHERE id = ?", (order.bc_order_id,))
    stage.work("refund.look")
    found = get_refund(refund.id)
    assert (found.state, found.needs_person, found.error) == ("unknown", True, "order_gone")


def test_a_paused_store_is_not_called_and_the_promise_stands(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.stores import health

    order, _, refund = a_promise(stage)
    real = BigCommerce.list_refunds

    def paused_meanwhile(self: BigCommerce, bc_order_id: int) -> Any:
        found = real(self, bc_order_id)
        health.pause(stage.store_id, 0.5)
        return found

    monkeypatch.setattr(BigCommerce, "list_refunds", paused_meanwhile)
    with pytest.raises(RemoteError) as paused:
        settle_return.send(stage.store_id, refund.id)
    assert paused.value.retryable
    # "About to call" was written and no call made: that is no silence.
    assert state_of(refund) == ("promised", {"promised"})
    assert stage.posts(order) == []


def test_what_a_clerk_does_while_the_store_takes_its_time_is_told_once_and_does_not_wait(
    stage: Stage, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"}, {"product_id": 2, "quantity": 1}])
    rma = factories.a_return(order)
    first, second = rma.lines
    receive(rma.id, {first.id: 1}, CLERK)
    refund = stage.promised(rma, {first.id: 1})
    rma_id, second_id = rma.id, second.id
    real = BigCommerce.create_refund

    def arrives() -> None:
        with app.app_context(), as_store(stage.store_id):
            receive(rma_id, {second_id: 1}, CLERK)
            db.session.remove()

    def create_refund(self: BigCommerce, request: Any) -> RefundReceipt:
        clerk = threading.Thread(target=arrives)
        clerk.start()
        clerk.join(timeout=10)
        assert not clerk.is_alive(), "a clerk must not wait for the store's answer"
        return real(self, request)

    monkeypatch.setattr(BigCommerce, "create_refund", create_refund)
    stage.work("refund.send")
    assert state_of(refund)[0] == "settled"
    assert letters_of(rma) == ["received", "received", "refunded"]
    assert words_of(rma) == ("Received", "1 received, 1 refunded")


def test_the_orders_lock_outlives_a_commit_and_ends_with_its_block(stage: Stage, app: Flask) -> None:
    order = stage.order()
    order_id, seen = order.id, []

    def other(name: str) -> None:
        with app.app_context(), refund_lock(order_id):
            seen.append(name)

    with refund_lock(order_id):
        db.session.commit()
        waiter = threading.Thread(target=other, args=("second",))
        waiter.start()
        waiter.join(timeout=0.5)
        assert (waiter.is_alive(), seen) == (True, [])
        with refund_lock(order_id + 1):
            seen.append("another order")
    waiter.join(timeout=10)
    assert seen == ["another order", "second"]


def test_somebody_who_waits_too_long_for_the_lock_comes_back_later(
    stage: Stage, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.resolutions.lock.WAIT_S", 0.2)
    order_id, failed = stage.order().id, []

    def other() -> None:
        with app.app_context():
            try:
                with refund_lock(order_id):
                    failed.append("got it")
            except RemoteError as error:
                failed.append(error.retryable)
            # The connection went back to the pool without our impatience.
            with db.engine.connect() as connection:
                failed.append(connection.exec_driver_sql("SHOW lock_timeout").scalar())

    with refund_lock(order_id):
        waiter = threading.Thread(target=other)
        waiter.start()
        waiter.join(timeout=10)
    assert failed == [True, "0"]


def test_a_person_decides_only_what_waits_for_one_and_says_why(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 4, "price": "10.00"}])
    rma = stage.returned(order, {order.lines[0].id: 2})
    refund = stage.promised(rma)
    with pytest.raises(UserError, match="not_waiting"):
        settle_return.decide_unknown(rma.id, refund.id, went_out=True, actor=CLERK, why="It is there.")
    db.session.rollback()
    stage.fault("drop")
    stage.work()
    with pytest.raises(UserError, match="needs_why"):
        settle_return.decide_unknown(rma.id, refund.id, went_out=True, actor=CLERK, why="  ")
    db.session.rollback()
    assert state_of(refund)[0] == "unknown"

    settle_return.decide_unknown(rma.id, refund.id, went_out=False, actor=CLERK, why="Nothing in the list.")
    assert state_of(refund) == ("refused", {"refused"})
    db.session.refresh(rma)
    assert (rma.events[-1].kind, rma.events[-1].actor_name, rma.events[-1].why) == (
        "refuse", CLERK.name, "Nothing in the list.",
    )  # fmt: skip
    again = stage.promised(rma)
    stage.work()
    assert (state_of(again)[0], executed(stage, order)) == ("settled", [True])


def test_resuming_enqueues_what_has_no_job_once_and_leaves_people_their_questions(stage: Stage) -> None:
    a_promise(stage)
    _, _, unknown = a_promise(stage)
    _, _, sending = a_promise(stage)
    _, _, asked = a_promise(stage)
    _, _, done = a_promise(stage)
    done_id = done.id
    settle_return.send(stage.store_id, done_id)
    stage.work("refund.confirm")
    for refund, state, person in ((unknown, "unknown", False), (sending, "sending", False), (asked, "unknown", True)):
        found = get_refund(refund.id)
        found.state, found.needs_person = state, person
    db.session.commit()
    stage.drop_jobs()
    assert settle_return.resume() == 3
    db.session.commit()
    assert sorted(stage.waiting()) == ["refund.look", "refund.send", "refund.send"]
    assert settle_return.resume() == 0


def test_a_quote_is_asked_for_while_little_is_left_because_somebody_waits(stage: Stage) -> None:
    from app.stores import health
    from app.stores.models import Store

    rma = stage.returned(stage.order())
    health.pause(stage.store_id, 60)
    db.session.get_one(Store, stage.store_id).rate_left = 5
    db.session.commit()
    quote = settle_return.quote(rma.id, {rma.lines[0].id: 1}, shipping=False, actor=CLERK)
    assert quote.total == Decimal("10.00")
    assert [call for call in stage.calls() if call.startswith("POST") and call.endswith(QUOTES[1:-1])]
    assert not [call for call in stage.calls() if call.endswith(f"{rma.order.bc_order_id}{REFUNDS[:-1]}")]
