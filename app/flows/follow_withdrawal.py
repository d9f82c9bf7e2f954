"""What follows from a withdrawal: the order is found, what was sent gets a return, what was not becomes a task."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..catalog.products import categories_of
from ..extensions import db
from ..jobs import enqueue, in_seconds
from ..lib import clock, signing
from ..lib.errors import UserError
from ..notices.write import write
from ..orders.models import CANCELLED, INCOMPLETE, Order, OrderLine
from ..orders.queries import find_order_by_bc_id, lock_order
from ..orders.wanted import want_order
from ..policies.decide import Considered, LineDecision, Outcome
from ..policies.versions import current_policy
from ..policies.window import Basis as WindowBasis
from ..policies.window import Window
from ..returns.actor import Actor
from ..returns.models import Return
from ..returns.queries import returns_of_order
from ..returns.returnable import comes_with_parent, returnable
from ..returns.service import WantedLine, note, open_return
from ..stores.models import Store
from ..stores.queries import get_store, settings_of
from ..stores.settings import StoreSettings
from ..stores.throttle import allow
from ..withdrawals.deadline import PERIOD_DAYS, Basis, Period
from ..withdrawals.exceptions import Ground, ground_of
from ..withdrawals.models import Task, Withdrawal
from ..withdrawals.queries import get_withdrawal, period_of_order, unshipped_units
from ..withdrawals.sentences import DECISIONS, PROOF_NOTED, REASON
from .announce import announce
from .commit import one_commit
from .order_facts import learn
from .prove_guest import parse_number

LOOK_AGAIN_S = (60, 600, 3600)
"""An order that we do not know yet may be on its way to us."""
STAFF_MAILS = 20
"""An hour; all are in the panel."""
_BASIS = {
    Basis.DELIVERED: WindowBasis.DELIVERED,
    Basis.LAST_SHIPMENT: WindowBasis.LAST_SHIPMENT,
    Basis.SHIPPED: WindowBasis.SHIPPED,
}


def follow(store_id: int, withdrawal_id: int) -> None:
    """Job `withdrawal.follow`: find the order by number and mail and do what the statement asks. Runs twice safely."""
    withdrawal = get_withdrawal(withdrawal_id)
    order = withdrawal.order or _find_order(withdrawal)
    if order is None:
        with one_commit():
            _look_later(get_withdrawal(withdrawal_id, lock=True))
        return
    _take_up(withdrawal_id, order)


def _find_order(withdrawal: Withdrawal) -> Order | None:
    """The order of that number, if the mail is its own too."""
    number = parse_number(withdrawal.order_reference)
    order = find_order_by_bc_id(number) if number is not None else None
    if order is None or order.is_deleted or order.bc_status_id == INCOMPLETE:
        return None
    known = order.shopper_email.strip().casefold()
    return order if known and signing.same(known, withdrawal.email.casefold()) else None


def _look_later(withdrawal: Withdrawal) -> None:
    """Nothing known: ask the store for that number, and a person if it knows none either."""
    withdrawal.looks += 1
    number = parse_number(withdrawal.order_reference)
    if number is not None and withdrawal.looks <= len(LOOK_AGAIN_S) and find_order_by_bc_id(number) is None:
        want_order(number)
        at = in_seconds(LOOK_AGAIN_S[withdrawal.looks - 1])
        enqueue("withdrawal.follow", at=at, store_id=withdrawal.store_id, withdrawal_id=withdrawal.id)
    if withdrawal.task != Task.MATCH:
        _give_task(withdrawal, Task.MATCH)
        _tell_staff(withdrawal)


def match(withdrawal_id: int, bc_order_id: int, actor: Actor) -> Withdrawal:
    """Staff says which order is meant; what follows is the same. Commits.

    Raises NotFound, UserError("no_such_order").
    """
    get_withdrawal(withdrawal_id)
    order = find_order_by_bc_id(bc_order_id)
    if order is None or order.is_deleted:
        raise UserError("no_such_order")
    return _take_up(withdrawal_id, order)


def look_again(withdrawal_id: int) -> Withdrawal:
    """Do again what the statement asks, because the order has changed: what was shipped since gets its return. Commits.

    Raises NotFound.
    """
    withdrawal = get_withdrawal(withdrawal_id)
    order = withdrawal.order or _find_order(withdrawal)
    if order is None:
        return withdrawal
    return _take_up(withdrawal_id, order)


def _take_up(withdrawal_id: int, order: Order) -> Withdrawal:
    store = get_store()
    learn(store, order)
    # What was learnt stays learnt; and nobody waits for a lock while a store is slow.
    db.session.commit()
    with one_commit():
        order = lock_order(order.id)
        withdrawal = get_withdrawal(withdrawal_id, lock=True)
        is_first = withdrawal.order_id is None
        _learn_about(withdrawal, order, settings_of(store), store)
        wanted = _wanted(order, withdrawal)
        rma = _open(store, withdrawal, order, wanted, Actor("shopper", name=withdrawal.name)) if wanted else None
        if _is_cancelled_now(withdrawal, rma):
            _close_task(withdrawal, "the store")
        else:
            _give_task(withdrawal, _task_of(withdrawal, order, rma))
        if is_first or rma is not None:
            _tell_staff(withdrawal)
    return withdrawal


def _learn_about(withdrawal: Withdrawal, order: Order, settings: StoreSettings, store: Store) -> None:
    period = _period(order, settings, store)
    withdrawal.order_id = order.id
    withdrawal.period = period.to_json()
    withdrawal.last_day = period.last_day
    withdrawal.is_late = not period.allows(withdrawal.stated_at)
    withdrawal.unshipped = 0 if order.bc_status_id == CANCELLED else unshipped_units(order)
    grounds = _grounds(order, settings)
    withdrawal.exceptions = [
        {"name": line.name, "code": ground.code} for line in order.lines if (ground := grounds.get(line.id)) is not None
    ]


def _period(order: Order, settings: StoreSettings, store: Store) -> Period:
    return period_of_order(
        order, timezone=store.timezone, informed=settings.withdrawal_informed, grace_days=settings.grace_days
    )


def _grounds(order: Order, settings: StoreSettings) -> dict[int, Ground]:
    """What Article 16 may except, by order line."""
    by_category = {one.bc_category_id: one.code for one in settings.withdrawal_exceptions}
    found = {line.id: ground_of(line.kind, categories_of(line.bc_product_id), by_category) for line in order.lines}
    return {line_id: ground for line_id, ground in found.items() if ground is not None}


def _wanted(order: Order, withdrawal: Withdrawal) -> list[WantedLine]:
    """Everything that is left of the order; nothing while a person has to choose."""
    if withdrawal.items:
        return []
    left = returnable(order)
    return [WantedLine(line.id, left[line.id], REASON) for line in order.lines if left[line.id]]


def _is_cancelled_now(withdrawal: Withdrawal, rma: Return | None) -> bool:
    """Whether staff has done in the store what we asked for: nothing of it waits to be sent any more."""
    return withdrawal.task == Task.CANCEL and not withdrawal.unshipped and rma is None


def _task_of(withdrawal: Withdrawal, order: Order, rma: Return | None) -> Task:
    if withdrawal.items and withdrawal.return_id is None:
        return Task.CHOOSE
    if withdrawal.unshipped:
        return Task.CANCEL
    if rma is not None or (withdrawal.return_id is not None and withdrawal.task != Task.LOOK):
        return Task.NONE
    live = returns_of_order(order.id)
    withdrawal.return_id = live[0].id if live else None
    return Task.LOOK


def _give_task(withdrawal: Withdrawal, task: Task) -> None:
    if withdrawal.task != task:
        withdrawal.task = task
        withdrawal.task_done_at, withdrawal.task_done_by = None, ""


def _close_task(withdrawal: Withdrawal, by: str) -> None:
    if withdrawal.needs_person:
        withdrawal.task_done_at, withdrawal.task_done_by = clock.now(), by


def open_for_items(withdrawal_id: int, quantities: Mapping[int, int], actor: Actor) -> Return:
    """Open the return for the items the shopper names, as staff reads their words. Commits.

    `quantities`: units by order line. Raises NotFound, UserError("nothing_chosen", "no_such_order") and those of
    `open_return`.
    """
    store = get_store()
    with one_commit():
        order_id = get_withdrawal(withdrawal_id).order_id
        if order_id is None:
            raise UserError("no_such_order")
        order = lock_order(order_id)
        withdrawal = get_withdrawal(withdrawal_id, lock=True)
        wanted = [WantedLine(line_id, units, REASON) for line_id, units in quantities.items() if units]
        if not wanted:
            raise UserError("nothing_chosen")
        rma = _open(store, withdrawal, order, wanted, actor)
        _give_task(withdrawal, Task.CANCEL if withdrawal.unshipped else Task.NONE)
    return rma


def _open(store: Store, withdrawal: Withdrawal, order: Order, wanted: Sequence[WantedLine], actor: Actor) -> Return:
    """A return of `wanted`, authorized whatever the policy says; what is late, excepted or asked again is looked at."""
    settings = settings_of(store)
    version, _ = current_policy(store)
    count = sum(rma.origin == "withdrawal" for rma in returns_of_order(order.id))
    period, grounds = _period(order, settings, store), _grounds(order, settings)
    is_again = withdrawal.return_id is not None and actor.kind == "shopper"
    decisions = [
        _decision(want, period, _rule(withdrawal, grounds.get(want.order_line_id), is_again=is_again), store)
        for want in wanted
    ]
    rma = open_return(
        order,
        wanted,
        origin="withdrawal",
        form_key=f"{withdrawal.number}-{withdrawal.id}-{count}",
        decisions=decisions,
        policy_version=version,
        instructions=settings.instructions,
        actor=actor,
    )
    withdrawal.return_id = rma.id
    # The receipt has told the shopper already that the statement is here, and staff gets a letter of its own.
    announce(rma, events=[event for event in rma.events if event.kind != "open"])
    return rma


def _rule(withdrawal: Withdrawal, ground: Ground | None, *, is_again: bool) -> str:
    if withdrawal.is_late:
        return "late"
    if ground is not None:
        return "excepted"
    return "again" if is_again else "in_time"


def _decision(want: WantedLine, period: Period, rule: str, store: Store) -> LineDecision:
    """The right of withdrawal stands above the shop's policy; where it is in doubt a person decides."""
    today = clock.today(store.timezone)
    window = Window(
        first_day=period.first_day or today,
        last_day=period.last_day or today + timedelta(days=PERIOD_DAYS),
        basis=_BASIS.get(period.basis, WindowBasis.ORDERED),
        grace_days=period.grace_days,
        fallbacks=(*period.fallbacks, *(("not_all_shipped",) if period.basis == Basis.NOT_BEGUN else ())),
    )
    compared = (("today", str(today)), ("last_day", str(period.last_day or "not begun")))
    return LineDecision(
        order_line_id=want.order_line_id,
        outcome=Outcome.AUTHORIZE if rule == "in_time" else Outcome.REVIEW,
        rule=f"withdrawal_{rule}",
        considered=(Considered(f"withdrawal_{rule}", True, compared),),
        window=window,
        sentence=DECISIONS[rule],
    )


def finish_task(withdrawal_id: int, actor: Actor) -> Withdrawal:
    """Staff has done what there was to do. Commits. Raises NotFound."""
    with one_commit():
        withdrawal = get_withdrawal(withdrawal_id, lock=True)
        _close_task(withdrawal, actor.name)
    return withdrawal


def take_proof(withdrawal_id: int, actor: Actor) -> Withdrawal:
    """The shopper has shown that the goods are sent: the money can no longer be withheld. Commits. Raises NotFound."""
    with one_commit():
        withdrawal = get_withdrawal(withdrawal_id, lock=True)
        if withdrawal.proof_at is None:
            withdrawal.proof_at = clock.now()
            if withdrawal.rma is not None:
                note(withdrawal.rma, PROOF_NOTED, actor=actor)
    return withdrawal


def _tell_staff(withdrawal: Withdrawal) -> None:
    """Each state of it once, and not more than so many an hour."""
    store = get_store()
    settings = settings_of(store)
    mail = settings.staff_mail or store.owner_email
    if not mail or not settings.sends("staff_new_request") or not allow("withdrawal:staff", STAFF_MAILS, 3600):
        return
    write(
        "staff_withdrawal",
        cause=f"withdrawal:{withdrawal.id}:staff:{withdrawal.task}:{withdrawal.return_id or 0}",
        to_email=mail,
        return_id=withdrawal.return_id,
        facts={
            "receipt": withdrawal.number,
            "reference": withdrawal.order_reference,
            "task": str(withdrawal.task),
            "is_late": withdrawal.is_late,
            "is_matched": withdrawal.order_id is not None,
        },
    )


def lines_to_choose(withdrawal: Withdrawal) -> list[tuple[OrderLine, int]]:
    """The order's lines a return can be opened for, with the units left."""
    if withdrawal.order is None:
        return []
    left = returnable(withdrawal.order)
    return [(line, left[line.id]) for line in withdrawal.order.lines if left[line.id] and not comes_with_parent(line)]
