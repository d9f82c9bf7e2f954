"""The portal in Chromium: phone width, without JavaScript, by keyboard, and from another site."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.lib import clock
from app.orders.models import Order
from app.stores.queries import save_settings, settings_of
from tests.browser.portal_house import chromium, orders_to_return, served, sideways
from tests.web.portal_visits import current_jwt, mailed_code

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("PORTAL_SHOTS", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def order(store, db, monkeypatch) -> Order:
    monkeypatch.setattr("app.flows.request_return.learn", lambda *given: False)
    store.name = "Demo Store"
    where = "Demo Store Returns\nDock 7, Harbour Road 1\n12345 Demo Town"
    settings = settings_of(store).model_copy(update={"return_address": where})
    save_settings(store, settings)
    db.session.commit()
    return orders_to_return()


@pytest.fixture
def address(app, order) -> Iterator[str]:
    with served(app) as url:
        yield url


def visit(browser: Browser, width: int, *, js: bool = True) -> tuple[BrowserContext, Page, list[str]]:
    """A new visitor; the list takes what the page complains about."""
    size = {"width": width, "height": 800}
    context = browser.new_context(viewport=size, java_script_enabled=js, reduced_motion="reduce")
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return context, page, heard


def shot(page: Page, name: str, width: int) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def come_in(page: Page, address: str, store_id: int) -> None:
    page.goto(f"{address}/r/abc123")
    page.get_by_label("Order number").fill("1234")
    page.get_by_label("E-mail address of the order").fill("shopper1@shop.example")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code", exact=True).fill(mailed_code(store_id))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Order 1234")).to_be_visible()


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_guest_files_and_cancels_a_return(browser, address, store, width, js):
    context, page, heard = visit(browser, width, js=js)

    def look(name: str) -> None:
        assert sideways(page) <= 0, f"{name} scrolls sideways at {width}"
        if js:
            shot(page, name, width)

    page.goto(f"{address}/r/abc123")
    look("1-entry")
    page.get_by_label("Order number").fill("1234")
    page.get_by_label("E-mail address of the order").fill("shopper1@shop.example")
    page.get_by_role("button", name="Send me a code").click()
    look("2-code")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the code")
    look("3-wrong-code")
    page.get_by_label("Code", exact=True).fill(mailed_code(store.id))
    page.get_by_role("button", name="Go on").click()
    look("4-order")
    page.get_by_label("Return this: Demo teapot").check()
    page.get_by_role("button", name="Go on to review").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason.")
    look("5-order-problems")
    page.get_by_label("How many").locator("visible=true").first.select_option("2")
    page.get_by_label("Why").locator("visible=true").first.select_option("damaged")
    page.get_by_label("Comment").locator("visible=true").first.fill("The spout is broken. שלום 👩🏽‍🚀")
    look("6-order-filled")
    page.get_by_role("button", name="Go on to review").click()
    look("7-review")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("status")).to_contain_text("Your request has reached the store.")
    look("8-return")
    page.get_by_text("Cancel this return").click()
    page.get_by_role("button", name="Cancel the return").click()
    expect(page.get_by_role("status")).to_contain_text("The return is cancelled.")
    look("9-cancelled")
    assert heard == []
    context.close()


def test_the_back_button_brings_back_what_was_typed(browser, address, store):
    context, page, _ = visit(browser, 390)
    come_in(page, address, store.id)
    page.get_by_label("Return this: Demo teapot").check()
    page.get_by_label("Why").locator("visible=true").first.select_option("damaged")
    page.get_by_label("Comment").locator("visible=true").first.fill("The spout is broken.")
    page.get_by_role("button", name="Go on to review").click()
    page.go_back()
    expect(page.get_by_label("Comment").locator("visible=true").first).to_have_value("The spout is broken.")
    context.close()


def test_the_keyboard_alone_files_a_return(browser, address, store):
    context, page, _ = visit(browser, 1280)
    page.goto(f"{address}/r/abc123")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("1234")
    page.keyboard.press("Tab")
    page.keyboard.type("shopper1@shop.example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type(mailed_code(store.id))
    page.keyboard.press("Enter")
    page.get_by_label("Return this: Demo teapot").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Poor")
    page.get_by_role("button", name="Go on to review").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Poor quality")).to_be_visible()
    page.get_by_role("button", name="Send the request").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your request has reached the store.")
    context.close()


def test_a_shopper_comes_from_the_storefront_on_another_site(browser, address, store, db):
    mine = orders_to_return(bc_order_id=77, bc_customer_id=7, shopper_email="shopper7@shop.example")
    orders_to_return(bc_order_id=78, bc_customer_id=7)
    db.session.commit()
    clock.use(None)
    form = (
        f'<form method="post" action="{address}/r/abc123/signed-in"><input name="jwt" value="{current_jwt(7)}">'
        f'<input name="order_id" value="{mine.bc_order_id}"><button>Return items</button></form>'
    )
    context, page, _ = visit(browser, 390)
    page.route("http://shop.example/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://shop.example/account.php")
    page.get_by_role("button", name="Return items").click()
    expect(page.get_by_role("heading", name="Order 77")).to_be_visible()
    page.get_by_role("link", name="Your orders").click()
    assert sideways(page) <= 0
    shot(page, "10-orders", 390)
    context.close()


def test_every_page_is_free_of_serious_findings(browser, address, store):
    context, page, _ = visit(browser, 390)
    axe = Axe()

    def findings() -> list[str]:
        result = axe.run(page).response["violations"]
        return [f"{page.url}: {one['id']}" for one in result if one["impact"] in ("serious", "critical")]

    page.goto(f"{address}/r/abc123")
    found = findings()
    come_in(page, address, store.id)
    page.get_by_label("Return this: Demo teapot").check()
    page.get_by_role("button", name="Go on to review").click()
    found += findings()
    page.get_by_label("Why").locator("visible=true").first.select_option("damaged")
    page.get_by_role("button", name="Go on to review").click()
    found += findings()
    page.get_by_role("button", name="Send the request").click()
    found += findings()
    assert found == []
    context.close()
