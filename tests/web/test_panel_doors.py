"""Every page and every form of the panel: who may not, finds nothing and changes nothing."""

from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.extensions import as_store
from app.flows import withdraw
from app.policies import drafts, versions
from app.policies.golden import parse_cases
from app.returns.models import Return
from app.stores.models import Store
from app.withdrawals.statement import Statement
from tests.factories import a_line, a_return, a_store, an_order
from tests.policies.test_golden import CASE
from tests.policies.test_lint import a_policy, compare, days
from tests.web.panel_visitor import Visitor

FIELDS: dict[str, dict[str, Any]] = {
    "panel.authorize": {"why": "Because."},
    "panel.reject": {"why": "Because."},
    "panel.cancel": {"sure": "1"},
    "panel.note": {"text": "A note."},
    "panel.refund": {"quote_id": "1"},
    "panel.decide_refund": {"went_out": "yes", "why": "Seen."},
    "panel.create_return": {"form_key": "a-form-key-of-the-test"},
    "panel.place_again": {"kind": "page", "channel": "1"},
    "panel.remove_placement": {"kind": "page", "channel": "1"},
    "panel.staff_notes": {"answer": "yes"},
    "panel.save": {"return_address": "Nowhere"},
    "panel.start_backtest": {"what": "draft-1", "days_after": "10"},
    "panel.follow_policy": {"channel": "2"},
    "panel.discard_policy": {"sure": "1"},
    "panel.move_rule": {"rule": "shoes", "up": "1"},
    "panel.remove_rule": {"rule": "shoes"},
    "panel.publish_policy_draft": {"seen": "1"},
    "panel.save_rule": {"name": "Secret rule", "deed": "save"},
    "panel.import_draft": {"json": "{}"},
}
OPEN_TO_ALL_CLERKS = {
    "panel.home",
    "panel.orders",
    "panel.pick_order",
    "panel.welcome",
    "panel.sync_progress",
    "panel.staff_notes",
    "panel.settings",
    "panel.save",
    "panel.repair_placements",
    "panel.place_again",
    "panel.remove_placement",
    "panel.health",
    "panel.sync_now",
    "panel.backtests",
    "panel.policy",
    "panel.begin_policy",
    "panel.follow_policy",
    "panel.withdrawals",
    "panel.verify_receipt",
    "panel.check_receipt",
    "panel.withdrawal_settings",
    "panel.save_withdrawal_settings",
}
"""Doors that name nothing of anybody: each shows or changes the clerk's own store only."""
NAMES_A_THING = {
    "panel.show",
    "panel.authorize",
    "panel.reject",
    "panel.receive",
    "panel.cancel",
    "panel.note",
    "panel.quote",
    "panel.refund",
    "panel.take_back",
    "panel.decide_refund",
    "panel.order",
    "panel.order_returns",
    "panel.new_return",
    "panel.create_return",
    "panel.start_backtest",
    "panel.backtest",
    "panel.backtest_progress",
    "panel.stop_backtest",
    "panel.backtest_lines",
    "panel.backtest_shoppers",
    "panel.backtest_csv",
    "panel.backtest_order",
    "panel.policy_draft",
    "panel.move_rule",
    "panel.remove_rule",
    "panel.discard_policy",
    "panel.check_policy",
    "panel.publish_policy_draft",
    "panel.preview_draft",
    "panel.edit_rule",
    "panel.save_rule",
    "panel.edit_otherwise",
    "panel.save_otherwise",
    "panel.edit_general",
    "panel.save_general",
    "panel.keep_case",
    "panel.edit_case",
    "panel.save_case",
    "panel.export_draft",
    "panel.edit_json",
    "panel.import_draft",
    "panel.policy_version",
    "panel.restore_policy",
    "panel.export_version",
    "panel.withdrawal",
    "panel.match_withdrawal",
    "panel.look_at_withdrawal",
    "panel.choose_withdrawn",
    "panel.finish_withdrawal",
    "panel.prove_withdrawal",
}


def doors(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, rule) of every door of the panel."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("panel.")]
    return sorted(
        (rule.endpoint, method, rule.rule) for rule in rules for method in (rule.methods or set()) & {"GET", "POST"}
    )


@pytest.fixture
def rma(db: Any, store: Store) -> Return:
    rma = a_return(an_order([a_line(quantity=2, name="Secret lamp")], shopper_name="Demo Secretperson"))
    document = a_policy(("Shoes", compare("product.sku", "is", "Secret lamp"), days(60)), name="Secret lamp")
    # A stranger may come to have a first version of their own: ours in these doors is the third.
    for name in ("One", "Two", "Secret lamp"):
        versions.publish(document.model_copy(update={"name": name}), by="clerk")
    drafts.open_draft(None, document, parse_cases([CASE]), based_on=1, by="clerk")
    reference = str(rma.order.bc_order_id)
    withdraw.state(Statement("Demo Secretperson", reference, rma.order.shopper_email), form_key="", visitor="one")
    db.session.commit()
    return rma


def address(rule: str, rma: Return) -> str:
    """`rule` filled with what belongs to the store of `rma`."""
    values = {
        "<int:return_id>": rma.id,
        "<int:refund_id>": 1,
        "<int:backtest_id>": 1,
        "<int:bc_order_id>": rma.order.bc_order_id,
        "<section>": "address",
        "<int:draft_id>": 1,
        "<int:version>": 3,
        "<int:index>": 0,
        "<code>": "shoes",
        "<int:withdrawal_id>": 1,
    }
    for name, value in values.items():
        rule = rule.replace(name, str(value))
    assert "<" not in rule
    return rule


def fields(endpoint: str, rma: Return) -> dict[str, Any]:
    line = rma.lines[0]
    chosen = {"line": line.id, f"quantity-{line.id}": 1, f"version-{line.id}": line.version}
    order_line = {f"quantity-{line.order_line_id}": 1, f"reason-{line.order_line_id}": "damaged"}
    return {**chosen, **order_line, **FIELDS.get(endpoint, {})}


def snapshot(db: Any, store: Store) -> list[Any]:
    """Everything of `store` that a clerk could change."""
    db.session.rollback()
    tables = (
        "returns",
        "return_lines",
        "return_events",
        "refunds",
        "refund_quotes",
        "letters",
        "write_backs",
        "placements",
        "policy_versions",
        "policy_drafts",
        "policy_cases",
        "withdrawals",
        "order_wanted",
    )
    with as_store(store.id):
        rows = [db.session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).all() for name in tables]
        settings = db.session.scalar(select(Store.settings).where(Store.id == store.id))
        db.session.rollback()
    return [*rows, settings]


def test_every_door_of_the_panel_is_in_these_tests(app: Flask) -> None:
    endpoints = {endpoint for endpoint, _, _ in doors(app)}
    assert endpoints == OPEN_TO_ALL_CLERKS | NAMES_A_THING
    assert not OPEN_TO_ALL_CLERKS & NAMES_A_THING


def test_a_stranger_finds_nothing_behind_any_door(app: Flask, db: Any, store: Store, rma: Return, bc: Any) -> None:
    stranger = Visitor(app, a_store(store_hash="xyz"))
    before = snapshot(db, store)
    for endpoint, method, rule in doors(app):
        path, form = address(rule, rma), fields(endpoint, rma)
        answer = stranger.get(path) if method == "GET" else stranger.post(path, form)
        if endpoint in NAMES_A_THING:
            assert answer.status_code == 404, (endpoint, method, answer.status_code)
        for secret in ("RMA-", "Secret lamp", "Demo Secretperson"):
            assert secret not in answer.text, (endpoint, method, secret)
    assert snapshot(db, store) == before


def test_without_a_session_every_door_says_open_again(app: Flask, db: Any, store: Store, rma: Return) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        before = snapshot(db, store)
        for endpoint, method, rule in doors(app):
            path, form = address(rule, rma), fields(endpoint, rma)
            answer = Context().run(app.test_client().open, path, method=method, data=form if method == "POST" else None)
            assert answer.status_code == 401, (endpoint, method)
            assert "open the app again" in answer.text
        assert snapshot(db, store) == before
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def test_a_form_without_the_pages_token_changes_nothing(app: Flask, db: Any, store: Store, rma: Return) -> None:
    clerk = Visitor(app, store)
    before = snapshot(db, store)
    for endpoint, method, rule in doors(app):
        if method == "POST":
            path, form = address(rule, rma), fields(endpoint, rma)
            assert clerk.post(path, form, token=False).status_code == 400, endpoint
    assert snapshot(db, store) == before


def test_a_number_that_is_nobodys_is_not_found(app: Flask, store: Store, bc: Any) -> None:
    clerk = Visitor(app, store)
    for path in (
        "/panel/returns/999999",
        "/panel/returns/99999999999999999999",
        "/panel/orders/999999",
        "/panel/orders/99999999999999999999",
        "/panel/orders/999999/returns/new",
        "/panel/nothing",
    ):
        assert clerk.get(path).status_code == 404, path
    assert clerk.post("/panel/settings/nothing", {}).status_code == 404
