"""./run screens [--only WORD] [--picture FILE]: every page with demo data, as a phone and a desk see it.

Starts a house of its own, fills it through the doors people use, and takes pictures of the panel, the portal and the
simulated store around them, 390 and 1280 pixels wide, into var/screens/ with an index.html to look through.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.config import root
from tools.house import STORE, House, a_house, stop_on_sigterm
from tools.people import Merchant, Shopper, code_for
from tools.visitor import NotThere

WIDTHS = (390, 1280)
GUEST = "demo.guest.1@shop.example"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ADDRESS = "Backhaul Demo Store, Returns\n1 Example Street\n60601 Sampletown"

# (name, customer, order, {line: (how many, reason, what the shopper says)}) of the demo store.
REQUESTS: tuple[tuple[str, int, int, dict[int, tuple[int, str, str]]], ...] = (
    ("refunded", 6, 421, {1: (1, "damaged", "It does not turn any more.")}),
    ("authorized", 1, 426, {1: (3, "no_longer_wanted", "")}),
    ("rejected", 40, 447, {0: (1, "no_longer_wanted", "I bought the wrong one.")}),
    ("cancelled", 39, 416, {3: (1, "no_longer_wanted", "")}),
    ("declined", 39, 397, {0: (1, "wrong_item", "I ordered the green one.")}),
    ("quoted", 1, 438, {0: (1, "poor_quality", "The left side crackles.")}),
    ("part", 55, 414, {1: (3, "not_as_described", "Louder than the page says.")}),
    ("euro", 44, 422, {0: (1, "delivery_problem", "")}),
    (
        "pending",
        21,
        424,
        {
            1: (2, "damaged", "Both handles were cracked when the parcel came."),
            2: (1, "not_as_described", "It is much larger than in the picture."),
        },
    ),
)


class Stage:
    """The demo store with a return in every situation. `numbers`: by the names of REQUESTS."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.merchant = Merchant(house)
        self.numbers: dict[str, str] = {}
        self.orders = {name: order for name, _, order, _ in REQUESTS}
        self.customers = {name: customer for name, customer, _, _ in REQUESTS}

    def build(self) -> None:
        self.house.call("POST", "/_sandbox/stores", {"hash": STORE, "preset": "demo"})
        self.merchant.install()
        self._until(lambda: "orders are here" in self.merchant.open("/panel/welcome").text, "the first sync", 300)
        self.merchant.save_settings("address", return_address=ADDRESS)
        self.merchant.save_settings("window", review_above="60")
        self.merchant.save_settings("notes", staff_notes="yes")
        for name, customer, order, lines in REQUESTS:
            self._ask(name, customer, order, lines)
        self._decide()

    def _until(self, holds: Callable[[], bool], what: str, within_s: float = 60) -> None:
        end = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError(f"{what} did not happen within {within_s:g} s")
            time.sleep(0.3)

    def _ask(self, name: str, customer: int, order: int, lines: dict[int, tuple[int, str, str]]) -> None:
        shopper = Shopper(self.house)
        page = shopper.come_signed_in(customer, order)
        form = next(form for form in page.forms if any(field.startswith("pick-") for field in form.names))
        ids = [field.removeprefix("pick-") for field in form.choices if field.startswith("pick-")]
        typed: dict[str, str] = {}
        for line, (quantity, reason, words) in lines.items():
            id_ = ids[line] if line < len(ids) else ids[-1]
            typed |= {f"pick-{id_}": "1", f"quantity-{id_}": str(quantity)}
            typed |= {f"reason-{id_}": reason, f"comment-{id_}": words}
        self.numbers[name] = shopper.send(shopper.visitor.send(form, **typed))
        if name == "cancelled":
            shopper.visitor.send(shopper.status(self.numbers[name]).form(action="/cancel"))

    def _decide(self) -> None:
        do, find, numbers = self.merchant.do, self.merchant.find, self.numbers
        do(do(find(numbers["part"]), "authorize", quantity="2"), "reject", why="One of the three was worn.")
        for name in ("declined", "quoted"):
            do(find(numbers[name]), "authorize")
        for name in ("refunded", "declined", "quoted", "part", "euro"):
            do(find(numbers[name]), "receive")
        for name in ("refunded", "euro"):
            self.merchant.refund(numbers[name])
            self._until(lambda name=name: "Item Refunded" in find(numbers[name]).text, name)  # type: ignore[misc]
        self.house.call("POST", "/_sandbox/faults", {"fault": "refund_decline", "times": 1})
        self.merchant.refund(numbers["declined"])
        self._until(lambda: "declined" in find(numbers["declined"]).text, "the decline")
        page = find(numbers["pending"])
        self.merchant.visitor.send(page.form("text"), text="Called: she sends photos of the mugs tomorrow.")

    def path_of(self, name: str) -> str:
        return self.merchant.find(self.numbers[name]).url.removeprefix(self.house.app_url)


class Photographer:
    """Takes the pictures of one width. `only`: the names to take, by a word in them."""

    def __init__(self, stage: Stage, browser: Browser, width: int, folder: Path, only: str) -> None:
        self.stage, self.browser, self.width, self.folder, self.only = stage, browser, width, folder, only
        self.house = stage.house
        self.taken: list[str] = []

    @contextmanager
    def visitor(self) -> Iterator[Page]:
        context = self.browser.new_context(viewport={"width": self.width, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(15_000)
        try:
            yield context.new_page()
        finally:
            context.close()

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        if self.only and self.only not in name:
            return
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(self.folder / f"{name}-{self.width}.png"), full_page=whole)
        self.taken.append(name)
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if sideways > 0:
            print(f"  {name} scrolls {sideways} px sideways at {self.width}", file=sys.stderr)

    # -- the panel, without its frame so that the whole of each page is seen ----------------------------------------

    def panel(self) -> None:
        with self.visitor() as page:
            page.goto(f"{self.house.app_url}/panel/")
            self.take(page, "panel-open-again")
            page.goto(self.house.call("GET", f"/_sandbox/load_url/{STORE}")["url"])
            page.wait_for_url("**/panel/")
            for name, path in (
                ("home", "/panel/"),
                ("home-pending", "/panel/?word=Pending"),
                ("home-nothing", "/panel/?q=nobody"),
                *((f"return-{name}", self.stage.path_of(name)) for name in self.stage.numbers),
                ("orders", "/panel/orders"),
                ("order", f"/panel/orders/{self.stage.orders['pending']}"),
                ("order-bundle", "/panel/orders/423"),
                ("pick-order", "/panel/returns/new"),
                ("new-return", "/panel/orders/415/returns/new"),
                ("settings", "/panel/settings"),
                ("health", "/panel/health"),
                ("welcome", "/panel/welcome"),
                ("not-there", "/panel/returns/999999"),
            ):
                page.goto(self.house.app_url + path)
                self.take(page, f"panel-{name}")
            self.panel_at_work(page)

    def panel_at_work(self, page: Page) -> None:
        page.goto(self.house.app_url + self.stage.path_of("pending"))
        page.locator("details.more > summary").first.click()
        page.get_by_text("Reject…").first.click()
        self.take(page, "panel-return-rejecting")
        page.goto(self.house.app_url + self.stage.path_of("quoted"))
        page.get_by_role("button", name="Ask the store for the amount").click()
        page.get_by_text("Total refund").wait_for()
        self.take(page, "panel-return-quote")
        page.goto(f"{self.house.app_url}/panel/orders/415/returns/new")
        page.get_by_role("button", name="Create the return").click()
        self.take(page, "panel-new-return-refused")
        page.goto(f"{self.house.app_url}/panel/settings")
        page.get_by_label("Days to return").fill("a month")
        page.locator("#window").get_by_role("button", name="Save").click()
        self.take(page, "panel-settings-refused")

    # -- the portal -------------------------------------------------------------------------------------------------

    def portal(self) -> None:
        with self.visitor() as page:
            page.goto(f"{self.house.app_url}/r/nosuchstore")
            self.take(page, "portal-closed")
            self.portal_as_a_guest(page)
        for name, customer in self.stage.customers.items():
            with self.visitor() as page:
                self.come_signed_in(page, customer, self.stage.orders[name])
                if name == "quoted":
                    page.goto(f"{self.house.app_url}/r/{STORE}/orders")
                    self.take(page, "portal-orders")
                page.goto(f"{self.house.app_url}/r/{STORE}/returns/{self.stage.numbers[name]}")
                self.take(page, f"portal-return-{name}")

    def come_signed_in(self, page: Page, customer: int, order: int) -> None:
        """As the account page's script does it: a form that posts who is signed in."""
        jwt = self.house.call("GET", f"/_sandbox/current_jwt/{STORE}?customer_id={customer}")["jwt"]
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{value}">'
            for name, value in (("jwt", jwt), ("order_id", order))
        )
        action = f"{self.house.app_url}/r/{STORE}/signed-in"
        page.set_content(f'<form method="post" action="{action}">{fields}<button>Go</button></form>')
        page.get_by_role("button", name="Go").click()
        page.wait_for_url("**/orders/*")

    def portal_as_a_guest(self, page: Page) -> None:
        guest = self.house.call("GET", f"/_sandbox/stores/{STORE}/orders/434")["order"]["billing_address"]["email"]
        page.goto(f"{self.house.app_url}/r/{STORE}")
        self.take(page, "portal-entry")
        page.get_by_label("Order number").fill("434")
        page.get_by_label("E-mail address of the order").fill(guest)
        before = code_for(self.house, guest)
        page.get_by_role("button", name="Send me a code").click()
        self.take(page, "portal-code")
        page.get_by_label("Code", exact=True).fill("000000")
        page.get_by_role("button", name="Go on").click()
        self.take(page, "portal-code-wrong")
        self.stage._until(lambda: code_for(self.house, guest) != before, "the guest's code")
        page.get_by_label("Code", exact=True).fill(str(code_for(self.house, guest)))
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("heading", name="Order 434").wait_for()
        self.take(page, "portal-order")
        page.get_by_role("checkbox").nth(1).check()
        page.get_by_role("button", name="Go on to review").click()
        self.take(page, "portal-order-problems")
        page.get_by_label("Why").locator("visible=true").first.select_option("damaged")
        page.get_by_label("Comment").locator("visible=true").first.fill("One of the two hands fell off.")
        self.take(page, "portal-order-filled")
        page.get_by_role("button", name="Go on to review").click()
        self.take(page, "portal-review")

    # -- the store around them --------------------------------------------------------------------------------------

    def store(self) -> None:
        here, manage = self.house.sandbox_url, f"{self.house.sandbox_url}/manage/{STORE}"
        with self.visitor() as page:
            page.goto(f"{here}/marketplace/{STORE}")
            self.take(page, "store-marketplace")
            self.framed(page, "/", "Returns", "store-panel-in-its-frame")
            self.framed(page, self.stage.path_of("pending").removeprefix("/panel"), "RMA", "store-return-in-its-frame")
            page.goto(f"{manage}/orders")
            page.locator("details.menu summary").nth(1).click()
            self.take(page, "store-orders", whole=False)
            page.goto(f"{manage}/orders/{self.stage.orders['refunded']}")
            self.take(page, "store-order")
            page.goto(f"{here}/mailbox")
            self.take(page, "store-mailbox", whole=False)
            page.goto(f"{self.house.shop_url}/login.php")
            page.get_by_label("Shopper").select_option(str(self.stage.customers["pending"]))
            page.get_by_role("button", name="Sign in").click()
            page.goto(f"{self.house.shop_url}/account.php?action=view_order&order_id={self.stage.orders['pending']}")
            self.take(page, "store-shopper-order")

    def framed(self, page: Page, path: str, heading: str, name: str) -> None:
        page.goto(f"{self.house.sandbox_url}/manage/{STORE}/app?path={path}")
        page.frame_locator("#app-frame").get_by_role("heading", name=heading, level=1).wait_for()
        self.take(page, name, whole=False)


def write_index(folder: Path, names: list[str]) -> None:
    """A page with both pictures of each name side by side."""
    pictures = {name: "".join(_picture(name, width) for width in WIDTHS) for name in names}
    rows = "".join(f"<h2>{escape(name)}</h2><p>{both}</p>" for name, both in pictures.items())
    style = "body {font-family: sans-serif; margin: 24px} p {display: flex; gap: 24px; align-items: start}"
    head = f"<!doctype html><meta charset=utf-8><title>Every page</title><style>{style}</style><h1>Every page</h1>"
    (folder / "index.html").write_text(head + rows, encoding="utf-8")


def _picture(name: str, width: int) -> str:
    file = f"{name}-{width}.png"
    return f'<a href="{file}"><img src="{file}" width="{width // 2}" alt="{width} pixels wide" loading="lazy"></a>'


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run screens", description=__doc__)
    parser.add_argument("--only", default="", help="only pictures with this word in their name")
    parser.add_argument("--picture", type=Path, help="also write the framed return's picture to this file")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        print("No Chromium on this machine: no pictures.", file=sys.stderr)
        return 1
    stop_on_sigterm()
    folder = root() / "var" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    with a_house("screens") as house, sync_playwright() as playwright:
        stage = Stage(house)
        try:
            stage.build()
        except NotThere as missing:
            print(f"The demo store could not be filled: {missing}", file=sys.stderr)
            return 1
        print(f"The store is filled: {json.dumps(stage.numbers)}", flush=True)
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        with playwright.chromium.launch(executable_path=chromium, args=flags) as browser:
            for width in WIDTHS:
                photographer = Photographer(stage, browser, width, folder, options.only)
                for part in (photographer.panel, photographer.portal, photographer.store):
                    part()
                names = photographer.taken
                print(f"{len(names)} pictures at {width} px", flush=True)
    write_index(folder, names)
    if options.picture:
        shutil.copy(folder / "store-return-in-its-frame-1280.png", options.picture)
    print(f"Look at {folder / 'index.html'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
