"""The story, told by the command itself: everything holds, and the last line says so in the agreed shape."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.config import root

TOP = {
    "ok": bool,
    "seconds": float,
    "orders_in_store": int,
    "orders_synced": int,
    "api_calls": int,
    "webhooks_sent": int,
    "webhooks_handled": int,
    "returns": list,
    "store_refunds": list,
    "problems": list,
}
A_RETURN = {
    "number": str,
    "status": str,
    "order_id": int,
    "refund": (dict, type(None)),
    "metafield": dict,
    "mails": list,
}

# Each of these starts a whole house; on two busy cores that takes its time.
pytestmark = pytest.mark.timeout(420)


def tell(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the story; gives its exit code, the object of its last line, and everything it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "tools.story", *arguments],
        cwd=root(),
        capture_output=True,
        text=True,
        timeout=400,
    )
    lines = ended.stdout.strip().splitlines()
    assert lines, ended.stderr[-3000:]
    return ended.returncode, json.loads(lines[-1]), ended.stdout + ended.stderr


def test_the_story_holds_and_its_last_line_says_everything() -> None:
    code, end, said = tell("--preset", "demo")
    assert end["problems"] == [], said[-3000:]
    assert (code, end["ok"]) == (0, True)
    assert {name: type(value) for name, value in end.items()} == TOP
    assert end["orders_in_store"] >= 300
    # Incomplete orders are not ours; the story's own five are made before the install.
    assert 300 <= end["orders_synced"] <= end["orders_in_store"]
    assert end["api_calls"] > 0
    assert 0 < end["webhooks_handled"] <= end["webhooks_sent"]
    check_returns(end)
    # A line a step, each with its time.
    steps = [line for line in said.splitlines() if " s  " in line]
    assert len(steps) >= 10


def check_returns(end: dict[str, Any]) -> None:
    returns = end["returns"]
    assert [one["status"] for one in returns] == [
        "Item Refunded", "Item Refunded", "Return Authorized", "Cancelled", "Item Refunded",
    ]  # fmt: skip
    for one in returns:
        assert set(one) == set(A_RETURN)
        for name, kind in A_RETURN.items():
            assert isinstance(one[name], kind), (name, one[name])
        assert one["metafield"]["status"] == one["status"]
        assert one["metafield"]["number"] == one["number"]
        assert len(one["mails"]) >= 3
        assert all(isinstance(subject, str) for subject in one["mails"])
        assert (one["refund"] is not None) == (one["status"] == "Item Refunded")
        if one["refund"]:
            assert set(one["refund"]) == {"id", "amount", "currency"}
            assert isinstance(one["refund"]["amount"], str)
    assert len({one["number"] for one in returns}) == 5
    # Two of three units authorized: the header says both.
    assert returns[1]["metafield"]["detail"] == "2 refunded, 1 rejected"
    assert [Decimal(one["refund"]["amount"]) for one in returns if one["refund"]] == [
        Decimal("49.00"), Decimal("120.00"), Decimal("31.40"),
    ]  # fmt: skip
    paid = sorted(refund["id"] for refund in end["store_refunds"])
    assert paid == sorted(one["refund"]["id"] for one in returns if one["refund"])


def test_the_story_can_be_told_of_a_merchants_own_orders(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(order_lines(200))
    code, end, said = tell("--json", "--orders", str(file))
    assert end["problems"] == [], said[-3000:]
    assert code == 0
    # 49 invoices of up to four lines and the five of the story; whatever was cancelled is a refund, not an order.
    assert end["orders_synced"] == 54
    # One more comes later: the one that is withdrawn from.
    assert end["orders_in_store"] == 55
    check_returns(end)
    # Only the last line: nothing else stands on it.
    assert said.startswith("{")


def order_lines(count: int) -> str:
    """A file in the format of the retail data: invoices of four lines, one of which is cancelled later."""
    rows = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    for number in range(count - 5):
        invoice, item = 700000 + number // 4, number % 4
        day, price = 1 + number // 4 % 27, f"{2 + item}.50"
        customer = 20000 + invoice % 7 if invoice % 3 else ""
        rows.append(
            f"{invoice},DEMO{item}{invoice % 9},DEMO THING {item},{1 + item},2011-11-{day:02} 10:15:00,{price},"
            f"{customer},United Kingdom"
        )
    for number in range(5):
        customer = 20000 + (700001 + 3 * number) % 7
        rows.append(
            f"C{710000 + number},DEMO1{(700001 + 3 * number) % 9},DEMO THING 1,-1,2011-12-01 09:00:00,3.50,"
            f"{customer},United Kingdom"
        )
    return "\n".join(rows) + "\n"


def test_a_file_that_is_not_there_is_said_in_a_sentence() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tools.story", "--orders", "no-such-file.csv"],
        cwd=root(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.strip() == "There is no file no-such-file.csv."
    assert ended.stdout == ""
