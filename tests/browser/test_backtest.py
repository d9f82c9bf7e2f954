"""The back-test in Chromium: two widths, without JavaScript, by keyboard, and for those who use a screen reader."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.extensions import enter_store
from app.insights.backtest import run_backtest, start_backtest
from app.policies import drafts
from app.policies.versions import publish
from app.stores.models import Store
from app.web.session import begin_panel
from tests.browser.portal_house import check_looks, chromium, served
from tests.browser.test_panel import visit
from tests.factories import a_line, a_return, a_user, an_order
from tests.insights.conftest import a_policy, refuses

pytestmark = pytest.mark.browser
LONG = "Extraordinarilylongproductnamewithoutanyspaceinitwhichmustnotmakethephonescroll"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def key(db: Any, store: Store) -> str:
    key = begin_panel(a_user(store))
    db.session.commit()
    return key


@pytest.fixture
def draft(db: Any, store: Store) -> int:
    """A draft that refuses lamps and takes a fee, over a past of fourteen orders and one return."""
    publish(a_policy(refuses("Dear items", "line.paid", "above", "400", decision="review"), name="Live"), by="")
    candidate = a_policy(
        refuses("Lamps stay", "product.sku", "starts_with", "LAMP"), fees={"restocking": {"percent": 5}}, days=14
    )
    found = drafts.open_draft(None, candidate, (), based_on=1, by="")
    for number in range(14):
        lines = [
            a_line(sku="LAMP-1", price=f"{20 + number}.00", name=LONG if number == 3 else "Tall lamp"),
            a_line(price="450.00", name="Sofa") if number == 5 else a_line(price="7.00", name="Enamel mug"),
        ]
        order = an_order(lines, bc_order_id=2000 + number, bc_customer_id=number // 2 + 1, shipped_days_ago=40,
                         shopper_name=f"Demo Shopper {number // 2 + 1}")  # fmt: skip
    a_return(order)
    db.session.commit()
    return found


@pytest.fixture
def address(app: Flask, draft: int) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits_its_screen_breaks_no_rule_and_is_accessible(
    browser: Browser, address: str, key: str, draft: int, db: Any, store: Store, width: int
) -> None:
    run = start_backtest(drafts.get_draft(draft).document, "Draft", by="clerk@abc123.example")
    db.session.commit()
    path = f"/panel/policy/backtest/{run.id}"
    page, heard = visit(browser, key, width)
    pages = {"begin": "/panel/policy/backtest", "running": path, "done": path, "lines": f"{path}/lines",
             "shoppers": f"{path}/shoppers", "order": f"{path}/orders/2003"}  # fmt: skip
    for name, where in pages.items():
        if name == "done":
            enter_store(store.id)
            run_backtest(store.id, run.id)
        answer = page.goto(address + where)
        assert answer is not None
        assert answer.status == 200, name
        if name == "done":
            page.get_by_text("Order #2003:").first.click()
        check_looks(page, f"backtest-{name}", width)
    assert heard == []


def test_it_is_begun_watched_and_opened_by_keyboard(
    browser: Browser, address: str, key: str, db: Any, store: Store
) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/policy/backtest")
    page.get_by_label("Policy", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of 15 orders and returns")).to_be_visible()
    enter_store(store.id)
    run_backtest(store.id, int(page.url.rsplit("/", 1)[1]))
    page.get_by_role("link", name="Show the result").click(timeout=10_000)
    expect(page.get_by_text("This is accounting, not a forecast")).to_be_visible()
    page.get_by_role("link", name="14", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Items that change")).to_be_visible()
    assert heard == []


def test_it_works_without_javascript(browser: Browser, address: str, key: str, db: Any, store: Store) -> None:
    page, _ = visit(browser, key, 390, js=False)
    page.goto(f"{address}/panel/policy/backtest")
    page.get_by_label("Days after delivery").fill("3")
    page.get_by_role("button", name="Try it on the past").click()
    enter_store(store.id)
    run_backtest(store.id, int(page.url.rsplit("/", 1)[1]))
    page.reload()
    page.get_by_role("link", name="7 shoppers").click()
    expect(page.get_by_role("cell", name="Demo Shopper 1 ")).to_be_visible()
