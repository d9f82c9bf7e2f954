"""A chapter of the story: a guest withdraws from the contract, without a code, and the return of it is there."""

import re
from typing import TYPE_CHECKING

from tools.house import STORE
from tools.people import mails_to
from tools.visitor import Page, Visitor

if TYPE_CHECKING:
    from tools.story import Story

SHOPPER = "demo.guest.5@shop.example"
NOBODY = "demo.nobody@shop.example"
FIELDS = {"name": "Demo Guest 5", "email": SHOPPER}
_NEW = re.compile(r"\d+|[A-Z]{2,4}-[0-9A-Z]{4,}|demo\.\w+(\.\d)?@shop\.example|Demo \w+( \d)?")
"""What may differ between two answers: numbers, receipts, and what was typed."""


def withdraw(story: "Story") -> None:
    """Two steps at the portal, a receipt by mail at once, and a return opened for the order."""
    line = {**story.goods, "quantity": 1, "price": "19.00"}
    number = story.order("withdrawn", email=SHOPPER, lines=[line])
    story.teller.until(
        "hooks", f"order {number} arrives", lambda: story.merchant.open(f"/panel/orders/{number}").status == 200
    )
    answer = _state(story, str(number), FIELDS)
    other = _state(story, "999999999", {"name": "Demo Nobody", "email": NOBODY})
    alike = _NEW.sub("", answer.text) == _NEW.sub("", other.text)
    story.teller.check("withdrawal", alike, "the answer to an unknown order is the same")
    for address in (SHOPPER, NOBODY):
        story.teller.until("mail", f"the receipt reaches {address}", lambda to=address: _receipt(story, to))
    story.teller.until(
        "withdrawal",
        "the withdrawal has its return",
        lambda: "RMA-" in story.merchant.open(f"/panel/withdrawals?q={SHOPPER}").text,
    )
    story.teller.say("A guest withdrew from the contract; the receipt came at once, and the return is open")


def _state(story: "Story", order: str, fields: dict[str, str]) -> Page:
    guest = Visitor()
    page = guest.open(f"{story.house.app_url}/r/{STORE}/withdraw")
    review = guest.send(page.form("order", "email", "name"), order=order, **fields)
    done = guest.send(review.form("form_key"))
    story.teller.demand("withdrawal", done.status == 200, "the statement is taken without a code")
    return done


def _receipt(story: "Story", address: str) -> bool:
    return any("withdrawal" in mail["subject"].lower() for mail in mails_to(story.house, address))
