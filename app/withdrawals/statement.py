"""The statement as it was made, word for word, and what shows later that it is unchanged. Pure.

A receipt is the text, its SHA-256 (anybody can check it) and a seal only we can make (HMAC over the digest), so that a
text with a digest of its own making is not taken for ours.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ..lib import signing

HEADLINE = "Withdrawal statement"
WHOLE = "I withdraw from my contract for this order."
PART = "I withdraw from my contract for the items named above."
_PURPOSE = "withdrawal receipt"
_DIGEST = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_NUMBER = re.compile(r"\bWD-[0-9A-Z]{8}\b")


@dataclass(frozen=True)
class Statement:
    """What the shopper said, each value one line. `items`: which of the order, in their words; empty: all of it."""

    name: str
    order_reference: str
    email: str
    items: str = ""


@dataclass(frozen=True)
class Receipt:
    """What we answer a statement with."""

    number: str
    text: str
    digest: str
    seal: str


def one_line(text: str) -> str:
    """`text` on one line, without what cannot be seen: a line break must not add a line to the statement."""
    shown = "".join(" " if char.isspace() else char for char in text if char.isprintable() or char.isspace())
    return " ".join(shown.split())


def write_receipt(
    statement: Statement, *, number: str, stated_at: datetime, store_name: str, store_hash: str, timezone: str, key: str
) -> Receipt:
    """The receipt of `statement`, sealed with `key`. Its text names the moment to the second, in UTC and locally."""
    lines = [
        HEADLINE,
        f"Receipt: {number}",
        f"Store: {one_line(store_name)} ({store_hash})",
        f"Received: {stated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} ({_local(stated_at, timezone)})",
        f"Name: {statement.name}",
        f"E-mail: {statement.email}",
        f"Order: {statement.order_reference}",
        f"Items: {statement.items or 'all items of the order'}",
        f"Statement: {PART if statement.items else WHOLE}",
    ]
    text = normal("\n".join(lines))
    digest = digest_of(text)
    return Receipt(number, text, digest, seal_of(digest, store_hash, key))


def _local(moment: datetime, timezone: str) -> str:
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        timezone, zone = "UTC", ZoneInfo("UTC")
    there = moment.astimezone(zone)
    return f"{there.day} {there:%B %Y, %H:%M:%S} {timezone}"


def normal(text: str) -> str:
    """`text` as it is digested: no blank lines, single blanks, LF; what mail programs do to blanks does not count."""
    lines = (one_line(line.lstrip("> ")) for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def digest_of(text: str) -> str:
    return hashlib.sha256(normal(text).encode()).hexdigest()


def seal_of(digest: str, store_hash: str, key: str) -> str:
    return signing.sign(key, _PURPOSE, store_hash, digest)


def is_sealed(digest: str, seal: str, store_hash: str, keys: Sequence[str]) -> bool:
    """Whether one of our keys made this seal, for that store."""
    return any(signing.matches(seal, key, _PURPOSE, store_hash, digest) for key in keys)


@dataclass(frozen=True)
class Pasted:
    """What is found in something pasted: the statement's text, long hexadecimal numbers, receipt numbers."""

    text: str
    hexes: tuple[str, ...]
    numbers: tuple[str, ...]


def find_in(pasted: str) -> Pasted:
    """Find a receipt in what somebody pasted: a whole mail, the statement alone, or only its number or digest."""
    lines = normal(pasted).split("\n")
    starts = [index for index, line in enumerate(lines) if line == HEADLINE]
    begin = starts[-1] if starts else len(lines)
    ends = [index for index, line in enumerate(lines[begin:], begin) if line.startswith("Statement: ")]
    text = "\n".join(lines[begin : ends[0] + 1]) if ends else ""
    hexes = tuple(dict.fromkeys(found.lower() for found in _DIGEST.findall(pasted)))
    numbers = tuple(dict.fromkeys(_NUMBER.findall(pasted.upper())))
    return Pasted(text, hexes, numbers)
