"""Gift certificates."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..wire import Row, amount, text

CODE_LENGTH = 20


@dataclass(frozen=True)
class GiftCertificate:
    """A gift certificate. Its `code` is money: keep it encrypted, never log it."""

    id: int
    code: str
    amount: Decimal
    balance: Decimal
    currency: str
    status: str
    to_email: str

    def __repr__(self) -> str:
        return f"GiftCertificate({self.id}, {self.amount} {self.currency}, {self.status!r})"

    @classmethod
    def from_wire(cls, row: Row) -> "GiftCertificate":
        return cls(
            id=int(row["id"]),
            code=text(row, "code"),
            amount=amount(row, "amount"),
            balance=amount(row, "balance"),
            currency=text(row, "currency_code"),
            status=text(row, "status"),
            to_email=text(row, "to_email"),
        )


@dataclass(frozen=True)
class GiftCertificateDraft:
    """A certificate to be. `code`: our own, at most 20 characters: the store would silently cut a longer one."""

    code: str
    amount: Decimal
    currency: str
    to_name: str
    to_email: str
    from_name: str
    from_email: str
    message: str = ""

    def to_wire(self) -> dict[str, Any]:
        if not 0 < len(self.code) <= CODE_LENGTH:
            raise ValueError("a code of 1 to 20 characters")
        return {
            "code": self.code,
            "amount": format(self.amount, "f"),
            "balance": format(self.amount, "f"),
            "currency_code": self.currency,
            "to_name": self.to_name,
            "to_email": self.to_email,
            "from_name": self.from_name,
            "from_email": self.from_email,
            "message": self.message[:250],
            "template": "general.html",
            "status": "active",
        }
