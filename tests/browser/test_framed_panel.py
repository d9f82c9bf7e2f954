"""The app inside the control panel's iframe, in Chromium: third-party cookies allowed, partitioned, blocked outright.

The real house: the simulated store on localhost, the app under gunicorn on 127.0.0.1 (another site), the worker.
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.browser.framed import (
    ALLOWED,
    BLOCKED,
    MODES,
    PANEL_COOKIE,
    PORTAL_COOKIE,
    Clerk,
    Person,
    a_browser,
    require_chromium,
)
from tools.house import STORE, House, a_house
from tools.people import Merchant, Shopper, code_for

pytestmark = pytest.mark.browser
GUEST = "demo.guest.1@shop.example"
KEPT = {"allowed": ["part=1", "plain=1"], "partitioned": ["part=1"], "blocked": []}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    require_chromium()
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def house(playwright: Playwright) -> Iterator[House]:
    with a_house("framed") as running:
        yield running


@pytest.fixture(scope="module", params=MODES)
def clerk(request: pytest.FixtureRequest, playwright: Playwright, house: House) -> Iterator[Clerk]:
    """Staff of a small store of its own for each mode, who has just installed the app."""
    mode = str(request.param)
    house.call("POST", "/_sandbox/stores", {"hash": f"{mode}1", "preset": "tiny"})
    orders = [an_order(house, f"{mode}1") for _ in range(3)]
    with a_browser(playwright, mode) as context:
        clerk = Clerk(house, context, store=f"{mode}1", mode=mode, orders=orders)
        clerk.install()
        expect(clerk.app.get_by_text("4 orders are here.")).to_be_visible(timeout=30_000)
        yield clerk


@pytest.fixture
def number(clerk: Clerk) -> Iterator[str]:
    """A guest's return of three lamps, of the order `clerk.order`; afterwards nothing was complained about."""
    clerk.complaints()
    clerk.order = clerk.orders.pop()
    yield a_request(clerk.house, clerk.store, clerk.order)
    assert clerk.complaints() == []


def an_order(house: House, store: str, **spec: object) -> int:
    lines = [{"product_id": 3, "variant_id": 103, "quantity": 3, "price": "54.00"}]
    spec = {"ship": True, "email": GUEST, "lines": lines, "shipping": "5.00", **spec}
    made = house.call("POST", f"/_sandbox/stores/{store}/orders", spec)
    return int(made["order"]["id"])


def a_request(house: House, store: str, order: int) -> str:
    """Filed at the portal with the mailed code; gives its number."""
    shopper = Shopper(house, store)
    page = shopper.enter(fresh_code(house, lambda: shopper.look_up(order, GUEST)))
    return shopper.send(shopper.fill_in(page, quantity=3, reason="damaged", comment="It flickers."))


def fresh_code(house: House, ask: Callable[[], object]) -> str:
    """The code that is mailed after `ask`; asked again while the order is not known yet."""
    before = code_for(house, GUEST)

    def code() -> str | None:
        return newest if (newest := code_for(house, GUEST)) != before else None

    found = eventually(lambda: (ask(), eventually(code, within_s=3))[1])
    assert found, "no code came"
    return str(found)


def eventually(look: Callable[[], Any], within_s: float = 30) -> Any:
    """What `look` gives once it is true; what it gave last when it never is."""
    end = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


# -- what the browser does with cookies ------------------------------------------------------------------------------


def test_a_lax_cookie_of_ours_does_not_arrive_in_the_frame(playwright: Playwright, house: House) -> None:
    """Even where third-party cookies are allowed: so the panel's session cannot be one."""
    house.call("POST", "/_sandbox/stores", {"hash": "lax1", "preset": "tiny"})
    with a_browser(playwright, ALLOWED) as context:
        clerk = Clerk(house, context, store="lax1")
        clerk.install()
        clerk.page.goto(f"{house.app_url}/r/lax1")
        clerk.page.goto(f"{house.app_url}/panel/orders")
        assert PORTAL_COOKIE in clerk.sent("/panel/orders", "cookie")
        (lax,) = [one for one in context.cookies(house.app_url) if one["name"] == PORTAL_COOKIE]
        assert lax["sameSite"] == "Lax"
        clerk.open()
        clerk.go("Orders")
        cookies = clerk.sent("/panel/orders", "cookie")
        assert PANEL_COOKIE in cookies
        assert PORTAL_COOKIE not in cookies


def test_the_browser_treats_the_frame_as_the_mode_says(clerk: Clerk) -> None:
    clerk.open()
    kept = """() => {
        document.cookie = "plain=1; SameSite=None; Secure; Path=/";
        document.cookie = "part=1; SameSite=None; Secure; Partitioned; Path=/";
        return document.cookie.split("; ").filter(Boolean).sort();
    }"""
    assert clerk.frame.evaluate(kept) == KEPT[clerk.mode]
    clerk.go("Orders")
    key_in_cookie = PANEL_COOKIE in clerk.sent("/panel/orders", "cookie")
    key_in_header = clerk.sent("/panel/orders", "authorization").startswith("Backhaul ")
    assert (key_in_cookie, key_in_header) == ((False, True) if clerk.mode == BLOCKED else (True, False))


# -- the day's work --------------------------------------------------------------------------------------------------


def test_a_return_goes_from_the_request_to_the_money(clerk: Clerk) -> None:
    house, app = clerk.house, clerk.app
    clerk.complaints()
    clerk.open()
    clerk.go("Settings")
    app.get_by_label("Decide yourself above").fill("100")
    app.locator("#window").get_by_role("button", name="Save").click()
    expect(app.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(app.get_by_label("Decide yourself above")).to_have_value("100")

    order = clerk.orders.pop()
    number = a_request(house, clerk.store, order)
    clerk.find(number)
    expect(app.get_by_text("It flickers.").first).to_be_visible()
    app.get_by_label("How many to authorize").select_option("2")
    app.get_by_role("button", name="Authorize", exact=True).click()
    clerk.is_told("Authorized.")
    app.get_by_text("Reject…").first.click()
    app.get_by_label("Why not?").fill("One was worn.")
    app.get_by_role("button", name="Reject", exact=True).click()
    clerk.is_told("Rejected.")
    app.get_by_role("button", name="Mark received").click()
    clerk.is_told("Marked as received.")
    app.get_by_role("button", name="Ask the store for the amount").click()
    expect(app.get_by_role("row", name="Total refund")).to_contain_text("108.00")
    app.get_by_role("button", name=re.compile("^Refund .*108.00")).click()
    expect(app.get_by_text("The store is being asked to pay it out.")).to_be_visible()

    def at_store() -> list[Any]:
        return list(house.call("GET", f"/_sandbox/stores/{clerk.store}/orders/{order}")["refunds"])

    assert [refund["total_amount"] for refund in eventually(at_store)] == [108]

    def shown() -> bool:
        clerk.find(number)
        return clerk.app.get_by_text("Item Refunded").first.is_visible()

    assert eventually(shown)
    clerk.shot(f"refunded-{clerk.mode}")
    assert len(at_store()) == 1
    assert clerk.complaints() == []


def test_back_and_forward_show_the_pages_that_were_left(clerk: Clerk) -> None:
    clerk.open()
    clerk.go("Orders")
    clerk.go("Settings")
    clerk.frame.evaluate("history.back()")
    clerk.is_at("Orders")
    clerk.frame.evaluate("history.forward()")
    clerk.is_at("Settings")


def test_the_keyboard_alone_authorizes_a_return(clerk: Clerk, number: str) -> None:
    clerk.find(number)
    keyboard = clerk.page.keyboard
    # From the top of the app's page, as somebody who has just come into the frame.
    clerk.app.get_by_role("link", name="Skip to the page").focus()
    keyboard.press("Enter")
    wanted = clerk.app.get_by_role("button", name="Authorize", exact=True)
    for _ in range(40):
        keyboard.press("Tab")
        if wanted.evaluate("button => button === document.activeElement"):
            break
    keyboard.press("Enter")
    clerk.is_told("Authorized.")
    expect(clerk.app.get_by_text("Return Authorized").first).to_be_visible()
    # The reader goes on where the news is, not at the end of a page that is gone.
    focused = clerk.frame.evaluate("document.activeElement.tagName + document.activeElement.id")
    assert focused == ("MAINmain" if clerk.mode == BLOCKED else "BODY")


# -- what keeps others out -------------------------------------------------------------------------------------------


def test_a_form_without_the_session_s_own_token_changes_nothing(clerk: Clerk) -> None:
    clerk.open()
    clerk.go("Settings")
    send = """fields => Backhaul.fetch("/panel/settings/window", {method: "POST", body: new URLSearchParams(fields)})
        .then(answer => answer.status)"""
    fields = {"window_days": "365", "grace_days": "0"}
    tokens: list[dict[str, str]] = [{}, {"csrf_token": ""}, {"csrf_token": "guessed"}]
    assert [clerk.frame.evaluate(send, {**fields, **token}) for token in tokens] == [400, 400, 400]
    clerk.go("Settings")
    expect(clerk.app.get_by_label("Days to return")).to_have_value("30")
    own = clerk.frame.get_attribute("#window [name=csrf_token]", "value")
    assert clerk.frame.evaluate(send, {**fields, "window_days": "31", "csrf_token": own}) == 200
    clerk.go("Settings")
    expect(clerk.app.get_by_label("Days to return")).to_have_value("31")
    clerk.complaints()


def test_a_form_of_another_site_changes_nothing(clerk: Clerk) -> None:
    """The control panel's own page sends one into the frame, with whatever cookie the browser adds."""
    clerk.open()
    clerk.page.evaluate(
        """action => {
            const form = document.createElement("form");
            Object.assign(form, {method: "post", action, target: "app"});
            form.append(Object.assign(document.createElement("input"), {name: "window_days", value: "366"}));
            document.body.append(form);
            form.submit();
        }""",
        f"{clerk.house.app_url}/panel/settings/window",
    )
    refusal = "Please open the app again" if clerk.mode == BLOCKED else "Please send it again"
    expect(clerk.app.get_by_role("heading", name=refusal)).to_be_visible()
    clerk.open()
    clerk.go("Settings")
    expect(clerk.app.get_by_label("Days to return")).not_to_have_value("366")
    clerk.complaints()


def test_a_signed_address_opens_one_page_without_a_session(clerk: Clerk) -> None:
    clerk.open()
    ask = """path => Backhaul.fetch("/session/address?path=" + encodeURIComponent(path))
        .then(answer => answer.json()).then(found => found.address)"""
    address = clerk.frame.evaluate(ask, "/panel/orders?q=1")
    stranger = clerk.context.request
    clerk.context.clear_cookies()
    assert stranger.get(clerk.house.app_url + address).status == 200
    assert stranger.get(clerk.house.app_url + address.replace("q=1", "q=2")).status == 401
    assert stranger.get(f"{clerk.house.app_url}/panel/orders?q=1").status == 401


# -- the session's life ----------------------------------------------------------------------------------------------


def test_a_refresh_of_the_frame_goes_on_while_the_session_lives(clerk: Clerk) -> None:
    clerk.open()
    clerk.go("Orders")
    clerk.frame.evaluate("location.reload()")
    if clerk.mode == BLOCKED:
        # The key lay in the page's memory only. The control panel's own refresh brings a new one.
        expect(clerk.app.get_by_role("heading", name="Please open the app again")).to_be_visible()
        clerk.page.reload()
        clerk.is_at("Returns")
    else:
        clerk.is_at("Orders")
    clerk.complaints()


def test_the_frame_s_first_address_opens_again_only_with_the_session(clerk: Clerk) -> None:
    clerk.open()
    used = clerk.page.locator("#app-frame").get_attribute("src")
    clerk.go("Orders")
    clerk.frame.goto(str(used))
    if clerk.mode == BLOCKED:
        expect(clerk.app.get_by_role("heading", name="Please open the app again")).to_be_visible()
    else:
        clerk.is_at("Returns")
    clerk.complaints()


def test_a_session_that_has_ended_says_open_the_app_again(clerk: Clerk) -> None:
    clerk.open()
    clerk.go("Settings")
    clerk.app.get_by_role("textbox", name="Instructions").fill("Typed with care.")
    clerk.house.call("POST", "/_sandbox/clock/advance", {"seconds": 13 * 3600})
    try:
        clerk.app.locator("#address").get_by_role("button", name="Save").click()
        if clerk.mode == BLOCKED:
            expect(clerk.app.get_by_role("alert")).to_contain_text("Your session has ended, and nothing was saved.")
            expect(clerk.app.get_by_role("textbox", name="Instructions")).to_have_value("Typed with care.")
            clerk.app.get_by_role("link", name="Orders").click()
        expect(clerk.app.get_by_role("heading", name="Please open the app again")).to_be_visible()
        clerk.open()
    finally:
        clerk.house.call("PUT", "/_sandbox/clock", {"offset_s": 0})
        clerk.complaints()


# -- ways in from elsewhere ------------------------------------------------------------------------------------------


def test_the_order_list_s_menu_opens_the_order_s_returns(clerk: Clerk, number: str) -> None:
    clerk.page.goto(f"{clerk.manage}/orders")
    menu = clerk.page.locator("details.menu", has=clerk.page.get_by_label(f"Actions for order {clerk.order}"))
    ours = menu.locator("a", has_text="Returns")
    assert eventually(lambda: clerk.page.reload() and ours.count())
    menu.locator("summary").click()
    ours.click()
    clerk.is_at(f"Order #{clerk.order}")
    clerk.shot(f"extension-{clerk.mode}")
    clerk.app.get_by_role("link", name=number).click()
    clerk.is_at(number)


@pytest.fixture(scope="module")
def demo(house: House) -> House:
    """The shop at the storefront's own address, with the app installed."""
    house.call("POST", "/_sandbox/stores", {"hash": STORE, "preset": "tiny"})
    Merchant(house).install()
    return house


def test_a_signed_in_shopper_comes_from_the_order_in_the_store(playwright: Playwright, demo: House) -> None:
    order = an_order(demo, STORE, customer_id=1)
    with a_browser(playwright, ALLOWED, width=390) as context:
        shopper = Person(demo, context)
        page = shopper.page
        page.goto(f"{demo.shop_url}/login.php")
        page.get_by_label("Shopper").select_option("1")
        page.get_by_role("button", name="Sign in").click()
        ours = page.get_by_text("Return items")
        account = f"{demo.shop_url}/account.php?action=view_order&order_id={order}"
        assert eventually(lambda: page.goto(account) and ours.count())
        expect(page.locator(".navPages, nav").get_by_role("link", name="Returns").first).to_be_visible()
        shopper.shot("storefront-order")
        ours.click()
        expect(page.get_by_role("heading", name=f"Order {order}")).to_be_visible()
        assert page.url == f"{demo.app_url}/r/{STORE}/orders/{order}"
        expect(page.get_by_label(re.compile("Return this"))).to_be_visible()
        shopper.shot("portal-order")
        assert shopper.complaints() == []


def test_a_guest_files_a_return_with_javascript_off(playwright: Playwright, demo: House) -> None:
    order = an_order(demo, STORE)
    with a_browser(playwright, BLOCKED, width=390, js=False) as context:
        shopper = Person(demo, context)
        page = shopper.page

        def ask() -> None:
            page.goto(f"{demo.app_url}/r/{STORE}")
            page.get_by_label("Order number").fill(str(order))
            page.get_by_label("E-mail address of the order").fill(GUEST)
            page.get_by_role("button", name="Send me a code").click()

        code = fresh_code(demo, ask)
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label(re.compile("Return this")).check()
        page.get_by_label("How many").select_option("1")
        page.get_by_label("Why").select_option("damaged")
        page.get_by_label("Comment").fill("It flickers.")
        page.get_by_role("button", name="Go on to review").click()
        page.get_by_role("button", name="Send the request").click()
        expect(page.get_by_role("heading", name=re.compile("Return RMA-"))).to_be_visible()
        page.get_by_text("Cancel this return").click()
        page.get_by_role("button", name="Cancel the return").click()
        expect(page.get_by_text("The return is cancelled.")).to_be_visible()
        assert shopper.complaints() == []
