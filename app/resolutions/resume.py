"""Going on after everything stood still: the store came back, or jobs were lost."""

from collections.abc import Sequence

from sqlalchemy import select, text

from ..extensions import current_store_id, db
from ..lib import clock
from ..returns.states import MoneyState
from .later import confirm_later, look_now, send_soon
from .models import Refund
from .outcome import CONFIRM_FOR

_AT_WORK = text(
    "SELECT DISTINCT (args->>'refund_id')::bigint FROM procrastinate_jobs"
    " WHERE status IN ('todo', 'doing') AND task_name IN ('refund.send', 'refund.look', 'refund.confirm')"
    " AND (args->>'store_id')::bigint = :store_id"
)


def resume() -> int:
    """Enqueue what each unfinished intent of the entered store waits for, unless a job for it does; gives how many.

    Promised, or left in the middle of sending: sent, which looks first. Unknown: looked up, unless a person is asked.
    Taken by the store and not confirmed: asked after. Nothing moves here, so it may be called as often as one likes.
    """
    at_work = set(db.session.scalars(_AT_WORK, {"store_id": current_store_id()}))
    idle = [refund for refund in _unfinished() if refund.id not in at_work]
    for refund in idle:
        if refund.state == MoneyState.UNKNOWN:
            look_now(refund)
        elif refund.state == MoneyState.SETTLED:
            confirm_later(refund)
        else:
            send_soon(refund)
    return len(idle)


def _unfinished() -> Sequence[Refund]:
    open_states = (MoneyState.PROMISED, MoneyState.SENDING, MoneyState.UNKNOWN)
    to_confirm = (
        (Refund.state == MoneyState.SETTLED)
        & Refund.confirmed_at.is_(None)
        & Refund.bc_refund_id.is_not(None)
        & (Refund.settled_at > clock.now() - CONFIRM_FOR)
    )
    query = select(Refund).where(
        Refund.quote_id.is_not(None), Refund.needs_person.is_(False), Refund.state.in_(open_states) | to_confirm
    )
    return db.session.scalars(query.order_by(Refund.id)).all()
