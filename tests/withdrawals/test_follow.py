"""What follows from a statement."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.flows import follow_withdrawal
from app.flows.change_settings import change_settings
from app.flows.follow_withdrawal import finish_task, follow, look_again, match, open_for_items, take_proof
from app.flows.receive_parcel import receive
from app.lib import clock
from app.lib.errors import UserError
from app.notices.models import Letter
from app.orders.models import CANCELLED
from app.returns.actor import Actor
from app.returns.queries import returns_of_order
from app.withdrawals.models import Task
from app.withdrawals.queries import clock_of_withdrawal, get_withdrawal
from tests.factories import a_line, a_return, an_order

CLERK = Actor("staff", 1, "clerk@abc123.example")


def letters(db):
    return [letter.notice for letter in db.session.scalars(select(Letter).order_by(Letter.id))]


def test_in_time_everything_that_was_sent_gets_an_authorized_return(db, store, withdraws):
    order = an_order([a_line(quantity=3), a_line()])
    found = withdraws(order)
    rma = found.rma
    assert (rma.origin, rma.word, found.task, found.is_late) == ("withdrawal", "Return Authorized", Task.NONE, False)
    assert [(line.quantity, line.decision, line.reason) for line in rma.lines] == [
        (3, "authorized", "withdrawal"),
        (1, "authorized", "withdrawal"),
    ]
    assert letters(db) == ["withdrawal_receipt", "authorized", "staff_withdrawal"]


def test_the_shops_own_policy_does_not_matter(db, store, withdraws):
    changes = {"window_days": 0, "grace_days": 0, "review_above": "0", "non_returnable_categories": (5,)}
    change_settings(store, changes, CLERK)
    found = withdraws(an_order(shipped_days_ago=10))
    assert found.rma.word == "Return Authorized"


def test_the_mail_may_be_typed_as_people_type_and_the_number_with_its_sign(db, store, withdraws):
    order = an_order(shopper_email="Shopper@Shop.example")
    assert withdraws(f"# {order.bc_order_id}", "sHOPPER@shop.example").order_id == order.id


def test_after_the_period_a_person_decides(db, store, withdraws):
    order = an_order(shipped_days_ago=40)
    found = withdraws(order)
    assert found.is_late
    assert [line.decision for line in found.rma.lines] == ["in_review"]
    assert "authorized" not in letters(db)


def test_the_last_day_is_the_stores_own_to_the_second(db, store, withdraws):
    """Delivered on Friday the ninth: the 23rd ends in Warsaw at 22:00 in London's winter and summer alike."""
    delivered = clock.now().replace(year=2026, month=10, day=9, hour=8)
    clock.use(lambda: delivered.replace(day=23, hour=21, minute=59, second=59))
    order = an_order(delivered_at=delivered)
    assert not withdraws(order).is_late
    clock.use(lambda: delivered.replace(day=23, hour=22, minute=0, second=0))
    order = an_order(delivered_at=delivered)
    assert withdraws(order).is_late


def test_a_shop_that_does_not_inform_waits_a_year_longer(db, store, withdraws):
    change_settings(store, {"withdrawal_informed": False}, CLERK)
    assert not withdraws(an_order(shipped_days_ago=300)).is_late


def test_what_was_not_sent_is_to_be_cancelled(db, store, withdraws):
    order = an_order([a_line(quantity=2, quantity_shipped=0)], shipped_days_ago=None)
    found = withdraws(order)
    assert (found.task, found.unshipped, found.return_id, found.last_day) == (Task.CANCEL, 2, None, None)
    assert not clock_of_withdrawal(found, store.timezone).may_withhold
    assert letters(db) == ["withdrawal_receipt", "staff_withdrawal"]


def test_of_an_order_half_sent_one_half_comes_back_and_one_is_stopped(db, store, withdraws):
    order = an_order([a_line(quantity=3, quantity_shipped=1)], shipped_days_ago=None)
    found = withdraws(order)
    assert (found.task, found.unshipped) == (Task.CANCEL, 2)
    assert [(line.quantity, line.decision) for line in found.rma.lines] == [(1, "authorized")]


def test_shipped_all_the_same_it_gets_its_return_when_looked_at_again(db, store, withdraws):
    order = an_order([a_line(quantity=1, quantity_shipped=0)], shipped_days_ago=None)
    found = withdraws(order)
    order.lines[0].quantity_shipped = 1
    db.session.commit()
    found = look_again(found.id)
    assert (found.task, found.rma.word) == (Task.NONE, "Return Authorized")


def test_cancelled_in_the_store_the_task_is_done(db, store, withdraws):
    order = an_order([a_line(quantity=1, quantity_shipped=0)], shipped_days_ago=None)
    found = withdraws(order)
    order.bc_status_id = CANCELLED
    db.session.commit()
    found = look_again(found.id)
    assert (found.needs_person, found.task_done_by, found.return_id) == (False, "the store", None)


def test_run_twice_it_follows_once(db, store, withdraws):
    order = an_order([a_line(quantity=2, quantity_shipped=1)])
    found = withdraws(order)
    follow(store.id, found.id)
    assert len(returns_of_order(order.id)) == 1
    assert letters(db).count("staff_withdrawal") == 1


def test_stated_again_after_the_return_was_called_off_a_person_looks(db, store, withdraws):
    from app.flows.cancel_return import cancel

    order = an_order()
    first = withdraws(order)
    cancel(first.return_id, Actor("shopper", name="Demo Shopper"))
    again = withdraws(order, form_key="form-2")
    assert again.id == first.id
    assert [line.decision for line in again.rma.lines] == ["in_review"]


def test_what_is_in_a_return_already_is_shown_to_a_person(db, store, withdraws):
    order = an_order()
    rma = a_return(order)
    found = withdraws(order)
    assert (found.task, found.return_id) == (Task.LOOK, rma.id)
    follow(store.id, found.id)
    assert get_withdrawal(found.id).task == Task.LOOK


@pytest.mark.parametrize("kind", ["wrong mail", "wrong number", "no number", "deleted", "unfinished"])
def test_what_cannot_be_matched_is_kept_for_a_person(db, store, withdraws, kind):
    order = an_order(is_deleted=kind == "deleted", bc_status_id=0 if kind == "unfinished" else 2)
    said = {"wrong number": "77777", "no number": "the blue teapot, May"}.get(kind, order)
    mail = "other@shop.example" if kind == "wrong mail" else order.shopper_email
    found = withdraws(said, mail)
    assert (found.order_id, found.return_id, found.task) == (None, None, Task.MATCH)
    assert returns_of_order(order.id) == []
    assert letters(db) == ["withdrawal_receipt", "staff_withdrawal"]


def test_a_number_we_do_not_know_is_asked_of_the_store_three_times(db, store, withdraws, jobs):
    found = withdraws("77777", "shopper@shop.example")
    for _ in range(4):
        follow(store.id, found.id)
    names = [name for name, _ in jobs()]
    assert names.count("order.sync") == 1
    assert names.count("withdrawal.follow") == 1 + len(follow_withdrawal.LOOK_AGAIN_S)
    an_order(bc_order_id=77777, shopper_email="shopper@shop.example")
    follow(store.id, found.id)
    assert get_withdrawal(found.id).rma.word == "Return Authorized"


def test_staff_finds_the_order_that_was_meant(db, store, withdraws):
    order = an_order()
    found = withdraws("my teapot", "other@shop.example")
    with pytest.raises(UserError, match="no_such_order"):
        match(found.id, 4242, CLERK)
    found = match(found.id, order.bc_order_id, CLERK)
    assert (found.order_id, found.task, found.rma.word) == (order.id, Task.NONE, "Return Authorized")


def test_a_part_of_the_order_waits_for_somebody_who_reads_which(db, store, withdraws):
    order = an_order([a_line(quantity=3), a_line()])
    found = withdraws(order, items="two of the three teapots")
    assert (found.task, found.return_id) == (Task.CHOOSE, None)
    with pytest.raises(UserError, match="nothing_chosen"):
        open_for_items(found.id, {order.lines[0].id: 0}, CLERK)
    rma = open_for_items(found.id, {order.lines[0].id: 2}, CLERK)
    assert [(line.quantity, line.decision) for line in rma.lines] == [(2, "authorized")]
    found = get_withdrawal(found.id)
    assert (found.return_id, found.needs_person) == (rma.id, False)


def test_an_exception_of_the_law_asks_a_person_and_stops_nothing(db, store, withdraws, monkeypatch):
    monkeypatch.setattr(follow_withdrawal, "categories_of", lambda product: frozenset({5} if product == 7 else {6}))
    change_settings(store, {"withdrawal_exceptions": [{"bc_category_id": 5, "code": "sealed_hygiene"}]}, CLERK)
    order = an_order([a_line(bc_product_id=7, name="Cream"), a_line(), a_line(kind="digital", name="Recipes (PDF)")])
    found = withdraws(order)
    assert [line.decision for line in found.rma.lines] == ["in_review", "authorized", "in_review"]
    assert found.exceptions == [
        {"name": "Cream", "code": "sealed_hygiene"},
        {"name": "Recipes (PDF)", "code": "digital_begun"},
    ]


def test_the_clock_runs_from_the_statement_and_waits_for_goods_or_proof(db, store, withdraws):
    found = withdraws(an_order([a_line(quantity=2)]))
    assert clock_of_withdrawal(found, store.timezone).may_withhold
    line = found.rma.lines[0]
    receive(found.return_id, {line.id: 1}, CLERK)
    assert clock_of_withdrawal(found, store.timezone).may_withhold
    take_proof(found.id, CLERK)
    assert not clock_of_withdrawal(get_withdrawal(found.id), store.timezone).may_withhold
    assert [event.kind for event in found.rma.events].count("note") == 1
    take_proof(found.id, CLERK)
    assert [event.kind for event in found.rma.events].count("note") == 1


def test_when_everything_is_back_the_money_is_no_longer_withheld(db, store, withdraws):
    found = withdraws(an_order())
    stated_on = found.stated_at
    clock.use(lambda: stated_on + timedelta(days=20))
    receive(found.return_id, {line.id: line.quantity for line in found.rma.lines}, CLERK)
    due = clock_of_withdrawal(get_withdrawal(found.id), "UTC")
    assert (due.may_withhold, due.due_on) == (False, (stated_on + timedelta(days=20)).date())


def test_a_task_is_done_once_and_by_whom_is_kept(db, store, withdraws):
    found = withdraws("nothing", "other@shop.example")
    assert finish_task(found.id, CLERK).task_done_by == CLERK.name
    finish_task(found.id, Actor("staff", 2, "other"))
    assert get_withdrawal(found.id).task_done_by == CLERK.name


def test_staff_is_not_flooded(db, store, withdraws, monkeypatch):
    monkeypatch.setattr(follow_withdrawal, "STAFF_MAILS", 2)
    for number in range(4):
        withdraws(str(number), f"shopper{number}@shop.example", visitor=str(number))
    assert letters(db).count("staff_withdrawal") == 2
