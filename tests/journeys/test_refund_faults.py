"""Every fault of the store against a refund: whatever happens, one intent is executed at most once, and shown truly."""

import time
from typing import Any

import pytest

from app.extensions import db
from app.flows import settle_return
from app.lib.errors import RemoteError
from app.resolutions.models import Refund
from app.resolutions.queries import get_refund
from app.stores.models import StoreStatus
from app.stores.queries import get_store
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

ONE_REFUND = r"/payment_actions/refunds/\d+$"


# What the store does to the POST itself -> (POSTs executed in turn, how it ends)
AGAINST_THE_POST: list[tuple[str, dict[str, Any], list[bool], str]] = [
    ("latency", {"delay_s": 0.3}, [True], "settled"),
    ("timeout", {"delay_s": 0.3}, [True], "settled"),
    ("error", {"status": 500}, [True], "settled"),
    ("error", {"status": 502}, [True], "settled"),
    ("error", {"status": 503}, [True], "settled"),
    ("error_after", {}, [True], "settled"),
    ("drop", {}, [True], "settled"),
    ("drop_after", {}, [True], "settled"),
    ("rate_limited", {"reset_ms": 1}, [True], "settled"),
    ("invalid_json", {}, [True], "settled"),
    ("refund_decline", {}, [True], "refused"),
    ("refund_decline_later", {"delay_s": 0.0}, [True], "refused"),
    ("refund_no_reason_echo", {}, [True], "settled"),
]


@pytest.mark.parametrize(("fault", "more", "posts", "end"), AGAINST_THE_POST)
def test_whatever_happens_to_the_post_it_is_paid_once_and_ends_truly(
    stage: Stage, fault: str, more: dict[str, Any], posts: list[bool], end: str
) -> None:
    order, rma, refund = a_promise(stage)
    stage.fault(fault, **more)
    stage.work()
    stage.later(0)
    settle_return.resume()
    stage.work()

    assert executed(stage, order) == posts
    assert state_of(refund) == (end, {end})
    assert get_refund(refund.id).needs_person is False
    assert words_of(rma)[0] == ("Item Refunded" if end == "settled" else "Received")
    taken_first = end == "settled" or fault == "refund_decline_later"
    assert letters_of(rma).count("refunded") == (1 if taken_first else 0)


def test_silence_after_the_work_was_done_is_found_by_its_mark(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("error_after")
    stage.work("refund.send")
    assert state_of(refund) == ("unknown", {"unknown"})
    stage.work("refund.look")
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True]
    assert get_refund(refund.id).bc_refund_id == stage.refunds(order)[0]["id"]


def test_silence_after_the_work_without_reasons_is_found_by_its_lines_and_total(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("drop_after")
    stage.fault("refund_no_reason_echo")
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True]


def test_silence_without_work_is_sent_again_after_three_clean_looks(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("drop")
    stage.work("refund.send")
    assert (state_of(refund)[0], stage.posts(order)) == ("unknown", [])
    for looks in (1, 2):
        stage.work_once("refund.look")
        assert (state_of(refund)[0], get_refund(refund.id).looks) == ("unknown", looks)
    stage.work_once("refund.look")
    assert state_of(refund) == ("promised", {"promised"})
    stage.work("refund.send")
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True]


def test_news_of_the_order_and_looks_that_run_twice_do_not_shorten_the_wait(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("drop")
    stage.work("refund.send")
    for _ in range(5):
        settle_return.look(stage.store_id, refund.id)
        settle_return.look(stage.store_id, refund.id, 100)
    assert (state_of(refund)[0], get_refund(refund.id).looks) == ("unknown", 1)
    for number in (101, 101, 102, 102):
        settle_return.look(stage.store_id, refund.id, number)
    assert (state_of(refund)[0], stage.waiting("refund.send")) == ("promised", ["refund.send"])
    stage.work()
    assert (state_of(refund)[0], executed(stage, order)) == ("settled", [True])


def test_where_a_duplicate_would_fit_silence_goes_to_a_person_and_is_not_repeated(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 4, "price": "10.00"}])
    rma = stage.returned(order, {order.lines[0].id: 2})
    refund = stage.promised(rma)
    stage.fault("drop")
    stage.work()
    assert state_of(refund) == ("unknown", {"unknown"})
    assert (get_refund(refund.id).needs_person, get_refund(refund.id).error) == (True, "nothing_found")
    assert stage.posts(order) == []
    assert stage.waiting("refund.send", "refund.look") == []


def test_shipping_is_an_amount_and_is_never_sent_again_after_silence(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 1, "price": "10.00"}], shipping="5.00")
    rma = stage.returned(order)
    refund = stage.promised(rma, shipping=True)
    stage.fault("drop")
    stage.work()
    assert (state_of(refund)[0], get_refund(refund.id).needs_person) == ("unknown", True)
    assert stage.posts(order) == []


def test_a_refund_listed_late_is_not_sent_again_while_the_stores_count_has_moved(stage: Stage) -> None:
    # Two of four: a second refund of them would fit, and the store's count of what is left would not tell.
    order = stage.order([{"product_id": 1, "quantity": 4, "price": "10.00"}])
    refund = stage.promised(stage.returned(order, {order.lines[0].id: 2}))
    stage.fault("error_after")
    stage.fault("refund_late_listing", delay_s=1200)
    stage.work()
    assert (state_of(refund)[0], get_refund(refund.id).needs_person) == ("unknown", True)
    assert executed(stage, order) == [True]

    # Once it is in the list, the next news of the order settles it without anybody's word.
    stage.later(1200)
    stage.hear_refunds(order)
    assert state_of(refund) == ("settled", {"settled"})
    assert (get_refund(refund.id).needs_person, executed(stage, order)) == (False, [True])


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_refund_executed_late_is_found_and_paid_once(stage: Stage, looks: int) -> None:
    order, rma, refund = a_promise(stage)
    stage.fault("refund_late_execution", delay_s=600)
    stage.work("refund.send")
    for _ in range(looks):
        stage.work_once("refund.look")
    assert (state_of(refund)[0], executed(stage, order)) == ("unknown", [False])
    stage.later(600)
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True]
    assert letters_of(rma).count("refunded") == 1


def test_a_late_execution_that_meets_our_second_post_is_found_and_not_called_refused(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("refund_late_execution", delay_s=600)
    stage.work("refund.send")
    stage.work("refund.look")
    assert state_of(refund)[0] == "promised"
    # The store is still at the first one and says so: nothing was done, so the promise stands.
    stage.work_once("refund.send")
    assert state_of(refund)[0] == "promised"
    assert executed(stage, order) == [False, False]
    stage.later(600)
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True, False]
    assert len(stage.refunds(order)) == 1


def test_a_refusal_after_silence_is_not_believed_before_the_store_was_read(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("refund_late_execution", delay_s=600)
    stage.work("refund.send")
    stage.work("refund.look")
    assert state_of(refund)[0] == "promised"
    # It is executed now, between our look and our second POST, and not listed yet.
    real = settle_return.sending._seen_before
    settle_return.sending._seen_before = lambda refund, receipts: None  # type: ignore[assignment]
    try:
        stage.later(600)
        stage.work_once("refund.send")
    finally:
        settle_return.sending._seen_before = real  # type: ignore[assignment]
    assert (state_of(refund)[0], get_refund(refund.id).error) == ("unknown", "refused_after_silence")
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert executed(stage, order) == [True, False]


def test_the_stores_no_is_shown_in_its_words_and_the_units_can_be_refunded_anew(stage: Stage) -> None:
    order, rma, refund = a_promise(stage)
    stage.by_hand(order, {order.lines[0].bc_line_id: 2})
    stage.work("refund.send")
    assert state_of(refund) == ("refused", {"refused"})
    assert "left to refund" in (get_refund(refund.id).error or "") or "fully refunded" in (
        get_refund(refund.id).error or ""
    )
    assert executed(stage, order) == [False]
    assert letters_of(rma) == ["received"]

    # And what the clerk paid by hand settles those units: they are not owed any more.
    stage.work()
    assert words_of(rma)[0] == "Item Refunded"
    assert executed(stage, order) == [False]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", REFUNDS), ("POST", REFUNDS), ("GET", ONE_REFUND)], ids=["list", "post", "confirm"]
)
@pytest.mark.parametrize("fault", ["overloaded", "rate_limited"])
def test_a_store_that_is_overloaded_is_left_alone_and_asked_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str, method: str, path: str
) -> None:
    monkeypatch.setattr("app.stores.health.OVERLOADED_S", 0.05)
    order, _, refund = a_promise(stage)
    stage.fault(fault, method=method, path=path, reset_ms=50)
    for _ in range(4):
        stage.work(tries=2)
        time.sleep(0.1)
        settle_return.resume()
        db.session.commit()
    assert state_of(refund) == ("settled", {"settled"})
    assert get_refund(refund.id).confirmed_at is not None
    assert executed(stage, order) == [True]


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("latency", {"delay_s": 0.2}), ("timeout", {"delay_s": 0.2}), ("error", {"status": 500}),
        ("error", {"status": 502}), ("error", {"status": 503}), ("error_after", {}), ("drop", {}), ("drop_after", {}),
        ("invalid_json", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("GET", REFUNDS), ("GET", ONE_REFUND)], ids=["list", "confirm"])
def test_a_question_that_fails_is_asked_again_and_nothing_is_posted_twice(
    stage: Stage, fault: str, more: dict[str, Any], method: str, path: str
) -> None:
    order, _, refund = a_promise(stage)
    stage.fault(fault, method=method, path=path, **more)
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert get_refund(refund.id).confirmed_at is not None
    assert executed(stage, order) == [True]


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("timeout", {"delay_s": 0.2}), ("error", {"status": 500}), ("error", {"status": 502}), ("drop", {}),
        ("error", {"status": 503}), ("error_after", {}), ("drop_after", {}), ("rate_limited", {"reset_ms": 1}),
        ("overloaded", {}), ("unauthorized", {}), ("forbidden", {}), ("invalid_json", {}),
    ],
)  # fmt: skip
def test_a_quote_that_fails_is_no_refund(stage: Stage, fault: str, more: dict[str, Any]) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.fault(fault, path=QUOTES, **more)
    with pytest.raises(RemoteError):
        settle_return.quote(rma.id, {rma.lines[0].id: 1}, shipping=False, actor=CLERK)
    db.session.rollback()
    assert db.session.query(Refund).count() == 0
    assert stage.posts(order) == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", REFUNDS), ("POST", REFUNDS), ("GET", ONE_REFUND)], ids=["list", "post", "confirm"]
)
@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_without_a_token_or_a_scope_the_promise_waits_for_a_new_consent_and_is_sent_then(
    stage: Stage, fault: str, method: str, path: str
) -> None:
    order, _, refund = a_promise(stage)
    stage.fault(fault, method=method, path=path)
    stage.work()
    waits = "settled" if path == ONE_REFUND else "promised"
    assert state_of(refund) == (waits, {waits})
    assert get_store().status == (StoreStatus.NEEDS_AUTHORIZATION if fault == "unauthorized" else StoreStatus.ACTIVE)
    assert stage.waiting("refund.send", "refund.confirm") == []

    # The merchant accepts again.
    get_store().status = StoreStatus.ACTIVE
    assert settle_return.resume() == 1
    db.session.commit()
    stage.work()
    assert state_of(refund) == ("settled", {"settled"})
    assert get_refund(refund.id).confirmed_at is not None
    assert executed(stage, order) == [True]


def test_a_store_that_stays_silent_for_ever_ends_with_a_person(stage: Stage) -> None:
    order, _, refund = a_promise(stage)
    stage.fault("error", status=502, times=None)
    stage.work()
    assert (state_of(refund)[0], get_refund(refund.id).needs_person) == ("unknown", True)
    assert get_refund(refund.id).silences == 3
    assert stage.posts(order) == []
