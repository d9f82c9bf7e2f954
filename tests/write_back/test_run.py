"""The store's own books say what we know, tried again until it has it; nobody's text is lost."""

import json
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import as_store, db
from app.flows.decide_return import add_note, authorize, reject
from app.flows.receive_parcel import receive
from app.lib.errors import NotFound, RemoteError
from app.orders.models import Order
from app.policies.decide import Outcome
from app.returns.models import Return
from app.returns.service import WantedLine
from app.stores.models import StoreStatus
from app.stores.queries import get_store, save_settings, settings_of
from app.write_back.models import WriteBack
from app.write_back.queries import count_pending, write_backs_of
from app.write_back.resume import resume
from app.write_back.run import run
from sandbox import state_orders
from tests import factories
from tests.money_stage import CLERK, STORE_HASH, Stage

FIELDS = r"/metafields"
ORDER = r"^/v2/orders/\d+$"


@pytest.fixture
def notes_on(stage: Stage) -> None:
    """The merchant said yes to a line in the staff notes."""
    store = get_store()
    save_settings(store, settings_of(store).model_copy(update={"staff_notes": True}))
    db.session.commit()


def fields(stage: Stage, order: Order) -> dict[str, Any]:
    """The order's metafields at the store: {key: document}."""
    found = stage.sandbox.state.all_of(STORE_HASH, "metafield", order.bc_order_id)
    return {field["key"]: json.loads(field["value"]) for field in found}


def note(stage: Stage, order: Order) -> str:
    return str(state_orders.get_order(stage.sandbox.state, STORE_HASH, order.bc_order_id).get("staff_notes", ""))


def write_note(stage: Stage, order: Order, text: str) -> None:
    """The merchant types into the staff notes."""
    state = stage.sandbox.state
    with state.writing():
        before = state_orders.get_order(state, STORE_HASH, order.bc_order_id)
        state_orders.change_order(state, STORE_HASH, {**before, "staff_notes": text}, before=before)


def pending(rma: Return) -> list[str]:
    db.session.expire_all()
    return [row.target for row in write_backs_of(rma.id) if row.wanted_version > row.done_version]


def test_the_books_say_what_the_return_is(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    rma = factories.a_return(order)
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    stage.work("write_back.run")

    found, bc_line_id = fields(stage, order), order.lines[0].bc_line_id
    assert set(found) == {rma.number, f"{rma.number}-internal", "summary"}
    assert found[rma.number]["status"] == "Return Authorized"
    assert found[rma.number]["lines"] == [
        {"order_product_id": bc_line_id, "quantity": 1, "status": "Received"},
        {"order_product_id": bc_line_id, "quantity": 2, "status": "Return Authorized"},
    ]
    assert found["summary"] == {
        "status": "Return Authorized",
        "returns": [{"number": rma.number, "status": "Return Authorized", "detail": "2 authorized, 1 received"}],
    }
    assert (found[f"{rma.number}-internal"]["version"], pending(rma)) == (rma.version, [])
    rights = {
        field["key"]: field["permission_set"]
        for field in stage.sandbox.state.all_of(STORE_HASH, "metafield", order.bc_order_id)
    }
    assert rights == {
        rma.number: "read_and_sf_access", f"{rma.number}-internal": "app_only", "summary": "read_and_sf_access",
    }  # fmt: skip


def test_what_staff_write_for_each_other_is_not_in_what_the_shopper_may_see(stage: Stage) -> None:
    order = stage.order()
    rma = factories.a_return(order, outcome=Outcome.REVIEW)
    add_note(rma.id, "Third time this year.", CLERK)
    reject(rma.id, {rma.lines[0].id: 2}, CLERK, "Worn.")
    stage.work("write_back.run")
    assert "Third time" not in json.dumps(fields(stage, order))
    assert "internal" not in json.dumps(fields(stage, order)[rma.number])


def test_two_returns_of_one_order_stand_side_by_side_and_the_summary_has_both(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    line_id = order.lines[0].id
    first = factories.a_return(order, wanted=[WantedLine(line_id, 1, "damaged")])
    second = factories.a_return(order, wanted=[WantedLine(line_id, 1, "damaged")], outcome=Outcome.REVIEW)
    receive(first.id, {first.lines[0].id: 1}, CLERK)
    authorize(second.id, {second.lines[0].id: 1}, CLERK)
    stage.work("write_back.run")
    found = fields(stage, order)
    assert {first.number, second.number} < set(found)
    assert [one["status"] for one in found["summary"]["returns"]] == ["Received", "Return Authorized"]


def test_told_again_it_writes_nothing_new(stage: Stage, notes_on: None) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.work("write_back.run")
    before = stage.sandbox.state.all_of(STORE_HASH, "metafield", order.bc_order_id)
    for row in write_backs_of(rma.id):
        row.done_version = 0
    db.session.commit()
    run(stage.store_id, rma.id)
    assert stage.sandbox.state.all_of(STORE_HASH, "metafield", order.bc_order_id) == before
    assert note(stage, order).count(rma.number) == 1


def test_many_changes_before_the_job_runs_are_told_once(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 3, "price": "10.00"}])
    rma = factories.a_return(order)
    for _ in range(3):
        line = next(line for line in rma.lines if line.custody == "with_shopper")
        receive(rma.id, {line.id: 1}, CLERK)
    before = len(stage.calls())
    stage.work("write_back.run")
    writes = [call for call in stage.calls()[before:] if call.startswith(("POST", "PUT"))]
    assert (len(writes), fields(stage, order)[rma.number]["detail"]) == (3, "3 received")


def test_without_the_merchants_yes_the_staff_notes_are_left_alone(stage: Stage) -> None:
    assert settings_of(get_store()).staff_notes is None
    order = stage.order()
    write_note(stage, order, "Call first.")
    rma = stage.returned(order)
    stage.work("write_back.run")
    assert [row.target for row in write_backs_of(rma.id)] == ["metafields"]
    assert note(stage, order) == "Call first."


def test_a_merchant_who_changed_their_mind_is_not_written_to(stage: Stage, notes_on: None) -> None:
    order = stage.order()
    rma = stage.returned(order)
    store = get_store()
    save_settings(store, settings_of(store).model_copy(update={"staff_notes": False}))
    db.session.commit()
    stage.work("write_back.run")
    assert (note(stage, order), pending(rma)) == ("", [])


def test_our_line_is_kept_up_to_date_and_other_peoples_text_stays(stage: Stage, notes_on: None) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    write_note(stage, order, "Call first.\r\nGate code 12")
    rma = factories.a_return(order)
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    stage.work("write_back.run")
    assert note(stage, order) == (
        f"Call first.\r\nGate code 12\nReturns (Backhaul): {rma.number} Return Authorized (1 authorized, 1 received)"
    )
    write_note(stage, order, note(stage, order) + "\nFragile!")
    receive(rma.id, {rma.lines[1].id: 1}, CLERK)
    stage.work("write_back.run")
    assert note(stage, order) == (
        f"Call first.\r\nGate code 12\nReturns (Backhaul): {rma.number} Received (2 received)\nFragile!"
    )


@pytest.mark.parametrize("behind", [False, True], ids=["before our look", "right after our write"])
def test_what_the_merchant_types_meanwhile_stays(
    stage: Stage, notes_on: None, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    from app.bc_client.client import BigCommerce

    order = stage.order()
    rma = stage.returned(order)
    name = "update_order" if behind else "get_order"
    real, typed = getattr(BigCommerce, name), []

    def meanwhile(self: BigCommerce, *args: Any, **more: Any) -> Any:
        if behind:
            found = real(self, *args, **more)
        if not typed:
            typed.append(True)
            write_note(stage, order, f"{note(stage, order)}\nGate code 12".strip())
        return found if behind else real(self, *args, **more)

    monkeypatch.setattr(BigCommerce, name, meanwhile)
    stage.work("write_back.run")
    text = note(stage, order)
    assert ("Gate code 12" in text, text.count(rma.number)) == (True, 1)


def test_somebody_who_keeps_overwriting_our_line_is_not_fought_but_waited_for(
    stage: Stage, notes_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.bc_client.client import BigCommerce

    order = stage.order()
    rma = stage.returned(order)
    real = BigCommerce.update_order

    def overwritten(self: BigCommerce, *args: Any, **more: Any) -> Any:
        found = real(self, *args, **more)
        write_note(stage, order, "Only mine.")
        return found

    monkeypatch.setattr(BigCommerce, "update_order", overwritten)
    stage.work("write_back.run", tries=1)
    assert (note(stage, order), pending(rma)) == ("Only mine.", ["staff_note"])
    assert {row.target: row.error for row in write_backs_of(rma.id)} == {"metafields": None, "staff_note": "NoteRaced"}

    monkeypatch.setattr(BigCommerce, "update_order", real)
    assert resume() == 1
    db.session.commit()
    stage.work("write_back.run")
    assert (rma.number in note(stage, order), pending(rma)) == (True, [])


def test_the_echo_of_our_own_writes_leaves_a_quote_alive(stage: Stage, notes_on: None) -> None:
    from app.flows import settle_return

    order = stage.order()
    rma = stage.returned(order)
    quote = settle_return.quote(rma.id, {rma.lines[0].id: 1}, shipping=False, actor=CLERK)
    version = order.version
    stage.work("write_back.run")
    stage.hear_refunds(order)
    db.session.refresh(order)
    assert (order.version, rma.number in order.staff_notes) == (version, True)
    assert settle_return.promise(rma.id, quote.id, CLERK).state == "promised"


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("error", {"status": 500}), ("error", {"status": 502}), ("error", {"status": 503}), ("error_after", {}),
        ("drop", {}), ("drop_after", {}), ("timeout", {"delay_s": 0.2}), ("invalid_json", {}),
        ("rate_limited", {"reset_ms": 1}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"), [("GET", FIELDS), ("POST", FIELDS), ("GET", ORDER), ("PUT", ORDER)],
    ids=["read field", "write field", "read notes", "write notes"],
)  # fmt: skip
def test_whatever_goes_wrong_it_is_told_again_until_the_store_has_it_once(
    stage: Stage, notes_on: None, fault: str, more: dict[str, Any], method: str, path: str
) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.fault(fault, method=method, path=path, **more)
    stage.work("write_back.run")
    assert pending(rma) == []
    assert [row.error for row in write_backs_of(rma.id)] == [None, None]
    assert fields(stage, order)[rma.number]["status"] == "Received"
    assert len(stage.sandbox.state.all_of(STORE_HASH, "metafield", order.bc_order_id)) == 3
    assert note(stage, order).count(rma.number) == 1


def test_a_failing_target_does_not_keep_the_other_from_being_told_and_is_shown(stage: Stage, notes_on: None) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.fault("error", method="GET", path=FIELDS, times=None, status=503)
    with pytest.raises(RemoteError):
        run(stage.store_id, rma.id)
    assert rma.number in note(stage, order)
    assert (pending(rma), count_pending()) == (["metafields"], 1)
    assert {row.target: (row.error, row.tries) for row in write_backs_of(rma.id)} == {
        "metafields": ("BCUnavailable", 1), "staff_note": (None, 1),
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_what_a_dead_token_kept_back_is_told_after_a_new_consent(stage: Stage, fault: str) -> None:
    order = stage.order()
    rma = stage.returned(order)
    stage.fault(fault, method="POST", path=FIELDS)
    stage.work("write_back.run")
    assert (fields(stage, order), pending(rma), stage.waiting("write_back.run")) == ({}, ["metafields"], [])

    get_store().status = StoreStatus.ACTIVE
    assert (resume(), resume()) == (1, 0)
    db.session.commit()
    stage.work("write_back.run")
    assert (pending(rma), fields(stage, order)[rma.number]["status"]) == ([], "Received")


def test_a_clerk_never_waits_for_the_store(stage: Stage, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.bc_client.client import BigCommerce

    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    rma = factories.a_return(order)
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    rma_id, line_id = rma.id, rma.lines[1].id
    real, pressed = BigCommerce.put_order_metafield, []

    def arrives() -> None:
        with app.app_context(), as_store(stage.store_id):
            receive(rma_id, {line_id: 1}, CLERK)
            db.session.remove()

    def put(self: BigCommerce, *args: Any) -> Any:
        if not pressed:
            pressed.append(True)
            clerk = threading.Thread(target=arrives)
            clerk.start()
            clerk.join(timeout=10)
            assert not clerk.is_alive(), "a clerk must not wait for the store's answer"
        return real(self, *args)

    monkeypatch.setattr(BigCommerce, "put_order_metafield", put)
    stage.work("write_back.run")
    assert (fields(stage, order)[rma.number]["detail"], pending(rma)) == ("2 received", [])


def test_somebody_slower_who_writes_an_older_version_is_corrected(stage: Stage) -> None:
    order = stage.order([{"product_id": 1, "quantity": 2, "price": "10.00"}])
    rma = factories.a_return(order)
    receive(rma.id, {rma.lines[0].id: 1}, CLERK)
    row = db.session.scalars(select(WriteBack)).one()
    row.wanted_version, row.done_version = rma.version + 5, 0
    db.session.commit()
    stage.drop_jobs()
    run(stage.store_id, rma.id)
    db.session.commit()
    # Not what was wanted: it asks for another turn instead of calling it done.
    assert stage.waiting("write_back.run") == ["write_back.run"]


def test_a_key_taken_between_look_and_write_is_looked_at_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.bc_client.client import BigCommerce

    order = stage.order()
    rma = stage.returned(order)
    real, blind = BigCommerce.find_order_metafield, [True]

    def find(self: BigCommerce, *args: Any) -> Any:
        if blind and args[-1] == "summary":
            blind.clear()
            self._call(
                self._v3, "POST", f"orders/{order.bc_order_id}/metafields",
                {"permission_set": "app_only", "namespace": "returns", "key": "summary", "value": "{}"},
                read=lambda raw: raw,
            )  # fmt: skip
            return None
        return real(self, *args)

    monkeypatch.setattr(BigCommerce, "find_order_metafield", find)
    stage.work("write_back.run")
    assert (fields(stage, order)["summary"]["status"], pending(rma)) == ("Received", [])


def test_another_stores_return_is_not_found(stage: Stage) -> None:
    rma = stage.returned(stage.order())
    rma_id = rma.id
    with as_store(factories.a_store(store_hash="xyz").id):
        with pytest.raises(NotFound):
            run(stage.store_id, rma_id)
        db.session.rollback()
        assert (resume(), count_pending(), list(write_backs_of(rma_id))) == (0, 0, [])
