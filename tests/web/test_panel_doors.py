"""Every page and every form of the panel: who may not, finds nothing and changes nothing."""

from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.extensions import as_store
from app.returns.models import Return
from app.stores.models import Store
from tests.factories import a_line, a_return, a_store, an_order
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
}


def doors(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, rule) of every door of the panel."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("panel.")]
    return sorted(
        (rule.endpoint, method, rule.rule) for rule in rules for method in (rule.methods or set()) & {"GET", "POST"}
    )


@pytest.fixture
def rma(db: Any, store: Store) -> Return:
    return a_return(an_order([a_line(quantity=2, name="Secret lamp")], shopper_name="Demo Secretperson"))


def address(rule: str, rma: Return) -> str:
    """`rule` filled with what belongs to the store of `rma`."""
    values = {
        "<int:return_id>": rma.id,
        "<int:refund_id>": 1,
        "<int:bc_order_id>": rma.order.bc_order_id,
        "<section>": "address",
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
    tables = ("returns", "return_lines", "return_events", "refunds", "refund_quotes", "letters", "write_backs",
              "placements", "policy_versions", "order_wanted")
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
    for path in ("/panel/returns/999999", "/panel/returns/99999999999999999999", "/panel/orders/999999",
                 "/panel/orders/99999999999999999999", "/panel/orders/999999/returns/new", "/panel/nothing"):
        assert clerk.get(path).status_code == 404, path
    assert clerk.post("/panel/settings/nothing", {}).status_code == 404
