"""Names for things people and other systems will read."""

import hashlib
import secrets

# No vowels, no 0/O, 1/I/L: cannot be misread on a parcel and spells nothing.
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"


def rma_number() -> str:
    """A new return number such as "RMA-7KQ2MX". Unique only with the database's help."""
    return "RMA-" + "".join(secrets.choice(_ALPHABET) for _ in range(6))


def receipt_number() -> str:
    """A new number of a withdrawal's receipt such as "WD-7KQ2MXB4": 282 thousand million of them."""
    return "WD-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def token() -> str:
    """An unguessable URL-safe token of 256 bits."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """What we store of a secret that somebody else keeps: SHA-256, hex."""
    return hashlib.sha256(value.encode()).hexdigest()


def six_digits() -> str:
    """A code to type from a mail: six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"
