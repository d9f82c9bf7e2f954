"""Money: an exact amount and its currency. Never a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217 minor units other than 2 (the list of ISO 4217 table A.1; everything else has 2).
_MINOR_UNITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_units(currency: str) -> int:
    """Decimals of `currency` (ISO 4217 code): 2 unless the standard says otherwise."""
    return _MINOR_UNITS.get(currency, 2)


def exact(amount: Decimal | int | str, currency: str) -> Decimal:
    """`amount` rounded half-up to the currency's minor unit."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP)


@dataclass(frozen=True, order=False)
class Money:
    """An exact amount (Decimal, quantised to the minor unit) in one ISO 4217 currency.

    Arithmetic across currencies raises ValueError.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, float):
            raise TypeError("money never starts as a float")
        object.__setattr__(self, "amount", exact(self.amount, self.currency))

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(Decimal(0), currency)

    @property
    def minor_unit(self) -> "Money":
        """The smallest amount of this currency."""
        return Money(Decimal(1).scaleb(-minor_units(self.currency)), self.currency)

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def total(amounts: Sequence[Money], currency: str) -> Money:
    """The sum of `amounts`, zero in `currency` when there are none."""
    return sum(amounts, Money.zero(currency))


def spread(whole: Money, parts: int) -> list[Money]:
    """Split `whole` over `parts` equal units so that they sum to it exactly: largest remainder, dearer units first.

    Raises ValueError for fewer than one part.
    """
    if parts < 1:
        raise ValueError("parts must be at least 1")
    step = whole.minor_unit.amount
    units = int(whole.amount / step)
    base, extra = divmod(abs(units), parts)
    sign = 1 if units >= 0 else -1
    return [Money(sign * (base + (1 if i < extra else 0)) * step, whole.currency) for i in range(parts)]
