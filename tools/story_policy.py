"""A chapter of the story: a policy with a window per category is published, seen on the storefront, and decides."""

import json
from typing import TYPE_CHECKING, Any

from tools.house import STORE
from tools.visitor import NotThere, Page, Visitor

if TYPE_CHECKING:
    from tools.story import Story

SHOPPER = "demo.guest.4@shop.example"
SENTENCE = "We cannot sell these again."
REASONS = ("damaged", "no_longer_wanted")
LONG, SHORT = 61, 33
"""Days of the one category, and of everything else."""


def _policy(kept: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    def among(shelf: dict[str, Any]) -> dict[str, Any]:
        return {"test": "in", "fact": "product.category", "values": [shelf["category_id"]]}

    refusal = {"decision": "refuse", "sentence": {"en": SENTENCE}}
    return {
        "format": 1,
        "name": "Of the story",
        "reasons": [{"code": code, "label": {"en": code.replace("_", " ").capitalize()}} for code in REASONS],
        "rules": [
            {"name": "Longer", "when": among(kept),
             "effects": {"window": {"days": LONG}, "outcome": {"decision": "authorize"}}},
            {"name": "Not these", "when": among(refused), "effects": {"outcome": refusal}},
        ],
        "defaults": {"window": {"days": SHORT}},
    }  # fmt: skip


def publish_and_decide(story: "Story") -> None:
    """Two shelves of the store, one policy, one order with a line of each."""
    shelves = story.house.call("GET", f"/_sandbox/stores/{STORE}/shelves")["shelves"]
    if len(shelves) < 2:
        story.teller.say("This store has no two categories: no policy by category is told")
        return
    kept, refused = shelves[:2]
    _order(story, kept, refused)
    _publish(story, _policy(kept, refused))
    _see_it(story, kept, refused)
    _file(story)


def _order(story: "Story", kept: dict[str, Any], refused: dict[str, Any]) -> None:
    lines = [
        {"product_id": one["product_id"], "variant_id": one["variant_id"], "quantity": 1, "price": "12.00"}
        for one in (kept, refused)
    ]
    number = story.order("siblings", email=SHOPPER, lines=lines)
    story.teller.until(
        "hooks", f"order {number} arrives", lambda: story.merchant.open(f"/panel/orders/{number}").status == 200
    )


def _publish(story: "Story", policy: dict[str, Any]) -> None:
    """Through the panel's doors: a draft, the document brought in, the check, and the button."""
    merchant = story.merchant
    page = merchant.open("/panel/policy")
    draft = merchant.visitor.send(page.form(action="/policy/drafts"))
    brought = merchant.open(f"{_path(draft)}/json")
    page = merchant.visitor.send(brought.form("json"), json=json.dumps(policy))
    story.teller.demand("policy", page.status == 200 and "Not these" in page.text, "the draft takes the policy in")
    check = merchant.open(f"{_path(draft)}/check")
    try:
        page = merchant.visitor.send(check.form(action="/publish"))
    except NotThere:
        story.teller.demand("policy", False, f"the policy can be published: {check.text[:400]}")
    story.teller.demand("policy", "Published as version" in page.text, "the policy is published")
    story.teller.say("The merchant published a policy with a window per category")


def _path(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3]


def _see_it(story: "Story", kept: dict[str, Any], refused: dict[str, Any]) -> None:
    """On the storefront, found from its menu, and at the portal: the same words."""
    page = story.teller.until("policy", "its page stands in the storefront", lambda: _in_the_shop(story))
    portal = Visitor().open(f"{story.house.app_url}/r/{STORE}/policy?lang=en")
    for where, seen in (("storefront", page), ("portal", portal)):
        text = seen.text if seen else ""
        tells = all(
            said in text
            for said in (f"{kept['name']} {LONG} days.", f"Everything else {SHORT} days.",
                         f"{refused['name']} Cannot come back. {SENTENCE}")
        )  # fmt: skip
        story.teller.check("policy", tells, f"the {where}'s page tells both windows and what cannot come back")
    story.teller.say("Its page stands in the storefront and at the portal")


def _in_the_shop(story: "Story") -> Page | None:
    shopper = Visitor()
    try:
        page = shopper.open(shopper.open(story.house.shop_url).link("Return policy"))
    except NotThere:
        return None
    return page if f"{LONG} days." in page.text else None


def _file(story: "Story") -> None:
    """Both lines of the order in one request: one authorized, one refused, each by its own rule."""
    shopper, page = story.guest("siblings", SHOPPER)
    number = shopper.send(shopper.fill_in_all(page, reason=REASONS[0]))
    seen = shopper.status(number).text
    both = "Return Authorized" in seen and "Request Rejected" in seen and SENTENCE in seen
    story.teller.check("policy", both, f"one line of {number} is authorized and its sibling refused")
    told = story.merchant.find(number).text
    named = "Longer" in told and "Not these" in told
    story.teller.check("policy", named, f"the panel names the rule that decided each line of {number}")
    story.teller.say(f"{number}: one rule authorized a line, another refused its sibling")
