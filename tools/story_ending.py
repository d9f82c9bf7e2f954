"""The story's last line: one object that a program can read."""

import time
from typing import TYPE_CHECKING, Any

from tools.telling import Teller

if TYPE_CHECKING:
    from tools.story import Story


def ending(story: "Story", teller: Teller) -> dict[str, Any]:
    """The object of the last line."""
    house = story.house
    hooks = house.call("GET", "/_sandbox/log?kind=hooks")["entries"]
    refunds = [refund for name in story.orders for refund in story.at_store(name)["refunds"]]
    return {
        "ok": not teller.problems,
        "seconds": round(time.monotonic() - teller.began, 1),
        "orders_in_store": story._summary()["orders"],
        "orders_synced": story.synced,
        "api_calls": len(house.call("GET", "/_sandbox/log?kind=api")["entries"]),
        "webhooks_sent": len(hooks),
        "webhooks_handled": sum(1 for entry in hooks if entry.get("outcome") == "delivered"),
        "returns": story.told,
        "store_refunds": refunds,
        "problems": teller.problems,
    }
