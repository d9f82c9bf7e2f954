"""Which of the store's refunds is ours? The rules, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.bc_client.types.refunds import ReceiptItem, RefundReceipt
from app.resolutions.recognize import Sent, ambiguous, find_ours, store_would_refuse_a_second

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT = Sent(
    mark="RMA-7KQ2MX abc", quantities=((11, 2),), other_items=(), total=Decimal("20.00"), sent_at=NOON
)


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


@pytest.mark.parametrize(
    ("_case", "quantities", "left", "refused"),
    [
        ("all that is left", [(11, 2)], {11: 2}, True),
        ("one more than half", [(11, 2)], {11: 3}, True),
        ("twice as many are left", [(11, 2)], {11: 4}, False),
        ("one of two lines protects both", [(11, 2), (12, 1)], {11: 9, 12: 1}, True),
        ("nothing bound by quantity", [], {}, False),
    ],
)
def test_a_second_is_sent_only_if_the_store_would_refuse_a_duplicate(
    _case: str, quantities: list[tuple[int, int]], left: dict[int, int], refused: bool
) -> None:
    assert store_would_refuse_a_second(quantities, left) is refused
