"""The receipt: word for word, and nobody else's."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.withdrawals.statement import (
    Receipt,
    Statement,
    digest_of,
    find_in,
    is_sealed,
    normal,
    one_line,
    seal_of,
    write_receipt,
)

AT = datetime(2026, 11, 2, 23, 30, 5, tzinfo=UTC)


def receipt(**changes: str) -> Receipt:
    said = {"name": "Demo Shopper", "order_reference": "#1023", "email": "shopper@shop.example", **changes}
    return write_receipt(
        Statement(**said), number="WD-7KQ2MXB4", stated_at=AT, store_name="Demo Store", store_hash="abc123",
        timezone="Europe/Berlin", key="key",
    )  # fmt: skip


def test_the_receipt_says_everything_that_was_stated_and_when():
    assert receipt().text.split("\n") == [
        "Withdrawal statement",
        "Receipt: WD-7KQ2MXB4",
        "Store: Demo Store (abc123)",
        "Received: 2026-11-02T23:30:05Z (3 November 2026, 00:30:05 Europe/Berlin)",
        "Name: Demo Shopper",
        "E-mail: shopper@shop.example",
        "Order: #1023",
        "Items: all items of the order",
        "Statement: I withdraw from my contract for this order.",
    ]


def test_a_part_of_the_order_is_named_in_the_shoppers_words():
    text = receipt(items="the blue teapot").text
    assert "Items: the blue teapot\nStatement: I withdraw from my contract for the items named above." in text


def test_the_digest_is_plain_sha_256_of_the_text():
    found = receipt()
    assert found.digest == hashlib.sha256(found.text.encode()).hexdigest()


def test_the_seal_is_ours_alone():
    found = receipt()
    assert is_sealed(found.digest, found.seal, "abc123", ["key"])
    assert is_sealed(found.digest, found.seal, "abc123", ["a newer key", "key"])
    assert not is_sealed(found.digest, seal_of(found.digest, "abc123", "another key"), "abc123", ["key"])
    assert not is_sealed(found.digest, found.seal, "xyz", ["key"])
    assert not is_sealed(digest_of("something else"), found.seal, "abc123", ["key"])


def test_nothing_typed_can_add_a_line_to_the_statement():
    name = one_line("Demo\nStatement: I do not\u2028withdraw\x00 \u202egnp")
    assert "\n" not in name
    assert "\u202e" not in name
    assert len(receipt(name=name).text.split("\n")) == 9


PASTED = [
    lambda text: text,
    lambda text: text.replace("\n", "\r\n") + "\r\n\r\n",
    lambda text: "Hello,\n\n" + "\n".join(f"> {line}" for line in text.split("\n")) + "\n>\n> SHA-256: …",
    lambda text: "\n".join(f"  {line}\u00a0 " for line in text.split("\n")),
]


@pytest.mark.parametrize("pasted", PASTED)
def test_a_statement_is_found_in_whatever_a_mail_program_makes_of_it(pasted):
    found = receipt(name="Demo  Shopper")
    assert digest_of(find_in(pasted(found.text)).text) == found.digest


def test_numbers_and_digests_are_found_alone():
    found = receipt()
    pasted = find_in(f"number wd-7kq2mxb4, SHA-256: {found.digest.upper()}, {found.seal}")
    assert (pasted.text, pasted.numbers) == ("", ("WD-7KQ2MXB4",))
    assert pasted.hexes == (found.digest, found.seal)


@given(st.text(max_size=300))
def test_anything_can_be_pasted(text):
    found = find_in(text)
    assert normal(found.text) == found.text


@given(*[st.text(max_size=60).map(one_line)] * 4)
def test_whatever_was_typed_comes_out_of_the_paste_unchanged(name, order, email, items):
    found = receipt(name=name, order_reference=order, email=email, items=items)
    assert find_in(f"before\n{found.text}\nafter").text == found.text
