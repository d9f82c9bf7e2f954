"""Which of the store's refunds is ours? The rules, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.bc_client.types.refunds import ReceiptItem, ReceiptPayment, RefundReceipt
from app.resolutions.recognize import LineCount, Sent, ambiguous, find_ours, may_send_again

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECLINED = ReceiptPayment(1, "testgateway", Decimal("20.00"), False, True, "No.", "")
SENT = Sent(mark="RMA-7KQ2MX abc", quantities=((11, 2),), other_items=(), total=Decimal("20.00"), sent_at=NOON)


def a_receipt(number: int = 1, *, reason: str = "", quantity: int = 2, **changes: object) -> RefundReceipt:
    item = ReceiptItem("PRODUCT", 11, quantity, Decimal("20.00"), reason)
    receipt = RefundReceipt(
        id=number, bc_order_id=5, user_id=0, created_at=NOON, reason="", total=Decimal("20.00"),
        total_tax=Decimal(0), items=(item,), payments=(),
    )  # fmt: skip
    return replace(receipt, **changes)  # type: ignore[arg-type]


def test_our_mark_is_proof_whatever_the_amount_says() -> None:
    marked = a_receipt(3, reason="RMA-7KQ2MX abc", total=Decimal("19.99"))
    assert find_ours(SENT, [a_receipt(2), marked], claimed=[]) == marked


def test_without_reasons_the_one_refund_with_our_very_lines_is_ours() -> None:
    assert find_ours(SENT, [a_receipt(2)], claimed=[]) == a_receipt(2)


@pytest.mark.parametrize(
    ("_case", "receipt"),
    [
        ("another intent has it", a_receipt(9)),
        ("a clerk made it", a_receipt(2, user_id=77)),
        ("somebody gave a reason of their own", a_receipt(2, reason="scratched")),
        ("another quantity", a_receipt(2, quantity=1)),
        ("another amount", a_receipt(2, total=Decimal("10.00"))),
        ("long before we sent ours", a_receipt(2, created_at=NOON - timedelta(hours=1))),
    ],
)
def test_what_only_looks_like_ours_is_not_taken(_case: str, receipt: RefundReceipt) -> None:
    assert find_ours(SENT, [receipt], claimed=[9]) is None
    assert not ambiguous(SENT, [receipt], claimed=[9])


def test_two_alike_are_no_answer_but_a_question_for_a_person() -> None:
    assert find_ours(SENT, [a_receipt(2), a_receipt(3)], claimed=[]) is None
    assert ambiguous(SENT, [a_receipt(2), a_receipt(3)], claimed=[])


def test_an_amount_beside_the_goods_must_be_there_too() -> None:
    with_shipping = replace(SENT, other_items=("SHIPPING",))
    assert find_ours(with_shipping, [a_receipt(2)], claimed=[]) is None


def counts(**lines: tuple[int, int]) -> dict[int, LineCount]:
    """line_<number>=(ordered, refunded)"""
    return {int(name.removeprefix("line_")): LineCount(*count) for name, count in lines.items()}


@pytest.mark.parametrize(
    ("_case", "sent", "receipts", "count", "again"),
    [
        ("all that is left", {}, [], counts(line_11=(2, 0)), True),
        ("one more than half", {}, [], counts(line_11=(3, 0)), True),
        ("twice as many are left", {}, [], counts(line_11=(4, 0)), False),
        (
            "one of two lines protects both",
            {"quantities": ((11, 2), (12, 1))},
            [],
            counts(line_11=(9, 0), line_12=(1, 0)),
            True,
        ),
        ("nothing bound by quantity", {"quantities": ()}, [], {}, False),
        ("an amount beside it", {"other_items": ("SHIPPING",)}, [], counts(line_11=(2, 0)), False),
        ("the count moved and no refund is listed", {}, [], counts(line_11=(4, 2)), False),
        ("the count moved by so much that it no longer fits", {}, [], counts(line_11=(2, 2)), False),
        ("the store does not know the line", {}, [], {}, False),
        (
            "an older refund explains the count",
            {},
            [a_receipt(9, created_at=NOON - timedelta(days=1))],
            counts(line_11=(4, 2)),
            True,
        ),
        (
            "another intent of ours explains it",
            {},
            [a_receipt(8, reason="RMA-7KQ2MX old")],
            counts(line_11=(4, 2)),
            True,
        ),
        (
            "a clerk did it since",
            {},
            [a_receipt(9, user_id=77, quantity=1, reason="by hand")],
            counts(line_11=(4, 1)),
            False,
        ),
        (
            "a declined one counts for nothing",
            {},
            [a_receipt(9, payments=(DECLINED,))],
            counts(line_11=(2, 0)),
            True,
        ),
        (
            "our count is behind the list",
            {},
            [a_receipt(9, created_at=NOON - timedelta(days=1))],
            counts(line_11=(4, 0)),
            False,
        ),
    ],
)
def test_a_second_is_sent_only_if_the_store_would_refuse_a_duplicate(
    _case: str, sent: dict[str, Any], receipts: list[RefundReceipt], count: dict[int, LineCount], again: bool
) -> None:
    assert may_send_again(replace(SENT, **sent), receipts, [8], count) is again
