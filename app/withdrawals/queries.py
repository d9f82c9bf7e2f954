"""Finding withdrawals of the entered store, and what their clock needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from ..extensions import db
from ..lib.errors import NotFound
from ..orders.models import Order
from ..orders.shipments import last_shipped_at
from ..returns.models import Return, ReturnLine
from ..returns.states import Custody, Decision
from .deadline import Period, PeriodFacts, period_of
from .models import Withdrawal
from .reimbursement import Clock, clock_of

_BIGGEST_ID = 2**63 - 1
_BACK = {Custody.RECEIVED, Custody.INSPECTED, Custody.KEPT}
_OPEN = (Withdrawal.task != "") & Withdrawal.task_done_at.is_(None)


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all. The first page is 1."""

    items: Sequence[Withdrawal]
    total: int
    number: int


def get_withdrawal(withdrawal_id: int, *, lock: bool = False) -> Withdrawal:
    """The withdrawal, freshly read; `lock`: nobody else's until the transaction ends. Raises NotFound."""
    if not 0 < withdrawal_id <= _BIGGEST_ID:
        raise NotFound()
    query = select(Withdrawal).where(Withdrawal.id == withdrawal_id).execution_options(populate_existing=True)
    found = db.session.scalar(query.with_for_update(of=Withdrawal) if lock else query)
    if found is None:
        raise NotFound()
    return found


def find_by_number(number: str) -> Withdrawal | None:
    return db.session.scalar(select(Withdrawal).where(Withdrawal.number == number))


def find_by_digest(digest: str) -> Withdrawal | None:
    return db.session.scalar(select(Withdrawal).where(Withdrawal.digest == digest))


def find_by_return(return_id: int) -> Withdrawal | None:
    """The withdrawal whose return it is."""
    return db.session.scalar(
        select(Withdrawal).where(Withdrawal.return_id == return_id).order_by(Withdrawal.id).limit(1)
    )


def waiting_for_receipt(email: str) -> Sequence[Withdrawal]:
    """Statements of this mail address whose receipt is still to be written, oldest first, locked."""
    query = select(Withdrawal).where(func.lower(Withdrawal.email) == email.lower(), Withdrawal.receipt_at.is_(None))
    return db.session.scalars(query.order_by(Withdrawal.id).with_for_update(of=Withdrawal)).all()


def list_withdrawals(*, open_only: bool = False, q: str = "", page: int = 1, per_page: int = 25) -> Page:
    """Withdrawals, newest first. `open_only`: those that need a person. `q`: part of number, order, mail or name."""
    wanted = ([_OPEN] if open_only else []) + [_found(word) for word in q.replace("#", " ").split()[:8]]
    total = db.session.scalar(select(func.count()).select_from(Withdrawal).where(*wanted)) or 0
    query = select(Withdrawal).where(*wanted).order_by(Withdrawal.stated_at.desc(), Withdrawal.id.desc())
    query = query.offset((page - 1) * per_page).limit(per_page)
    rma = selectinload(Withdrawal.rma)
    query = query.options(
        joinedload(Withdrawal.order), rma, rma.selectinload(Return.lines), rma.selectinload(Return.events)
    )
    return Page(db.session.scalars(query).all(), total, page)


def _found(word: str) -> ColumnElement[bool]:
    fields = (Withdrawal.number, Withdrawal.order_reference, Withdrawal.email, Withdrawal.name)
    return or_(*(field.icontains(word, autoescape=True) for field in fields))


def count_open() -> int:
    return db.session.scalar(select(func.count()).select_from(Withdrawal).where(_OPEN)) or 0


def period_of_order(order: Order, *, timezone: str, informed: bool, grace_days: int) -> Period:
    """The withdrawal period of an order, from what is known of it now."""
    physical = [line for line in order.lines if line.kind == "physical"]
    facts = PeriodFacts(
        timezone=timezone,
        ordered_at=order.ordered_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        last_shipment_at=last_shipped_at(order.id),
        is_digital=not physical,
        is_fully_shipped=not unshipped_units(order),
    )
    return period_of(facts, informed=informed, grace_days=grace_days)


def unshipped_units(order: Order) -> int:
    """Units that wait to be sent: neither shipped nor refunded."""
    waiting = (line.quantity - line.quantity_shipped - line.quantity_refunded for line in order.lines
               if line.kind == "physical")  # fmt: skip
    return sum(max(0, units) for units in waiting)


def clock_of_withdrawal(withdrawal: Withdrawal, timezone: str) -> Clock:
    """When the money is due, and whether it may still be withheld, as things stand."""
    rma = withdrawal.rma
    nothing_sent = rma is None and withdrawal.unshipped > 0
    return clock_of(
        withdrawal.stated_at,
        timezone,
        goods_at=goods_back_at(rma) if rma is not None else None,
        proof_at=withdrawal.proof_at,
        needs_goods=not nothing_sent,
    )


def goods_back_at(rma: Return) -> datetime | None:
    """When the last of what may come back was back; None while something is still out."""
    lines: list[ReturnLine] = [line for line in rma.lines if line.decision == Decision.AUTHORIZED]
    if not lines or any(line.custody not in _BACK for line in lines):
        return None
    return max((event.at for event in rma.events if event.kind in ("receive", "keep")), default=None)
