"""Whether a receipt that somebody shows is ours, and unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .models import Withdrawal
from .queries import find_by_digest, find_by_number
from .statement import digest_of, find_in, is_sealed


class Verdict(StrEnum):
    GENUINE = "genuine"
    """Word for word what we have, and sealed by us."""
    CHANGED = "changed"
    """We have a receipt of that number; its text is another."""
    NUMBER_KNOWN = "number_known"
    """Only a number was shown: we have a receipt of that number."""
    SEALED = "sealed"
    """Sealed by us, but we keep no such statement any more."""
    BROKEN = "broken"
    """Our own record no longer fits its seal."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    withdrawal: Withdrawal | None = None


def verify(pasted: str, store_hash: str, keys: Sequence[str]) -> Finding:
    """What is to be said of a receipt as it was pasted: a whole mail, the statement, its digest, or its number.

    `store_hash`: of the store entered. `keys`: every key our seals may be made with, the current one first.
    """
    found = find_in(pasted)
    digests = [digest_of(found.text)] if found.text else list(found.hexes)
    for digest in digests:
        if (ours := find_by_digest(digest)) is not None:
            return Finding(Verdict.GENUINE if _holds(ours, store_hash, keys) else Verdict.BROKEN, ours)
    named = next((ours for number in found.numbers if (ours := find_by_number(number)) is not None), None)
    if named is not None:
        return Finding(Verdict.CHANGED if digests else Verdict.NUMBER_KNOWN, named)
    if any(is_sealed(digest, seal, store_hash, keys) for digest in digests for seal in found.hexes):
        return Finding(Verdict.SEALED)
    return Finding(Verdict.UNKNOWN)


def _holds(ours: Withdrawal, store_hash: str, keys: Sequence[str]) -> bool:
    return digest_of(ours.statement) == ours.digest and is_sealed(ours.digest, ours.seal, store_hash, keys)
