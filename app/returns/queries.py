"""Finding returns of the entered store. What is another store's is not found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from ..extensions import db
from ..lib.errors import NotFound
from ..orders.models import Order
from ..orders.queries import lock_order
from .history import words
from .models import Return, ReturnLine
from .states import Word

_BIGGEST_ID = 2**63 - 1

SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "newest": (Return.id.desc(),),
    "oldest": (Return.id.asc(),),
    "updated": (Return.updated_at.desc(), Return.id.desc()),
    "number": (Return.number.asc(),),
    "shopper": (func.lower(Order.shopper_name).asc(), Return.id.desc()),
}


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all. The first page is 1."""

    items: Sequence[Return]
    total: int
    number: int
    per_page: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))


def get_return(return_id: int) -> Return:
    """The return with its order, lines and history. Raises NotFound."""
    found = db.session.scalar(_whole().where(Return.id == return_id)) if 0 < return_id <= _BIGGEST_ID else None
    if found is None:
        raise NotFound()
    return found


def get_return_by_number(number: str) -> Return:
    """The return people call `number`, however they typed its letters. Raises NotFound."""
    number = number.replace("\x00", "").strip().upper()
    found = db.session.scalar(_whole().where(Return.number == number))
    if found is None:
        raise NotFound()
    return found


def lock_return(return_id: int) -> Return:
    """The return as it is now, its order locked until the transaction ends: nobody decides beside us.

    Raises NotFound.
    """
    lock_order(get_return(return_id).order_id)
    query = _whole().where(Return.id == return_id).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def find_by_form_key(form_key: str) -> Return | None:
    """The return that was filed by the form with this key."""
    return db.session.scalar(select(Return).where(Return.form_key == form_key))


def returns_of_order(order_id: int) -> Sequence[Return]:
    """Every return of one order, oldest first."""
    return db.session.scalars(_whole().where(Return.order_id == order_id).order_by(Return.id)).all()


def counts(q: str = "") -> dict[Word, int]:
    """How many returns each word has, zeros included; only those that `q` finds."""
    rows = db.session.execute(select(Return.word, func.count()).where(*_found_by(q)).group_by(Return.word))
    found = {word: number for word, number in rows}  # noqa: C416  dict() would lose the types
    return {word: found.get(word, 0) for word in Word}


def list_returns(
    word: Word | None = None, q: str = "", sort: str = "newest", page: int = 1, per_page: int = 25
) -> Page:
    """Returns with their orders and lines: of one word or of all, that `q` finds.

    `q`: beginnings of words of the return number, order number, shopper's name or mail, or an item's name.
    `sort`: a key of SORTS; an unknown one is the newest first. `page` counts from 1, past the end is the last.
    """
    conditions = [*_found_by(q), *([Return.word == word] if word is not None else [])]
    total = db.session.scalar(select(func.count()).select_from(Return).where(*conditions)) or 0
    page = min(max(1, page), max(1, -(-total // per_page)))
    rows = db.session.scalars(
        select(Return)
        .join(Return.order)
        .where(*conditions)
        .options(contains_eager(Return.order), _lines())
        .order_by(*SORTS.get(sort, SORTS["newest"]))
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    return Page(rows, total, page, per_page)


def _whole() -> Select[Any]:
    return select(Return).options(joinedload(Return.order), _lines(), selectinload(Return.events))


def _lines() -> ORMOption:
    return selectinload(Return.lines).joinedload(ReturnLine.order_line)


def _found_by(q: str) -> list[ColumnElement[bool]]:
    # PostgreSQL refuses a word of 2 KB; nobody types one, and the beginning finds as well.
    terms = [term[:60] for term in words(q)[:12]]
    if not terms:
        return []
    # The words are letters and digits only, so they can be quoted as they are.
    query = " & ".join(f"'{term}':*" for term in terms)
    return [Return.search.op("@@", return_type=Boolean())(cast(query, TSQUERY))]
