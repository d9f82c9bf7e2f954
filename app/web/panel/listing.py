"""A page of a longer list: which rows of how many, and how many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from werkzeug.datastructures import MultiDict

T = TypeVar("T")
SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Listing(Generic[T]):
    """What a table shows. `page` counts from 1."""

    rows: Sequence[T]
    total: int
    page: int
    per_page: int
    sizes: tuple[int, ...] = SIZES

    @property
    def first(self) -> int:
        return (self.page - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else min(self.total, (self.page - 1) * self.per_page)


@dataclass(frozen=True)
class Asked:
    """What the address asks of a list: page, page size, search words. Nonsense reads as the default."""

    page: int
    per_page: int
    q: str

    @classmethod
    def parse(cls, args: MultiDict[str, str]) -> "Asked":
        page = args.get("page", 1, type=int)
        per_page = args.get("per_page", SIZES[0], type=int)
        return cls(
            page=min(max(page, 1), 100_000),
            per_page=per_page if per_page in SIZES else SIZES[0],
            q=args.get("q", "").replace("\x00", "").strip()[:200],
        )
