"""Signatures over several parts."""

import hashlib
import hmac

from app.lib import signing


def test_a_signature_is_hmac_sha256_over_length_prefixed_parts() -> None:
    message = b"\x00\x00\x00\x01a\x00\x00\x00\x03\xe2\x82\xac"
    assert signing.sign("key", "a", "€") == hmac.new(b"key", message, hashlib.sha256).hexdigest()


def test_two_lists_of_parts_never_share_a_signature() -> None:
    signatures = {signing.sign("key", *parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("ab", "c", ""))}
    assert len(signatures) == 4


def test_a_signature_holds_for_its_key_and_parts_only() -> None:
    signature = signing.sign("key", "a", "b")
    assert signing.matches(signature, "key", "a", "b")
    assert not signing.matches(signature, "other", "a", "b")
    assert not signing.matches(signature, "key", "b", "a")
    assert not signing.matches("", "key", "a", "b")
