"""What rules may ask about shoppers, as it was at the moment in question; a few statements to a batch."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, or_, select

from ..catalog.customers import ensure_customers
from ..catalog.models import Customer
from ..extensions import db
from ..orders.models import Order, OrderLine
from ..policies.people import everybody_listed, marks_of
from ..returns.models import Return, ReturnLine
from ..returns.states import Decision, Word
from .asker import Asker

PERIOD = timedelta(days=365)
HISTORY = frozenset({"shopper.returns_count", "shopper.return_rate"})
_NOT_COUNTED = (Decision.REJECTED, Decision.CANCELLED, Decision.EXPIRED)
Key = tuple[str, Any]
"""("customer", number), ("mail", address), or ("order", our id) of a guest without one."""


@dataclass(frozen=True)
class Shopper:
    """None always means: not known, or not asked by any rule."""

    group_id: int | None = None
    returns_count: int | None = None
    return_rate: Decimal | None = None
    lists: frozenset[str] = frozenset()


_NOBODY = Shopper()


class Shoppers:
    """The shoppers of one back-test, a batch at a time. `named`: the facts its policies name."""

    def __init__(self, named: frozenset[str], asker: Asker) -> None:
        self._asker = asker
        self._groups_named = "shopper.group" in named
        self._history_named = bool(named & HISTORY)
        self._listed = everybody_listed() if "shopper.list" in named else {}

    def of(self, asked: Sequence[tuple[Row[Any], datetime]]) -> list[Shopper]:
        """For each (order, moment it is asked for): its shopper then."""
        if not (self._groups_named or self._history_named or self._listed):
            return [_NOBODY] * len(asked)
        groups = self._groups({row.bc_customer_id for row, _ in asked}) if self._groups_named else {}
        past = _Past.of(asked) if self._history_named else None
        return [self._shopper(row, at, groups, past) for row, at in asked]

    def _shopper(self, row: Row[Any], at: datetime, groups: dict[int, int], past: "_Past | None") -> Shopper:
        return Shopper(
            group_id=groups.get(row.bc_customer_id),
            returns_count=past.returns(row, at) if past else None,
            return_rate=past.rate(row, at) if past else None,
            lists=self._lists(row) if self._listed else frozenset(),
        )

    def _groups(self, customers: set[int]) -> dict[int, int]:
        """0: in none, as a guest; those nobody knows are left out."""
        wanted = customers - {0}
        found = _groups_of(wanted)
        missing = wanted - found.keys()
        if missing and self._asker.ask(lambda client: ensure_customers(client, missing)):
            found |= _groups_of(missing)
        return {**found, 0: 0}

    def _lists(self, row: Row[Any]) -> frozenset[str]:
        addresses = (row.shipping_address or {}, row.billing_address or {})
        marks = marks_of(row.shopper_email, row.shopper_phone, addresses)
        return frozenset().union(*(self._listed.get(mark, frozenset()) for mark in marks))


def _groups_of(customers: set[int]) -> dict[int, int]:
    query = select(Customer.bc_customer_id, Customer.bc_group_id).where(Customer.bc_customer_id.in_(customers))
    return {row.bc_customer_id: row.bc_group_id for row in db.session.execute(query)}


def _key(row: Row[Any]) -> Key:
    """Who it was: a customer by their number, a guest by their mail."""
    if row.bc_customer_id:
        return "customer", row.bc_customer_id
    mail = row.shopper_email.strip().lower()
    return ("mail", mail) if mail else ("order", row.id)


@dataclass
class _Track:
    """What one shopper did, each by its moment."""

    bought: list[tuple[datetime, int]] = field(default_factory=list)
    """(ordered at, units)"""
    filed: list[tuple[datetime, int]] = field(default_factory=list)
    """(created at, the return's id), neither rejected nor cancelled altogether"""
    returned: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    """(filed at, ordered at, units)"""


class _Past:
    """What the shoppers of a batch bought and sent back, up to the last moment asked about."""

    def __init__(self, tracks: dict[Key, _Track]) -> None:
        self._tracks = tracks
        for track in tracks.values():
            track.filed.sort()

    @classmethod
    def of(cls, asked: Sequence[tuple[Row[Any], datetime]]) -> "_Past":
        keys = {_key(row) for row, _ in asked}
        if not keys:
            return cls({})
        since = min(at for _, at in asked) - PERIOD
        tracks: dict[Key, _Track] = {key: _Track() for key in keys}
        for mine, ordered_at, units in _bought(keys, since):
            for track in _both(tracks, mine):
                track.bought.append((ordered_at, units))
        for mine, ordered_at, filed_at, return_id, word, units in _returned(keys, since):
            for track in _both(tracks, mine):
                if word not in (Word.CANCELLED, Word.REJECTED):
                    track.filed.append((filed_at, return_id))
                track.returned.append((filed_at, ordered_at, units))
        return cls(tracks)

    def returns(self, row: Row[Any], at: datetime) -> int:
        """Filed within the period before `at`; what is filed at that very moment is not before it."""
        filed = self._tracks[_key(row)].filed
        return bisect_left(filed, (at, 0)) - bisect_left(filed, (at - PERIOD, 0))

    def rate(self, row: Row[Any], at: datetime) -> Decimal:
        """Of the units bought within the period before `at`, percent returned by then."""
        track, since = self._tracks[_key(row)], at - PERIOD
        bought = sum(units for ordered_at, units in track.bought if since <= ordered_at <= at)
        returned = sum(units for filed_at, ordered_at, units in track.returned if filed_at < at and ordered_at >= since)
        rate = Decimal(returned) * 100 / bought if bought else Decimal(0)
        return min(rate, Decimal(100)).quantize(Decimal("0.01"))


def _both(tracks: dict[Key, _Track], keys: Iterable[Key]) -> list[_Track]:
    return [tracks[key] for key in keys if key in tracks]


def _mine(row: Any) -> tuple[Key, ...]:
    """Whose an order is: the customer's, and that of whoever uses the same mail as a guest."""
    return ("customer", row.bc_customer_id), ("mail", row.mail), ("order", row.order_id)


def _bought(keys: set[Key], since: datetime) -> list[tuple[tuple[Key, ...], datetime, int]]:
    query = (
        select(*_WHO, func.sum(OrderLine.quantity).label("units"))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(_is_of(keys), Order.ordered_at >= since, OrderLine.bc_parent_line_id.is_(None))
        .group_by(Order.id)
    )
    return [(_mine(row), row.ordered_at, int(row.units)) for row in db.session.execute(query)]


def _returned(keys: set[Key], since: datetime) -> list[tuple[tuple[Key, ...], datetime, datetime, int, str, int]]:
    units = func.coalesce(func.sum(ReturnLine.quantity).filter(ReturnLine.decision.not_in(_NOT_COUNTED)), 0)
    query = (
        select(*_WHO, Return.created_at, Return.id.label("return_id"), Return.word, units.label("units"))
        .join(Return, Return.order_id == Order.id)
        .join(ReturnLine, ReturnLine.return_id == Return.id)
        .where(_is_of(keys), Return.created_at >= since)
        .group_by(Order.id, Return.id)
    )
    return [
        (_mine(row), row.ordered_at, row.created_at, row.return_id, row.word, int(row.units))
        for row in db.session.execute(query)
    ]


_WHO = (
    Order.id.label("order_id"), Order.bc_customer_id, func.lower(Order.shopper_email).label("mail"), Order.ordered_at,
)  # fmt: skip


def _is_of(keys: set[Key]) -> Any:
    by = {kind: [value for one, value in keys if one == kind] for kind in ("customer", "mail", "order")}
    return or_(
        Order.bc_customer_id.in_(by["customer"]),
        func.lower(Order.shopper_email).in_(by["mail"]),
        Order.id.in_(by["order"]),
    )
