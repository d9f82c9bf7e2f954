"""Finding orders of the entered store. What is another store's is not found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from ..extensions import db
from ..lib.errors import NotFound
from .models import Order
from .shipments import last_shipped_at

_BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all. The first page is 1."""

    items: Sequence[Order]
    total: int
    number: int
    per_page: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.per_page))


def get_order(order_id: int) -> Order:
    """Our order of that id. Raises NotFound."""
    return _or_not_found(_find(Order.id, order_id))


def get_order_by_bc_id(bc_order_id: int) -> Order:
    """The order of BigCommerce's number. Raises NotFound."""
    return _or_not_found(find_order_by_bc_id(bc_order_id))


def find_order_by_bc_id(bc_order_id: int) -> Order | None:
    return _find(Order.bc_order_id, bc_order_id)


def lock_order(order_id: int) -> Order:
    """The order as it is now, and nobody else's until this transaction ends.

    The promise: who adds, decides or promises anything on an order holds this lock from look to write, so that two
    people cannot both take the last unit or the last dollar. A commit gives it away. It is no lock against the
    store's own changes: those are seen by `version`. Lock one order at a time. Raises NotFound.
    """
    found = db.session.scalar(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    order = _or_not_found(found)
    db.session.expire(order, ["lines", "shipments", "store_refunds"])
    return order


def list_orders(*, page: int = 1, q: str = "", per_page: int = 25) -> Page:
    """Orders newest first. `q`: the beginning of a number, a name or a mail, of each word of it."""
    wanted = [Order.is_deleted.is_(False), *_search(q)]
    total = db.session.scalar(select(func.count()).select_from(Order).where(*wanted)) or 0
    query = (
        select(Order)
        .where(*wanted)
        .order_by(Order.ordered_at.desc(), Order.id.desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
        .options(selectinload(Order.lines))
    )
    return Page(db.session.scalars(query).all(), total, page, per_page)


def orders_of_customer(bc_customer_id: int) -> list[Order]:
    """What a signed-in shopper ordered, newest first; nobody's for a guest (0), whose orders are not one person's."""
    if bc_customer_id <= 0:
        return []
    query = (
        select(Order)
        .where(Order.bc_customer_id == bc_customer_id, Order.is_deleted.is_(False))
        .order_by(Order.ordered_at.desc(), Order.id.desc())
        .options(selectinload(Order.lines))
    )
    return list(db.session.scalars(query))


def best_known_shipped_at(order: Order) -> datetime | None:
    """When the last of it left: by its parcels, else by the order, which only knows once everything is shipped."""
    return last_shipped_at(order.id) or order.shipped_at


def ids_by_bc_id(bc_order_ids: Iterable[int]) -> dict[int, int]:
    """Our ids of those orders that we have, by BigCommerce's."""
    query = select(Order.bc_order_id, Order.id).where(Order.bc_order_id.in_(list(bc_order_ids)))
    return {row.bc_order_id: row.id for row in db.session.execute(query)}


def _find(column: InstrumentedAttribute[int], value: int) -> Order | None:
    return db.session.scalar(select(Order).where(column == value)) if 0 < value <= _BIGGEST_ID else None


def _or_not_found(order: Order | None) -> Order:
    if order is None:
        raise NotFound()
    return order


def _search(q: str) -> list[ColumnElement[bool]]:
    """Every word typed must begin a word of the order: its number, the shopper's name or mail."""
    words = [word for word in q.replace("#", " ").split() if word][:8]
    return [_word(word) for word in words]


def _word(word: str) -> ColumnElement[bool]:
    quoted = "'" + word.replace("\\", "\\\\").replace("'", "''") + "':*"
    found: ColumnElement[bool] = Order.search.op("@@")(func.to_tsquery("simple", quoted))
    # A mail is one word to the search; whoever types its middle still means it.
    mail = Order.shopper_email.icontains(word, autoescape=True)
    return or_(found, mail) if "@" in word else found
