"""The back-test in the panel: begun, watched, its numbers opened, taken away as a file; a stranger finds nothing."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import enter_store
from app.insights.backtest import run_backtest
from app.insights.models import BacktestRun
from app.policies import drafts
from app.policies.document import PolicyDocument
from app.policies.versions import publish
from app.stores.models import Store
from tests.factories import a_line, a_return, a_store, an_order
from tests.insights.conftest import a_policy, refuses
from tests.web.panel_visitor import Visitor, words


@pytest.fixture
def clerk(app: Flask, store: Store, bc: Any) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def draft(db: Any, store: Store) -> int:
    """In force: everything comes back. The draft: lamps do not."""
    publish(a_policy(name="Live"), by="")
    document: PolicyDocument = a_policy(refuses("Lamps", "product.sku", "starts_with", "LAMP"))
    found = drafts.open_draft(None, document, (), based_on=1, by="")
    db.session.commit()
    return found


def begun(clerk: Visitor, draft: int, **fields: Any) -> str:
    """The address of a back-test just begun."""
    clerk.get("/panel/policy/backtest", draft=draft)
    answer = clerk.post("/panel/policy/backtest", {"what": f"draft-{draft}", "days_after": "10", **fields})
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def finished(clerk: Visitor, draft: int, store: Store, db: Any) -> str:
    path = begun(clerk, draft)
    enter_store(store.id)
    run_backtest(store.id, int(path.rsplit("/", 1)[1]))
    db.session.rollback()
    return path


def runs(db: Any) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(BacktestRun)))


def test_a_draft_is_chosen_begun_and_watched(clerk: Visitor, draft: int, db: Any, jobs: Any) -> None:
    an_order([a_line(sku="LAMP-1")])
    page = clerk.get("/panel/policy/backtest", draft=draft)
    assert f'<option value="draft-{draft}" selected>Draft</option>' in page.text
    path = begun(clerk, draft)
    assert [name for name, _ in jobs()] == ["policy.backtest"]
    page = clerk.get(path)
    assert "0 of 1 orders and returns" in words(page)
    assert f'data-poll="{path}/progress">' in page.text
    assert "0 of 1 orders and returns" in clerk.get(f"{path}/progress").text


def test_its_numbers_are_on_the_page_and_open_to_the_orders(clerk: Visitor, draft: int, store: Store, db: Any) -> None:
    lamp = an_order([a_line(sku="LAMP-1", price="50.00", name="Tall lamp"), a_line(price="7.00", name="Mug")],
                    shopper_name="Demo Lamplover")  # fmt: skip
    a_return(lamp)
    an_order([a_line(price="9.00")])
    path = finished(clerk, draft, store, db)
    page = clerk.get(path)
    text = words(page)
    assert "This is accounting, not a forecast" in text
    assert "1 of 3 items would be decided otherwise. Outcome or money changes in 1 of 2 orders" in text
    assert "1 of 2 items would be decided otherwise. Outcome or money changes in 1 of 1 returns" in text
    assert "66.00 USD" in text
    assert "-50.00 USD" in text
    assert "too few to say" in text
    assert f"Order #{lamp.bc_order_id}: 50.00 USD moved" in text
    assert "your rule “Lamps”" in text
    assert "1 shopper would have been refused" in text
    assert "Mug" not in text

    behind = words(clerk.get(f"{path}/lines", sample="order", before="authorize", after="refuse"))
    assert f"#{lamp.bc_order_id}" in behind
    assert "1 × Tall lamp" in behind
    assert "No rule: the defaults" in behind
    assert "Mug" not in behind
    assert "Nothing changes here" in words(clerk.get(f"{path}/lines", sample="order", before="refuse"))
    assert "Demo Lamplover" in words(clerk.get(f"{path}/shoppers", sample="return"))
    both = words(clerk.get(f"{path}/orders/{lamp.bc_order_id}"))
    assert "If everything were asked for" in both
    assert "As it was filed" in both
    assert "the SKU starts with" in both


def test_every_line_that_changes_is_in_the_file_and_none_is_a_formula(
    clerk: Visitor, draft: int, store: Store, db: Any
) -> None:
    number = an_order([a_line(sku="LAMP-1", price="50.00", name="=HYPERLINK(1)"), a_line(price="7.00")]).bc_order_id
    path = finished(clerk, draft, store, db)
    answer = clerk.get(f"{path}/lines.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    [row] = list(csv.DictReader(io.StringIO(answer.text)))
    assert (row["order"], row["item"], row["paid"], row["now"], row["then"], row["then_rule"]) == (
        str(number),
        "'=HYPERLINK(1)",
        "50.00",
        "authorize",
        "refuse",
        "Lamps",
    )
    assert (row["now_refund"], row["then_refund"]) == ("50.00", "0.00")


def test_what_does_not_change_is_said(clerk: Visitor, draft: int, store: Store, db: Any) -> None:
    an_order([a_line()])
    text = words(clerk.get(finished(clerk, draft, store, db)))
    assert "None of 1 items would be decided otherwise" in text
    assert "Nobody would have been refused" in text
    assert "Most affected" not in text
    assert "Download" not in text


def test_without_a_past_the_page_says_so(clerk: Visitor, draft: int, store: Store, db: Any) -> None:
    assert "There is no past yet" in words(clerk.get(finished(clerk, draft, store, db)))


def test_a_version_can_be_tried_and_a_run_stopped(clerk: Visitor, draft: int, db: Any) -> None:
    an_order([a_line()])
    path = begun(clerk, draft, what="version-1", days_after="0")
    answer = clerk.post(f"{path}/stop")
    assert (answer.status_code, answer.location) == (303, "/panel/policy/backtest")
    text = words(clerk.get(path))
    assert "Stopped after 0 of 1 orders" in text
    assert "Version 1" in words(clerk.get("/panel/policy/backtest"))


@pytest.mark.parametrize(("fields", "status"), [
    ({"days_after": "ten"}, 400), ({"days_after": "99999"}, 400), ({"days_after": "-1"}, 400),
    ({"reason": "nonsense"}, 400), ({"what": ""}, 404), ({"what": "draft-999999"}, 404), ({"what": "draft-x"}, 404),
    ({"what": "version-99"}, 404), ({"what": "version-99999999999999999999"}, 404), ({"what": "else-1"}, 404),
])  # fmt: skip
def test_nonsense_begins_nothing(
    clerk: Visitor, draft: int, db: Any, jobs: Any, fields: dict[str, str], status: int
) -> None:
    clerk.get("/panel/policy/backtest")
    answer = clerk.post("/panel/policy/backtest", {"what": f"draft-{draft}", "days_after": "10", **fields})
    assert answer.status_code == status
    if "days_after" in fields:
        assert f'value="{fields["days_after"]}"' in answer.text
    assert (runs(db), jobs()) == (0, [])


def test_a_stranger_finds_nothing(app: Flask, clerk: Visitor, draft: int, store: Store, db: Any) -> None:
    order = an_order([a_line(sku="LAMP-1", name="Secret lamp")], shopper_name="Demo Secretperson")
    path = finished(clerk, draft, store, db)
    stranger = Visitor(app, a_store(store_hash="xyz"))
    for below in ("", "/progress", "/lines", "/shoppers", "/lines.csv", f"/orders/{order.bc_order_id}"):
        answer = stranger.get(path + below)
        assert answer.status_code == 404, below
        assert "Secret" not in answer.text
    assert stranger.post(f"{path}/stop").status_code == 404
    listed = words(stranger.get("/panel/policy/backtest"))
    assert "Nothing tried yet" in listed
    stranger.get("/panel/policy/backtest")
    tried = stranger.post("/panel/policy/backtest", {"what": f"draft-{draft}", "days_after": "10"})
    assert tried.status_code == 404
    enter_store(store.id)
    assert runs(db) == 1


def test_an_order_the_back_test_has_nothing_of_is_not_found(clerk: Visitor, draft: int, store: Store, db: Any) -> None:
    order = an_order([a_line(quantity_shipped=0)], shipped_days_ago=None)
    path = finished(clerk, draft, store, db)
    assert clerk.get(f"{path}/orders/{order.bc_order_id}").status_code == 404
    assert clerk.get(f"{path}/orders/999999").status_code == 404
