"""The editor of the policy in Chromium: three widths, without JavaScript, by keyboard alone, by pointer."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.catalog.models import Category
from app.lib import clock
from app.policies import drafts, versions
from app.policies.golden import parse_cases
from app.policies.starters import get_starter
from app.stores.models import Store
from app.web.session import begin_panel
from tests.browser.portal_house import check_looks, chromium, served
from tests.browser.test_panel import visit
from tests.factories import a_line, a_user, an_order
from tests.policies.test_golden import CASE
from tests.policies.test_lint import REFUSE, SHOES, TOYS, a_policy, both, compare, days, either, within

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def draft_id(db: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> int:
    """A draft with something of everything, an older policy in force, an order to try it on."""
    monkeypatch.setattr("app.flows.publish_policy.learn_names", lambda store: None)
    monkeypatch.setattr("app.flows.preview_policy.learn", lambda store, order, policy: None)
    long_name = "Extraordinarilylongcategorynamewithoutanyspaceinitwhichmustnotmakethephonescroll"
    tree = [(0, ""), (SHOES, "Shoes"), (TOYS, "Toys"), (30, long_name), *((40 + n, f"Shelf {n}") for n in range(12))]
    db.session.add_all(
        Category(store_id=store.id, bc_category_id=one, bc_parent_id=0, name=name, fetched_at=clock.now())
        for one, name in tree
    )
    sold = [a_line(name="Running shoe", price="120.00"), a_line(name="Demo recipes (PDF)", kind="digital")]
    an_order(sold, bc_order_id=1023)
    versions.publish(get_starter("general").document, by="clerk@abc123.example")
    versions.publish(get_starter("electronics").document, by="clerk@abc123.example")
    dear = both(
        within("product.category", SHOES, 30),
        either(compare("line.unit_paid", "above", "100"), compare("shopper.is_guest", "is", True)),
    )
    document = a_policy(
        (
            "Downloads",
            compare("line.kind", "is", "digital"),
            {
                "outcome": {
                    "decision": "refuse",
                    "sentence": {"en": "Downloads stay yours.", "de": "Downloads bleiben."},
                }
            },
        ),
        ("Dear or guests", dear, {"outcome": {"decision": "review"}, "fees": {"restocking": {"percent": "10"}}}),
        ("Toys", compare("product.category", "has", TOYS), days(20)),
        ("Toys again", compare("product.category", "has", TOYS), {**REFUSE, **days(10)}),
        defaults={"seasons": [{"ordered_from": "2026-11-01", "ordered_to": "2026-12-25", "until": "2027-01-31"}]},
        name="My own policy",
    )
    red = {**CASE, "name": "A red one", "lines": [{**CASE["lines"][0], "expect": {"outcome": "refuse"}}]}  # type: ignore[index, dict-item]
    made = drafts.open_draft(None, document, parse_cases([CASE, red]), based_on=2, by="clerk@abc123.example")
    db.session.commit()
    return made


@pytest.fixture
def key(db: Any, store: Store) -> str:
    key = begin_panel(a_user(store))
    db.session.commit()
    return key


@pytest.fixture
def address(app: Flask, draft_id: int) -> Iterator[str]:
    with served(app) as url:
        yield url


def every_page(draft_id: int) -> dict[str, str]:
    draft = f"/panel/policy/drafts/{draft_id}"
    return {
        "policy": "/panel/policy",
        "draft": draft,
        "rule": f"{draft}/rules/dear_or_guests",
        "rule-new": f"{draft}/rules/new",
        "otherwise": f"{draft}/otherwise",
        "general": f"{draft}/general",
        "check": f"{draft}/check",
        "preview": f"{draft}/preview?order=1023&reason=broken",
        "case": f"{draft}/cases/1",
        "json": f"{draft}/json",
        "version": "/panel/policy/versions/2",
        "policy-settings": "/panel/settings",
    }


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_its_screen_breaks_no_rule_and_is_accessible(
    browser: Browser, address: str, key: str, draft_id: int, width: int
) -> None:
    page, heard = visit(browser, key, width)
    for name, path in every_page(draft_id).items():
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, name
        check_looks(page, name, width)
    assert heard == []


def test_a_rule_is_written_without_javascript(browser: Browser, address: str, key: str, draft_id: int, db: Any) -> None:
    page, _ = visit(browser, key, 390, js=False)
    page.goto(f"{address}/panel/policy/drafts/{draft_id}")
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Name of the rule").fill("Dear things")
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_label("What condition 1 looks at").select_option("line.unit_paid")
    page.get_by_role("button", name="Show the choices").click()
    page.get_by_label("How it compares").select_option("above")
    page.get_by_label("Value", exact=True).fill("250")
    page.get_by_label("Decision").check()
    page.get_by_label("then", exact=True).select_option("review")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("The rule is in the draft.")).to_be_visible()
    expect(page.get_by_text("what was paid for one unit is above 250")).to_be_visible()
    page.get_by_role("button", name="Move “Dear things” up").click()
    db.session.rollback()
    assert [rule.code for rule in drafts.get_draft(draft_id).document.rules][-2:] == ["dear_things", "toys_again"]


def test_a_rule_is_moved_and_changed_by_keyboard_alone(
    browser: Browser, address: str, key: str, draft_id: int, db: Any
) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/policy/drafts/{draft_id}")
    reach(page, "button", "Move “Toys” up")
    page.keyboard.press("Enter")
    page.wait_for_url("**#rule-toys")
    db.session.rollback()
    assert [rule.code for rule in drafts.get_draft(draft_id).document.rules][:2] == ["downloads", "toys"]
    reach(page, "link", "Edit “Toys”")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Toys", level=1)).to_be_visible()
    days_field = page.get_by_label("Days", exact=True)
    for _ in range(80):
        page.keyboard.press("Tab")
        if days_field.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.type("21")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rule is in the draft.")).to_be_visible()
    expect(page.get_by_text("21 days from the delivery")).to_be_visible()
    assert heard == []


def reach(page: Any, role: Any, name: str) -> None:
    """Press Tab until it is there."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached")


def test_a_rule_is_dragged_to_another_place(browser: Browser, address: str, key: str, draft_id: int, db: Any) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/policy/drafts/{draft_id}")
    page.locator("#rule-toys").drag_to(page.locator("#rule-downloads"), target_position={"x": 120, "y": 10})
    page.wait_for_url("**#rule-toys")
    db.session.rollback()
    assert drafts.get_draft(draft_id).document.rules[0].code == "toys"
    assert heard == []


def test_the_preview_follows_what_is_typed(browser: Browser, address: str, key: str, draft_id: int) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/policy/drafts/{draft_id}")
    page.get_by_label("Reason", exact=True).select_option("broken")
    recipes = page.get_by_role("article", name="Demo recipes (PDF)")
    expect(recipes.get_by_text("Downloads stay yours.")).to_be_visible()
    expect(recipes.get_by_text("Refused")).to_be_visible()
    page.get_by_role("button", name="Keep as a golden case").click()
    expect(page.get_by_text("Kept as a golden case")).to_be_visible()
    assert heard == []


def test_choosing_another_fact_shows_how_it_compares(browser: Browser, address: str, key: str, draft_id: int) -> None:
    page, heard = visit(browser, key, 1280)
    page.goto(f"{address}/panel/policy/drafts/{draft_id}/rules/toys")
    page.get_by_label("Days", exact=True).fill("33")
    page.get_by_label("What condition 1 looks at").select_option("order.date")
    expect(page.get_by_label("How it compares")).to_be_focused()
    page.get_by_label("How it compares").select_option("between")
    expect(page.get_by_label("and", exact=True)).to_be_visible()
    expect(page.get_by_label("Days", exact=True)).to_have_value("33")
    assert heard == []
