"""./run story [--json] [--orders FILE] [--break NAME]: the main job without a person, through the doors only.

Installs, syncs, hears of a change, files and decides returns, refunds, and reads everything back from the store's
side and the mailbox. A line a step; the last line is one JSON object. Exit 0 only if every check held.
`--break` switches one part off first: the story must notice and name it.
"""

import argparse
import json
import re
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.broken import tear_down_the_wall
from tools.house import STORE, House, HouseFell, a_house, stop_on_sigterm
from tools.people import NUMBER, Merchant, Shopper, code_for, mails_to
from tools.story_ending import ending
from tools.story_policy import publish_and_decide
from tools.story_withdrawal import withdraw
from tools.telling import StoryFailed, Teller
from tools.visitor import NotThere, Page

BREAKS = ("hooks", "dedupe", "write_back", "mail", "refund_look", "rls", "stock")
IN_APP = ("dedupe", "write_back", "refund_look")
"""Parts switched off inside the app's processes (`tools.broken`); the others from outside."""
OTHER_STORE = "otherstore2"
GUEST, SECOND_GUEST, THIRD_GUEST = "demo.guest.1@shop.example", "demo.guest.2@shop.example", "demo.guest.3@shop.example"
PLENTY, FEW = "24.50", "60.00"
"""Unit prices of the orders that are decided by the policy, and of the one that a person decides."""
REVIEW_ABOVE = "100"


class Story:
    """One telling of it. `told` collects what the last line reports of each return."""

    def __init__(self, house: House, teller: Teller, broken: str | None, preset: str = "demo") -> None:
        self.house, self.teller, self.broken, self.preset = house, teller, broken, preset
        self.merchant = Merchant(house)
        self.orders: dict[str, int] = {}
        self.told: list[dict[str, Any]] = []
        self.synced = 0
        self.customer: dict[str, Any] = {}

    # -- the store -----------------------------------------------------------------------------------------------

    def order(self, name: str, **spec: Any) -> int:
        """A shopper buys something; the store ships it."""
        made = self.house.call("POST", f"/_sandbox/stores/{STORE}/orders", {"ship": True, **spec})
        self.orders[name] = int(made["order"]["id"])
        return self.orders[name]

    def at_store(self, name: str) -> dict[str, Any]:
        """All the store knows about that order."""
        found: dict[str, Any] = self.house.call("GET", f"/_sandbox/stores/{STORE}/orders/{self.orders[name]}")
        return found

    def open_shop(self, orders: Path | None) -> None:
        spec: dict[str, Any] = {"hash": STORE, "preset": "empty" if orders else self.preset}
        if orders:
            spec["orders_csv"] = str(orders.resolve())
        self.house.call("POST", "/_sandbox/stores", spec)
        # `--break stock`: the store does not put refunded goods back although its settings say so.
        restock = self.broken != "stock"
        self.house.call("PUT", f"/_sandbox/stores/{STORE}/habits", {"restock_on_refund": restock, "retry_scale": 0.02})
        product, self.customer = self._some("product"), self._some("customer")
        self.tracked = bool(product["tracked"])
        self.goods = goods = {"product_id": product["id"], "variant_id": product["variant_id"]}
        lines = [{**goods, "quantity": 2, "price": PLENTY}]
        self.order("whole", email=GUEST, lines=lines, shipping="5.00")
        self.order("part", customer_id=self.customer["id"], lines=[{**lines[0], "quantity": 3, "price": FEW}])
        digital = {**goods, "quantity": 1, "price": "9.00", "type": "digital", "name": "A download"}
        self.order("refused", email=SECOND_GUEST, lines=[digital, {**lines[0], "quantity": 1}])
        self.order("cancelled", email=THIRD_GUEST, lines=lines)
        self.order("lost", email=GUEST, lines=[{**lines[0], "quantity": 1, "price": "31.40"}])
        self.teller.say(f"The store is open: {self._summary()['orders']} orders")

    def _summary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.house.call("GET", f"/_sandbox/stores/{STORE}")
        return found

    def _some(self, what: str) -> dict[str, Any]:
        found: dict[str, Any] = self.house.call("GET", f"/_sandbox/stores/{STORE}/some_{what}")
        return found

    # -- the merchant --------------------------------------------------------------------------------------------

    def install(self) -> None:
        page = self.merchant.install()
        self.teller.demand("install", page.status == 200 and "Backhaul" in page.text, "the install ends in a page")
        self.merchant.open("/panel/welcome")
        expected = self._summary()["orders"]
        self.teller.say("Installed; the first sync runs")
        progress = self.teller.until("sync", "the first sync ends", self._synced, within_s=600)
        self.synced = int(progress or 0)
        self.teller.check("sync", self.synced >= expected - self._incomplete(), "every order has arrived")
        # It ends with a first comparison, which would find a change that no webhook brought.
        self.teller.until("sync", "the first comparison ends", self._compared, within_s=120)
        self.teller.say(f"{self.synced} orders are here")
        self.merchant.save_settings("address", return_address="Returns\n1 Example Street\n10001 Sampletown")
        self.merchant.save_settings("window", review_above=REVIEW_ABOVE)
        page = self.merchant.save_settings("notes", staff_notes="yes")
        self.teller.check("panel", page.status == 200, "the settings are saved")

    def _synced(self) -> str | None:
        found = re.search(r"(\d+) orders are here", self.merchant.open("/panel/welcome").text)
        return found.group(1) if found else None

    def _compared(self) -> bool:
        return bool(re.search(r"Last full comparison ?(just now|\d)", self.merchant.open("/panel/health").text))

    def _incomplete(self) -> int:
        counts = self.house.call("GET", f"/_sandbox/stores/{STORE}/order_count")["by_status"]
        return int(counts.get("0", 0))

    def hear_of_a_change(self) -> None:
        """The store changes an order; its webhook brings it here, and the same delivery again changes nothing."""
        number = self.orders["cancelled"]
        since = self._log_end("api")
        if self.broken == "hooks":
            self.house.call("POST", "/_sandbox/faults", {"fault": "hook_lose", "match": {"hook": ".*"}, "times": None})
        else:
            twice = {"fault": "hook_duplicate", "match": {"hook": "store/order/updated"}, "copies": 2, "delay_s": 5}
            self.house.call("POST", "/_sandbox/faults", {**twice, "times": 1})
        self.house.call("PATCH", f"/_sandbox/stores/{STORE}/orders/{number}", {"touch": True, "status_id": 10})
        self.teller.until(
            "hooks",
            "a change in the store is seen here",
            lambda: "Completed" in self.merchant.open(f"/panel/orders/{number}").text,
            within_s=12,
        )
        self.teller.say("The store changed an order; the webhook brought it")
        if self.broken == "hooks":
            return
        # The second copy comes five seconds after the first, so that it cannot hide in the first one's fetch.
        time.sleep(9)
        fetched = [
            entry
            for entry in self.house.call("GET", f"/_sandbox/log?kind=api&since={since}")["entries"]
            if entry["method"] == "GET" and entry["path"].endswith(f"/v2/orders/{number}")
        ]
        late = [entry for entry in fetched if entry["at"] > fetched[0]["at"] + 4.5]
        self.teller.check("dedupe", not late, "a delivery that comes twice is worked on once")

    def _log_end(self, kind: str) -> int:
        entries = self.house.call("GET", f"/_sandbox/log?kind={kind}")["entries"]
        return int(entries[-1]["seq"]) if entries else 0

    # -- the shoppers --------------------------------------------------------------------------------------------

    def guest(self, name: str, email: str) -> tuple[Shopper, Page]:
        """A guest proves the order is theirs with the mailed code; gives them and the order's page."""
        shopper = Shopper(self.house)
        before = code_for(self.house, email)
        shopper.look_up(self.orders[name], email)
        code = self.teller.until(
            "mail", f"the code reaches {email}", lambda: self._new_code(email, before), within_s=20
        )
        if not code:
            raise StoryFailed("no code, no guest")
        return shopper, shopper.enter(code)

    def _new_code(self, email: str, before: str | None) -> str | None:
        code = code_for(self.house, email)
        return code if code != before else None

    def file(self, shopper: Shopper, page: Page, *, quantity: int, reason: str, line: int = 0) -> str:
        review = shopper.fill_in(page, quantity=quantity, reason=reason, line=line, comment="From the story")
        number = shopper.send(review)
        again = shopper.visitor.send(review.form("form_key"))
        self.teller.check("portal", number in again.text, "a request sent twice is filed once")
        return number

    def whole_return(self) -> str:
        shopper, page = self.guest("whole", GUEST)
        number = self.file(shopper, page, quantity=2, reason="damaged")
        status = shopper.status(number)
        self.teller.check("policy", "Return Authorized" in status.text, f"{number} was authorized by the policy")
        self.teller.say(f"A guest filed {number}; the policy authorized it")
        return number

    def part_return(self) -> str:
        shopper = Shopper(self.house)
        page = shopper.come_signed_in(int(self.customer["id"]), self.orders["part"])
        number = self.file(shopper, page, quantity=3, reason="not_as_described")
        self.teller.check("policy", "Pending" in shopper.status(number).text, f"{number} waits for a person")
        page = self.merchant.do(self.merchant.find(number), "authorize", quantity="2")
        self.merchant.do(page, "reject", why="One was worn.")
        self.teller.check(
            "policy", "Return Authorized" in shopper.status(number).text, f"2 of 3 of {number} are authorized"
        )
        self.teller.say(f"A signed-in shopper filed {number}; staff authorized 2 of 3 and rejected 1")
        return number

    def refused_return(self) -> str:
        shopper, page = self.guest("refused", SECOND_GUEST)
        number = self.file(shopper, page, quantity=1, reason="no_longer_wanted")
        self.teller.check("policy", "Request Rejected" in shopper.status(number).text, f"{number} was refused")
        self.merchant.do(self.merchant.find(number), "authorize", why="The download never worked.")
        self.teller.check(
            "policy", "Return Authorized" in shopper.status(number).text, f"{number} was authorized against the policy"
        )
        self.teller.say(f"The policy refused {number}; staff authorized it with a reason")
        return number

    def cancelled_return(self) -> str:
        shopper, page = self.guest("cancelled", THIRD_GUEST)
        number = self.file(shopper, page, quantity=1, reason="no_longer_wanted")
        status = shopper.status(number)
        shopper.visitor.send(status.form(action="/cancel"))
        self.teller.check("portal", "Cancelled" in shopper.status(number).text, f"{number} was cancelled")
        self.teller.say(f"A shopper filed {number} and cancelled it")
        return number

    def lost_answer_return(self) -> str:
        """The store pays, and its answer is lost: the app must look, not pay again."""
        shopper, page = self.guest("lost", GUEST)
        number = self.file(shopper, page, quantity=1, reason="wrong_item")
        self.merchant.do(self.merchant.find(number), "receive")
        lost = {"fault": "drop_after", "match": {"method": "POST", "path": r"/payment_actions/refunds$"}, "times": 1}
        self.house.call("POST", "/_sandbox/faults", lost)
        self.merchant.refund(number)
        self.wait_refunded(number, "refund_look")
        self.teller.say(f"{number}: the store's answer to the refund was lost; the app looked and found it")
        return number

    def receive_and_refund(self, number: str) -> None:
        page = self.merchant.do(self.merchant.find(number), "receive")
        self.teller.check("panel", "Received" in page.text, f"{number} is received")
        self.merchant.refund(number)
        self.wait_refunded(number, "refund")
        self.teller.say(f"{number} came back and was refunded through the store's quote")

    def wait_refunded(self, number: str, part: str) -> None:
        self.teller.until(
            part, f"{number} is refunded", lambda: "Item Refunded" in self.merchant.find(number).text, within_s=45
        )

    # -- reading back --------------------------------------------------------------------------------------------

    def read_back(self, name: str, number: str, word: str, email: str, subjects: int) -> None:
        """From the store's side and the mailbox: metafield, staff note, refund, letters."""
        told = self.teller.until(
            "write_back", f"the store's metafield says {word} of {number}", lambda: self._told(name, number, word)
        )
        self.teller.until(
            "write_back",
            f"the staff notes say {word} of {number}",
            lambda: f"{number} {word}" in self.at_store(name)["staff_notes"],
        )
        found = self.at_store(name)
        letters = self.teller.until(
            "mail",
            f"{subjects} letters about {number} reached the shopper",
            lambda: letters if len(letters := self._letters(email, number)) >= subjects else None,
        )
        refunds = found["refunds"]
        self.told.append(
            {
                "number": number,
                "status": word,
                "order_id": self.orders[name],
                "refund": self._refund_told(found, refunds[-1]) if refunds else None,
                "metafield": told or {},
                "mails": letters or [],
            }
        )

    def _told(self, name: str, number: str, word: str) -> dict[str, Any] | None:
        for field in self.at_store(name)["metafields"]:
            if field["namespace"] == "returns" and field["key"] == number:
                value: dict[str, Any] = json.loads(field["value"])
                return value if value["status"] == word else None
        return None

    def _letters(self, email: str, number: str) -> list[str]:
        return [mail["subject"] for mail in mails_to(self.house, email) if number in mail["subject"] + mail["text"]]

    def _refund_told(self, found: dict[str, Any], refund: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": refund["id"],
            "amount": f"{Decimal(str(refund['total_amount'])):.2f}",
            "currency": found["order"]["default_currency_code"],
        }

    def check_books(self) -> None:
        """What the store itself counts: one refund an order, the right amounts, status and stock."""
        for name, total, status in (("whole", 2 * Decimal(PLENTY), 14), ("part", 2 * Decimal(FEW), 14)):
            found = self.at_store(name)
            amounts = [Decimal(str(refund["total_amount"])) for refund in found["refunds"]]
            self.teller.check(
                "refund", amounts == [total], f"the store refunded {total} once on order {name}: {amounts}"
            )
            self.teller.check("refund", int(found["order"]["status_id"]) == status, f"order {name} has status {status}")
        lost = self.at_store("lost")
        self.teller.check("refund_look", len(lost["refunds"]) == 1, "a lost answer did not lead to a second refund")
        posts = self.house.call("GET", "/_sandbox/log?kind=refund_posts")["entries"]
        of_lost = [post for post in posts if int(post["order_id"]) == self.orders["lost"]]
        self.teller.check("refund_look", len(of_lost) == 1, "the refund with the lost answer was sent once")
        back = self._stock_of("lost") - self.stock_before
        if self.tracked:
            self.teller.check("stock", back == 1, f"the wholly refunded unit is back in stock once ({back:+d})")

    def _stock_of(self, name: str) -> int:
        return sum(int(quantity) for quantity in self.at_store(name)["stock"].values())

    def stranger(self) -> None:
        """Staff of another store that installed the app finds nothing of this one."""
        self.house.call("POST", "/_sandbox/stores", {"hash": OTHER_STORE, "preset": "tiny"})
        other = Merchant(self.house, OTHER_STORE)
        other.install()
        number = self.told[0]["number"]
        mine = self.merchant.find(number).url
        theirs = other.visitor.open(mine)
        listed = other.open(f"/panel/?q={number}")
        hidden = theirs.status == 404 and number not in theirs.text and not NUMBER.search(_without_search(listed))
        self.teller.check("rls", hidden, "another store's staff finds nothing of this store's return")

    def tell(self, orders: Path | None) -> None:
        if self.broken == "rls":
            tear_down_the_wall(self.house)
        self.open_shop(orders)
        self.install()
        self.hear_of_a_change()
        if self.broken == "mail":
            self.house.call("POST", "/_sandbox/faults", {"fault": "smtp_refuse", "status": 550, "times": None})
        self.stock_before = self._stock_of("lost")
        numbers = {
            "whole": self.whole_return(),
            "part": self.part_return(),
            "refused": self.refused_return(),
            "cancelled": self.cancelled_return(),
        }
        for name in ("whole", "part"):
            self.receive_and_refund(numbers[name])
        numbers["lost"] = self.lost_answer_return()
        self.read_back("whole", numbers["whole"], "Item Refunded", GUEST, 4)
        self.read_back("part", numbers["part"], "Item Refunded", self.customer["email"], 4)
        self.read_back("refused", numbers["refused"], "Return Authorized", SECOND_GUEST, 3)
        self.read_back("cancelled", numbers["cancelled"], "Cancelled", THIRD_GUEST, 3)
        self.read_back("lost", numbers["lost"], "Item Refunded", GUEST, 4)
        self.check_books()
        publish_and_decide(self)
        withdraw(self)
        self.stranger()


def _without_search(page: Page) -> str:
    """The page's text without what the visitor typed into its search."""
    return re.sub(r"[“\"']?RMA-[0-9A-Z]{6}[”\"']?", "", page.text, count=1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run story", description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the last line")
    parser.add_argument("--orders", type=Path, help="seed the store from a CSV file of order lines")
    parser.add_argument("--preset", choices=("demo", "tiny"), default="demo", help="how full the store is (demo)")
    parser.add_argument("--break", dest="broken", choices=BREAKS, help="switch one part off; the story must notice")
    parser.add_argument("--patience", type=float, default=1, help="wait so many times as long as usual for things (1)")
    options = parser.parse_args()
    if options.orders and not options.orders.exists():
        print(f"There is no file {options.orders}.", file=sys.stderr)
        return 2
    stop_on_sigterm()
    # What is broken need not be told to the end.
    teller = Teller(quiet=options.json, patience=options.patience, strict=options.broken is not None)
    end: dict[str, Any] = {}
    try:
        with a_house("story", broken=options.broken if options.broken in IN_APP else None) as house:
            story = Story(house, teller, options.broken, options.preset)
            try:
                story.tell(options.orders)
            except (StoryFailed, NotThere) as error:
                if not teller.problems or isinstance(error, NotThere):
                    teller.problems.append(f"story: {error}")
            end = ending(story, teller)
    except (HouseFell, OSError) as error:
        teller.problems.append(f"story: {error}")
    print(json.dumps({**end, "ok": not teller.problems, "problems": teller.problems}, default=str))
    return 1 if teller.problems else 0


if __name__ == "__main__":
    sys.exit(main())
