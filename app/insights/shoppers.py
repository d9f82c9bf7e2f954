"""What rules may ask about shoppers, as it was on the day in question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Shopper:
    """None always means: not known, or not asked by any rule."""

    group_id: int | None = None
    returns_count: int | None = None
    return_rate: Decimal | None = None
    lists: frozenset[str] = frozenset()


class Shoppers:
    """Looked up only as far as `named` facts need it."""

    def __init__(self, named: frozenset[str]) -> None:
        self._named = named

    def of(self, asked: Sequence[tuple[Row[Any], datetime]]) -> list[Shopper]:
        """For each (order, moment it is asked for): its shopper then."""
        return [Shopper()] * len(asked)
