"""The people of the story, each with the doors they use: the merchant's panel, the shopper's portal, the mailbox."""

import re
from typing import Any

from tools.house import STORE, House
from tools.visitor import Form, NotThere, Page, Visitor

NUMBER = re.compile(r"RMA-[0-9A-Z]{6}")
CODE = re.compile(r"\b(\d{6})\b")


class Merchant:
    """Staff in the control panel. Opens the app as BigCommerce's iframe does."""

    def __init__(self, house: House, store: str = STORE) -> None:
        self.house = house
        self.store = store
        self.visitor = Visitor()

    def install(self) -> Page:
        """Press install on the marketplace page: BigCommerce sends the browser to the app with a code."""
        page = self.visitor.open(self.house.call("GET", f"/_sandbox/install_url/{self.store}")["url"])
        return self._enter(page)

    def load(self, path: str = "/") -> Page:
        """Open the app from the control panel; `path`: where an app extension points."""
        url = self.house.call("GET", f"/_sandbox/load_url/{self.store}?path={path}")["url"]
        self.visitor.key = None
        return self._enter(self.visitor.open(url))

    def _enter(self, page: Page) -> Page:
        # The entry page hands the session's key to its script; from then on it travels in the header.
        self.visitor.key = page.metas.get("backhaul-session", self.visitor.key)
        return page

    def open(self, path: str) -> Page:
        return self.visitor.open(f"{self.house.app_url}{path}")

    def save_settings(self, section: str, **values: str) -> Page:
        page = self.open("/panel/settings")
        return self.visitor.send(page.form(*values, action=f"/{section}"), **values)

    def find(self, number: str) -> Page:
        """The return's page, found by searching the list for its number."""
        page = self.open(f"/panel/?q={number}")
        return self.visitor.open(page.link(number))

    def do(self, page: Page, deed: str, *, index: int = 0, **values: str) -> Page:
        """Send the page's form for `deed` (authorize, reject, receive ...) on its line number `index`."""
        forms = [form for form in page.forms if form.action.endswith(f"/{deed}")]
        if len(forms) <= index:
            raise NotThere(f"no form to {deed} on {page.url}: {page.text[:300]}")
        form = forms[index]
        return self.visitor.send(form, **self._quantities(form, values))

    def _quantities(self, form: Form, values: dict[str, str]) -> dict[str, str]:
        """`quantity="2"` means the quantity field of this form's line."""
        names = [name for name in form.names if name.startswith("quantity-")]
        return {names[0] if name == "quantity" and names else name: value for name, value in values.items()}

    def refund(self, number: str, **values: str) -> Page:
        """Ask the store's quote for what came back, and confirm it."""
        page = self.do(self.find(number), "quote", **values)
        return self.visitor.send(page.form("quote_id"))


class Shopper:
    """Somebody with an order, at the portal."""

    def __init__(self, house: House, store: str = STORE) -> None:
        self.house = house
        self.visitor = Visitor()
        self.portal = f"{house.app_url}/r/{store}"
        self.store = store

    def look_up(self, order: int, email: str) -> Page:
        """Order number and mail; gives the page that asks for the code."""
        page = self.visitor.open(self.portal)
        return self.visitor.send(page.form("order", "email"), order=str(order), email=email)

    def enter(self, code: str) -> Page:
        return self.visitor.send(self.visitor.page.form("code"), code=code)

    def come_signed_in(self, customer_id: int, order: int) -> Page:
        """From the storefront's account page, as its script does."""
        jwt = self.house.call("GET", f"/_sandbox/current_jwt/{self.store}?customer_id={customer_id}")["jwt"]
        return self.visitor.post(f"{self.portal}/signed-in", {"jwt": jwt, "order_id": str(order)})

    def fill_in_all(self, page: Page, *, reason: str) -> Page:
        """Tick every line of the order, one unit each, and go on to the review."""
        form = next(form for form in page.forms if any(name.startswith("pick-") for name in form.names))
        numbers = [name.removeprefix("pick-") for name in form.choices if name.startswith("pick-")]
        filled = {}
        for number in numbers:
            filled.update({f"pick-{number}": "1", f"quantity-{number}": "1", f"reason-{number}": reason})
        return self.visitor.send(form, **filled)

    def fill_in(self, page: Page, *, quantity: int, reason: str, comment: str = "", line: int = 0) -> Page:
        """Tick line number `line` of the order, say how many and why, and go on to the review."""
        form = next(form for form in page.forms if any(name.startswith("pick-") for name in form.names))
        picks = [name for name in form.choices if name.startswith("pick-")]
        number = picks[line].removeprefix("pick-")
        return self.visitor.send(
            form,
            **{
                f"pick-{number}": "1",
                f"quantity-{number}": str(quantity),
                f"reason-{number}": reason,
                f"comment-{number}": comment,
            },
        )

    def send(self, review: Page) -> str:
        """Send the reviewed request; gives the return's number. Raises NotThere when there is none."""
        page = self.visitor.send(review.form("form_key"))
        found = NUMBER.search(page.text)
        if found is None:
            raise NotThere(f"no return number on {page.url} ({page.status}): {page.text[:300]}")
        return found.group()

    def status(self, number: str) -> Page:
        return self.visitor.open(f"{self.portal}/returns/{number}")


def mails_to(house: House, address: str, since: int = 0) -> list[dict[str, Any]]:
    """What lies in the mailbox for `address`, oldest first."""
    mails: list[dict[str, Any]] = house.call("GET", f"/_sandbox/mail?to={address}&since={since}")["mails"]
    return mails


def code_for(house: House, address: str) -> str | None:
    """The newest six-digit code mailed to `address`."""
    for mail in reversed(mails_to(house, address)):
        if "code" in mail["subject"].lower() and (found := CODE.search(mail["text"])):
            return found.group(1)
    return None
