"""Opening a return and moving its lines. Every move is one conditional update and one line of history.

Nothing here commits: the flow does. Whoever moves a line has locked its order (`queries.lock_return`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from ..extensions import db
from ..lib import clock, ids
from ..lib.errors import Conflict, UserError
from ..lib.statemachine import Machine
from ..orders.models import Order
from ..orders.queries import lock_order
from ..policies.decide import LineDecision, Outcome
from . import returnable
from .actor import POLICY, Actor
from .guards import is_live, reasons_against
from .history import project, record
from .models import Return, ReturnLine
from .queries import find_by_form_key
from .splitting import holders, split
from .states import CUSTODY, DECISION, MONEY, Custody, Decision, MoneyState

MAX_TEXT = 2000


@dataclass(frozen=True)
class WantedLine:
    """What somebody asks to return: units of one order line, for one reason."""

    order_line_id: int
    quantity: int
    reason: str
    resolution: str = "refund"
    comment: str = ""


def clean(text: str) -> str:
    """`text` as it can be kept: PostgreSQL takes no NUL, and nobody means the blanks around it."""
    return text.replace("\x00", "").strip()


_EVENT_OF = {Outcome.AUTHORIZE: "authorize", Outcome.REVIEW: "review", Outcome.REFUSE: "reject"}


def open_return(
    order: Order,
    wanted: Sequence[WantedLine],
    *,
    origin: str,
    form_key: str,
    decisions: Sequence[LineDecision],
    policy_version: int,
    instructions: str,
    actor: Actor,
) -> Return:
    """File a return of `wanted`, each line decided as `decisions` says (in the same order).

    A refused line is kept as rejected with its explanation. The form with `form_key` sent twice gives the first
    return again. Raises UserError: nothing_chosen, bad_quantity, unknown_line, not_alone (a bundle's part),
    over_returnable (`left` units, `name`), text_too_long; Conflict("form_used") if the form was another order's.
    """
    order = lock_order(order.id)
    if (first := find_by_form_key(form_key)) is not None:
        return _same_form(first, order)
    _check_wanted(order, wanted)
    rma = _insert(order, origin, form_key, policy_version, instructions)
    for want, decision in zip(wanted, decisions, strict=True):
        _add_line(rma, want, decision)
    db.session.flush()
    record(rma, "open", actor=actor, data={"origin": origin, "policy_version": policy_version})
    for line, decision in zip(list(rma.lines), decisions, strict=True):
        why, data = decision.sentence, {"rule": decision.rule}
        _move(line, DECISION, _EVENT_OF[decision.outcome], line.quantity, actor=POLICY, why=why, data=data)
    project(rma)
    return rma


def _same_form(first: Return, order: Order) -> Return:
    if first.order_id != order.id:
        raise Conflict("form_used")
    return first


def _check_wanted(order: Order, wanted: Sequence[WantedLine]) -> None:
    if not wanted:
        raise UserError("nothing_chosen")
    lines = {line.id: line for line in order.lines}
    left = returnable.returnable(order)
    for want in wanted:
        line = lines.get(want.order_line_id)
        if line is None:
            raise UserError("unknown_line")
        if returnable.comes_with_parent(line):
            raise UserError("not_alone", name=line.name)
        if want.quantity < 1:
            raise UserError("bad_quantity", quantity=want.quantity, left=left[line.id])
        if len(want.comment) > MAX_TEXT:
            raise UserError("text_too_long", limit=MAX_TEXT)
        asked = sum(one.quantity for one in wanted if one.order_line_id == line.id)
        if asked > left[line.id]:
            raise UserError("over_returnable", name=line.name, left=left[line.id])


def _insert(order: Order, origin: str, form_key: str, policy_version: int, instructions: str) -> Return:
    now = clock.now()
    for _ in range(10):
        made = db.session.scalar(
            insert(Return)
            .values(
                store_id=order.store_id,
                number=ids.rma_number(),
                order_id=order.id,
                version=0,
                origin=origin,
                form_key=form_key,
                policy_version=policy_version,
                instructions=instructions,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(Return.id)
        )
        if made is not None:
            return db.session.get_one(Return, made)
        # Either the number is taken, then another one will do; or the form was sent for another order just now.
        if find_by_form_key(form_key) is not None:
            raise Conflict("form_used")
    raise RuntimeError("no free return number in ten tries")


def _add_line(rma: Return, want: WantedLine, decision: LineDecision) -> None:
    rma.lines.append(
        ReturnLine(
            store_id=rma.store_id,
            order_line_id=want.order_line_id,
            quantity=want.quantity,
            decision=Decision.REQUESTED,
            custody=Custody.WITH_SHOPPER,
            money=MoneyState.NONE,
            reason=want.reason,
            resolution=want.resolution,
            comment=clean(want.comment),
            explanation={**decision.to_json(), "policy_version": rma.policy_version},
        )
    )


def decide_line(line: ReturnLine, event: str, *, quantity: int, actor: Actor, why: str | None = None) -> ReturnLine:
    """Apply `event` of the decision axis to `quantity` units of the line; the rest splits off unchanged.

    A rejection, and authorizing what was rejected (an override), need their reason: UserError("needs_why").
    UserError("over_returnable") if the order has not that many units left; Conflict("stale_line", "not_allowed_now"
    or a guard's reason): of two people pressing at once, one wins.
    """
    why = clean(why or "")
    if len(why) > MAX_TEXT:
        raise UserError("text_too_long", limit=MAX_TEXT)
    overrides = event == "authorize" and line.decision == Decision.REJECTED
    if not why and (event == "reject" or overrides):
        raise UserError("needs_why")
    _check_move(line, DECISION, event)
    if event == "authorize":
        _check_room(line, quantity)
    data = {"override": True} if overrides else None
    line = _move(line, DECISION, event, quantity, actor=actor, why=why, data=data)
    project(line.rma)
    return line


def _check_room(line: ReturnLine, quantity: int) -> None:
    """Refuse to authorize units that the order no longer has: refunded by hand, or promised to another return."""
    lock_order(line.rma.order_id)
    order_line = line.order_line
    every = returnable.lines_of(order_line.id)
    beside = [one for one in every if one.id != line.id and is_live(one.state)]
    if line.decision != Decision.REJECTED:
        # These units are counted already as asked for; what else is only asked for may still be refused.
        beside = [one for one in beside if one.decision == Decision.AUTHORIZED]
    taken = sum(one.quantity for one in beside)
    outside = returnable.refunded_outside(order_line, every)
    left = max(0, returnable.handed_out(order_line) - outside - taken)
    if quantity > left:
        raise UserError("over_returnable", name=order_line.name, left=left)


def receive_line(line: ReturnLine, *, quantity: int, actor: Actor) -> ReturnLine:
    """Take `quantity` units in; the rest splits off, still on its way. Raises as `decide_line` does."""
    line = _move(line, CUSTODY, "receive", quantity, actor=actor)
    project(line.rma)
    return line


def cancel_line(line: ReturnLine, *, actor: Actor, why: str | None = None) -> ReturnLine:
    """Withdraw the whole line before it is handed over: its units can be returned again."""
    return decide_line(line, "cancel", quantity=line.quantity, actor=actor, why=why)


def move_money(
    line: ReturnLine,
    event: str,
    *,
    actor: Actor,
    quantity: int | None = None,
    why: str = "",
    data: Mapping[str, Any] | None = None,
) -> list[ReturnLine]:
    """Apply `event` of the money axis to `quantity` units (all by default); gives the lines that moved.

    Fewer units than the line has: the rest splits off. More: the line was split since they were promised, and its
    pieces move with it; so whoever settles a promise passes the promise's own quantity.
    """
    wanted = line.quantity if quantity is None else quantity
    parts = [(line, wanted)] if wanted <= line.quantity else [(one, one.quantity) for one in holders(line, wanted)]
    moved = [_move(piece, MONEY, event, units, actor=actor, why=why, data=dict(data or {})) for piece, units in parts]
    project(line.rma)
    return moved


def note(rma: Return, text: str, *, actor: Actor) -> None:
    """Write a note among staff into the timeline. Raises UserError: empty_note, text_too_long."""
    text = clean(text)
    if not text:
        raise UserError("empty_note")
    if len(text) > MAX_TEXT:
        raise UserError("text_too_long", limit=MAX_TEXT)
    record(rma, "note", actor=actor, why=text)
    db.session.flush()


def _check_move(line: ReturnLine, machine: Machine[Any], event: str) -> None:
    machine.target(event, getattr(line.state, machine.axis))
    if reasons := reasons_against(event, line.state):
        raise Conflict(reasons[0], axis=machine.axis, event=event)


def _move(
    line: ReturnLine,
    machine: Machine[Any],
    event: str,
    quantity: int,
    *,
    actor: Actor,
    why: str = "",
    data: dict[str, Any] | None = None,
) -> ReturnLine:
    axis = machine.axis
    _check_move(line, machine, event)
    line = split(line, quantity, actor=actor)
    before = getattr(line.state, axis)
    after = machine.target(event, before)
    claimed = db.session.execute(
        update(ReturnLine)
        .where(ReturnLine.id == line.id, ReturnLine.version == line.version, getattr(ReturnLine, axis) == before)
        .values({axis: after, "version": ReturnLine.version + 1})
        .returning(ReturnLine.id)
        .execution_options(synchronize_session=False)
    )
    if claimed.scalar() is None:
        raise Conflict("stale_line")
    db.session.refresh(line, [axis, "version"])
    record(line.rma, event, actor=actor, line=line, axis=axis, before=before, after=after, why=why, data=data)
    return line
