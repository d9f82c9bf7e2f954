"""HMAC over text, compared in constant time."""

import hashlib
import hmac


def sign(key: str, *parts: str) -> str:
    """HMAC-SHA256 (hex) over `parts`, length-prefixed so that no two lists of parts share a signature."""
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def matches(signature: str, key: str, *parts: str) -> bool:
    """Whether `signature` is ours over `parts`."""
    return same(signature, sign(key, *parts))


def same(left: str, right: str) -> bool:
    """Whether two secrets are equal, in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
