"""The panel in Chromium: two widths, without JavaScript, by keyboard alone, and for those who use a screen reader."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.lib import clock
from app.orders.models import SyncRun
from app.policies.decide import Outcome
from app.resolutions.models import Refund
from app.returns.actor import Actor
from app.returns.models import Return
from app.returns.queries import get_return
from app.returns.service import WantedLine, decide_line, note, receive_line
from app.returns.states import MoneyState
from app.storefront.models import Placement
from app.stores.models import Store
from app.web.session import begin_panel
from tests.browser.portal_house import check_looks, chromium, served
from tests.factories import a_line, a_return, a_user, an_order

pytestmark = pytest.mark.browser
CLERK = Actor("staff", 1, "clerk@abc123.example")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def rma(db: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> Return:
    """A return with a line in every situation a clerk meets."""
    monkeypatch.setattr("app.flows.request_return.learn", lambda *given: None)
    long_name = "Extraordinarilylongproductnamewithoutanyspaceinitwhichmustnotmakethephonescroll"
    lines = [
        a_line(name="Linen shirt, long sleeve", quantity=3, price="39.00", options=[["Size", "M"]]),
        a_line(name=long_name),
        a_line(name="Enamel mug"),
        a_line(name="Wool blanket", quantity=2, price="79.00"),
    ]
    order = an_order(lines, shopper_name="Demo Shopper 12", shopper_email="shopper12@shop.example", bc_order_id=1023)
    wanted = [WantedLine(line.id, line.quantity, "not_as_described", comment="Not like the picture.") for line in lines]
    rma = a_return(order, wanted=wanted, outcome=Outcome.REVIEW)
    _, board, mug, blanket = rma.lines
    decide_line(board, "authorize", quantity=1, actor=CLERK)
    decide_line(mug, "reject", quantity=1, actor=CLERK, why="It was used.")
    decide_line(blanket, "authorize", quantity=2, actor=CLERK)
    receive_line(blanket, quantity=2, actor=CLERK)
    note(rma, "Called, will send photos.", actor=CLERK)
    db.session.add(
        Refund(
            store_id=store.id,
            return_id=rma.id,
            order_id=order.id,
            source="merchant",
            total=24,
            currency="USD",
            promised_at=clock.now(),
            promised_by=CLERK.name,
            state=MoneyState.SETTLED,
            bc_refund_id=17,
            confirmed_at=clock.now(),
        )
    )
    db.session.add(SyncRun(store_id=store.id, expected=300, seen=120, started_at=clock.now()))
    db.session.add_all(
        Placement(store_id=store.id, kind=kind, channel_id=channel, remote_id="9", state=state, checked_at=clock.now())
        for kind, channel, state in [("page", 1, "placed"), ("script", 1, "missing"), ("app_extension", 0, "placed")]
    )
    db.session.commit()
    for outcome in (Outcome.AUTHORIZE, Outcome.REFUSE, Outcome.REVIEW):
        a_return(an_order(shopper_name="Demo Shopper 7"), outcome=outcome)
    return rma


@pytest.fixture
def key(db: Any, store: Store) -> str:
    key = begin_panel(a_user(store))
    db.session.commit()
    return key


@pytest.fixture
def address(app: Flask, rma: Return) -> Iterator[str]:
    with served(app) as url:
        yield url


def visit(browser: Browser, key: str, width: int, *, js: bool = True) -> tuple[Page, list[str]]:
    """A page of a clerk who is in; the list takes what the browser complains about."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        java_script_enabled=js,
        extra_http_headers={"Authorization": f"Backhaul {key}"},
        reduced_motion="reduce",
    )
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return page, heard


def every_page(rma: Return) -> dict[str, str]:
    return {
        "home": "/panel/",
        "nothing-found": "/panel/?q=nobody",
        "return": f"/panel/returns/{rma.id}",
        "orders": "/panel/orders",
        "order": "/panel/orders/1023",
        "pick-order": "/panel/returns/new",
        "new-return": "/panel/orders/1023/returns/new",
        "settings": "/panel/settings",
        "health": "/panel/health",
        "welcome": "/panel/welcome",
    }


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_its_screen_breaks_no_rule_and_is_accessible(
    browser: Browser, address: str, key: str, rma: Return, width: int
) -> None:
    page, heard = visit(browser, key, width)
    for name, path in every_page(rma).items():
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, name
        check_looks(page, name, width)
    assert heard == []


def test_two_of_three_are_authorized_by_keyboard_alone(
    browser: Browser, address: str, key: str, rma: Return, db: Any
) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/returns/{rma.id}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    chosen = page.get_by_label("How many to authorize").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if chosen.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Authorized.")).to_be_visible()
    db.session.rollback()
    shirts = [(line.quantity, line.decision) for line in get_return(rma.id).lines if "shirt" in line.order_line.name]
    assert sorted(shirts) == [(1, "in_review"), (2, "authorized")]
    assert heard == []


def test_everything_works_without_javascript(browser: Browser, address: str, key: str, rma: Return, db: Any) -> None:
    page, _ = visit(browser, key, 390, js=False)
    page.goto(f"{address}/panel/?q=1023")
    page.get_by_role("link", name=rma.number).click()
    line = page.get_by_role("article", name="Linen shirt")
    line.get_by_text("Reject…").click()
    line.get_by_label("How many to reject").select_option("1")
    line.get_by_label("Why not?").fill("One was worn.")
    line.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_text("The shopper reads your reason in a mail.")).to_be_visible()
    expect(page.get_by_text("One was worn.").first).to_be_visible()
    page.get_by_label("New note").fill("Shirt two is fine.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("Shirt two is fine.")).to_be_visible()
    page.goto(f"{address}/panel/orders/1023/returns/new")
    page.get_by_role("button", name="Create the return").click()
    expect(page.get_by_role("alert")).to_have_text("Choose at least one item and how many of it.")


def test_the_progress_renews_itself_until_the_orders_are_there(
    browser: Browser, address: str, key: str, store: Store, db: Any
) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/welcome")
    expect(page.get_by_text("120 of 300 orders")).to_be_visible()
    db.session.add(
        SyncRun(
            store_id=store.id,
            state="done",
            expected=300,
            seen=300,
            started_at=clock.now() + timedelta(seconds=1),
            finished_at=clock.now(),
        )
    )
    db.session.commit()
    expect(page.get_by_text("300 orders are here.")).to_be_visible(timeout=10_000)
    assert heard == []


def test_a_form_pressed_twice_is_sent_once(browser: Browser, address: str, key: str, rma: Return, db: Any) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/returns/{rma.id}")
    page.get_by_label("New note").fill("Only once.")
    page.get_by_role("button", name="Add the note").dblclick()
    expect(page.get_by_text("Only once.")).to_have_count(1)
    db.session.rollback()
    assert [event.why for event in get_return(rma.id).events].count("Only once.") == 1
    assert heard == []


def test_a_refund_that_is_under_way_shows_its_end_by_itself(
    browser: Browser, address: str, key: str, rma: Return, store: Store, db: Any
) -> None:
    refund = Refund(
        store_id=store.id,
        return_id=rma.id,
        order_id=rma.order_id,
        source="merchant",
        total=79,
        currency="USD",
        promised_at=clock.now(),
        promised_by=CLERK.name,
        state=MoneyState.SENDING,
    )
    db.session.add(refund)
    db.session.commit()
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/returns/{rma.id}")
    expect(page.get_by_text("79.00 USD is on its way")).to_be_visible()
    page.get_by_label("New note").fill("Half a sent")
    refund.state, refund.bc_refund_id, rma.word = MoneyState.SETTLED, 18, "Item Refunded"
    db.session.commit()
    page.wait_for_timeout(5000)
    expect(page.get_by_label("New note")).to_have_value("Half a sent")
    page.get_by_label("New note").fill("")
    page.get_by_label("New note").blur()
    expect(page.get_by_text("79.00 USD refunded")).to_be_visible(timeout=10_000)
    expect(page.locator("#return-head .badge")).to_have_text("Item Refunded")
    assert heard == []
