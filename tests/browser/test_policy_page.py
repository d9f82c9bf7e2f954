"""The policy page in Chromium, at the portal and as the storefront's document: phone, keyboard, no script, paper."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from app.policies.page import page_of
from app.policies.versions import publish
from app.policies.words import NAMES
from app.storefront import policy_html
from app.stores.queries import save_settings, settings_of
from tests.browser.portal_house import chromium, served, sideways
from tests.policies.test_page import FULL, SHOP

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("PORTAL_SHOTS", "")
LANGUAGES = tuple(NAMES)
LONG = "Extraordinarilylongwordswithoutanyspaceinthemthatmustnotmakethephonescroll" * 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def address(app, store) -> Iterator[str]:
    store.name = "Demo Store"
    where = {"return_address": f"Demo Store Returns\nDock 7, Harbour Road 1\n{LONG}"}
    save_settings(store, settings_of(store).model_copy(update=where))
    publish(FULL, by="Demo Staff")
    db.session.commit()
    with served(app) as url:
        yield f"{url}/r/abc123"


def raw_page(language: str = "en") -> str:
    """The storefront's document."""
    shop = replace(SHOP, return_address=f"Demo\n{LONG}")
    page = page_of(FULL, shop, language, date(2026, 11, 25))
    others = [(code, name, f"https://app.example/r/abc?lang={code}") for code, name in NAMES.items()]
    return policy_html.document(page, name="Demo Store", mark="Backhaul", languages=others)


def a_page(browser: Browser, width: int, *, js: bool = True) -> Page:
    size = {"width": width, "height": 800}
    return browser.new_context(viewport=size, java_script_enabled=js, locale="en-GB").new_page()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_reads_on_every_screen(browser, address, language, width, js):
    page = a_page(browser, width, js=js)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/policy?lang={language}")
    assert page.get_attribute("html", "lang") == language
    assert page.get_by_role("heading", level=2).count() == 8
    assert sideways(page) <= 0
    shot(page, f"policy-{language}-{width}")
    assert heard == []
    page.context.close()


def test_the_way_there_and_back_by_keyboard(browser, address):
    page = a_page(browser, 1280)
    page.goto(address)
    page.get_by_role("link", name="How returns work here").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Return policy")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Deutsch"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rückgabe")
    expect(page.get_by_role("link", name="Deutsch")).to_have_attribute("aria-current", "page")
    # The first names the portal by its public address, for paper too; the last stays on this server.
    start = page.get_by_role("link", name="Rückgabe beginnen")
    expect(start.first).to_have_attribute("href", "http://127.0.0.1:5080/r/abc123")
    start.last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Return something you bought")
    page.context.close()


def test_on_paper_only_what_is_worth_paper(browser, address):
    page = a_page(browser, 794)
    page.goto(f"{address}/policy")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Deutsch")).to_be_hidden()
    address_of = "getComputedStyle(document.querySelector('.policy-link'), '::after').content"
    assert f"{address.rpartition('/r/')[2]}" in page.evaluate(address_of)
    expect(page.get_by_text("14 days.")).to_be_visible()
    assert sideways(page) <= 0
    shot(page, "policy-paper")
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_storefronts_document_reads_without_a_theme(browser, width):
    page = a_page(browser, width, js=False)
    page.set_content(raw_page())
    assert page.get_by_role("heading", level=2).count() == 8
    assert sideways(page) <= 0
    shot(page, f"policy-storefront-{width}")
    page.context.close()


def test_nothing_serious_is_found_on_either(browser, address):
    page = a_page(browser, 390)
    for language in LANGUAGES:
        page.goto(f"{address}/policy?lang={language}")
        assert serious(page) == []
    page.goto("about:blank")
    page.set_content(raw_page("de"))
    assert serious(page) == []
    page.context.close()
