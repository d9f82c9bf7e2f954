"""Withdrawals as the panel shows them: values in words, ready for the template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ...orders.models import Order
from ...orders.queries import find_order_by_bc_id
from ...returns.models import Return
from ...returns.states import Decision, MoneyState
from ...stores.models import Store
from ...withdrawals.exceptions import BY_CODE
from ...withdrawals.models import Task, Withdrawal
from ...withdrawals.queries import clock_of_withdrawal, goods_back_at
from ...withdrawals.reimbursement import Clock
from ...withdrawals.sentences import BASIS, FALLBACKS, PAY_BEFORE, TASKS, VERDICTS
from ...withdrawals.verify import Finding
from ..filters import day


@dataclass(frozen=True)
class DueView:
    """The clock in words. `tone`: of a badge; empty: plain."""

    short: str
    tone: str
    text: str
    reimburse_by: date
    send_back_by: date | None
    """None: nothing was sent out."""
    goods: str


@dataclass(frozen=True)
class ExceptionView:
    name: str
    label: str
    letter: str
    question: str


@dataclass(frozen=True)
class WithdrawalView:
    """One withdrawal, in the list and on its page."""

    id: int
    number: str
    name: str
    email: str
    reference: str
    items: str
    stated_at: datetime
    repeats: int
    repeated_at: datetime | None
    receipt_at: datetime | None
    order: Order | None
    rma: Return | None
    status: str
    tone: str
    task: str
    task_title: str
    task_text: str
    needs_person: bool
    done_at: datetime | None
    done_by: str
    is_late: bool
    period: str
    due: DueView
    can_take_proof: bool
    statement: str
    digest: str
    seal: str
    exceptions: tuple[ExceptionView, ...]
    hint: str
    """What may help to find the order that is meant."""


def withdrawal_view(withdrawal: Withdrawal, store: Store, today: date) -> WithdrawalView:
    """Everything about one withdrawal."""
    clock = clock_of_withdrawal(withdrawal, store.timezone)
    title, text = TASKS.get(withdrawal.task, ("", ""))
    status, tone = _status(withdrawal, title)
    return WithdrawalView(
        id=withdrawal.id,
        number=withdrawal.number,
        name=withdrawal.name,
        email=withdrawal.email,
        reference=withdrawal.order_reference,
        items=withdrawal.items,
        stated_at=withdrawal.stated_at,
        repeats=withdrawal.repeats,
        repeated_at=withdrawal.repeated_at,
        receipt_at=withdrawal.receipt_at,
        order=withdrawal.order,
        rma=withdrawal.rma,
        status=status,
        tone=tone,
        task=withdrawal.task,
        task_title=title,
        task_text=text,
        needs_person=withdrawal.needs_person,
        done_at=withdrawal.task_done_at,
        done_by=withdrawal.task_done_by,
        is_late=withdrawal.is_late,
        period=_period(withdrawal),
        due=_due(withdrawal, clock, today),
        can_take_proof=clock.may_withhold and not _is_over(withdrawal),
        statement=withdrawal.statement,
        digest=withdrawal.digest,
        seal=withdrawal.seal,
        exceptions=tuple(_exception(one) for one in withdrawal.exceptions),
        hint=_hint(withdrawal),
    )


def _status(withdrawal: Withdrawal, task_title: str) -> tuple[str, str]:
    if withdrawal.needs_person:
        return task_title, "warning"
    if withdrawal.rma is not None and not _is_over(withdrawal):
        undecided = any(line.decision == Decision.IN_REVIEW for line in withdrawal.rma.lines)
        return ("Decide on the return", "warning") if undecided else ("In a return", "success")
    if withdrawal.rma is None and not withdrawal.task:
        return "Being looked up", "primary"
    return "Done", ""


def _is_over(withdrawal: Withdrawal) -> bool:
    """Whether nothing is owed any more, as far as we can tell."""
    if withdrawal.needs_person:
        return False
    rma = withdrawal.rma
    if rma is None:
        return bool(withdrawal.task)
    open_lines = [line for line in rma.lines if line.decision not in (Decision.REJECTED, Decision.CANCELLED)]
    return all(line.money == MoneyState.SETTLED for line in open_lines)


def _due(withdrawal: Withdrawal, clock: Clock, today: date) -> DueView:
    goods = "Nothing was sent out: there is nothing to wait for."
    if clock.needs_goods and clock.arrived_on is not None:
        goods = f"Here, or shown to be sent, since {day(clock.arrived_on)}."
        if withdrawal.rma is not None and goods_back_at(withdrawal.rma) is None:
            goods += f" {PAY_BEFORE}"
    elif clock.needs_goods:
        goods = "Neither the goods nor a proof that they are sent has come yet."
    short, tone, text = _due_in_words(withdrawal, clock, today)
    send_back_by = clock.send_back_by if clock.needs_goods else None
    return DueView(short, tone, text, clock.reimburse_by, send_back_by, goods)


def _due_in_words(withdrawal: Withdrawal, clock: Clock, today: date) -> tuple[str, str, str]:
    if _is_over(withdrawal):
        return "Settled", "", "Nothing is owed any more, as far as we know."
    if clock.may_withhold:
        if withdrawal.order_id is None:
            return "Order not known", "", "The 14 days run from the statement, whatever order is meant."
        text = "You may keep the money back until the goods arrive, or the shopper shows that they are sent."
        return "Waits for the goods", "", text
    left = clock.days_left(today)
    if left < 0:
        late = f"{-left} {'day' if left == -1 else 'days'} late"
        return late, "danger", f"The money was due on {day(clock.due_on)}."
    if left == 0:
        return "Due today", "warning", "The money is due today."
    return f"{left} {'day' if left == 1 else 'days'} left", "success", f"The money is due on {day(clock.due_on)}."


def _period(withdrawal: Withdrawal) -> str:
    period: Mapping[str, object] | None = withdrawal.period
    if period is None:
        return "Not known before the order is found."
    if withdrawal.last_day is None:
        return "It had not begun: not everything was delivered."
    missing = [FALLBACKS[name] for name in _texts(period.get("fallbacks")) if name in FALLBACKS]
    text = f"Until {day(withdrawal.last_day)}, counted from {BASIS.get(str(period.get('basis')), 'the best known day')}"
    if period.get("grace_days"):
        text += f", with {period['grace_days']} days for the way"
    if missing:
        text += f", because {' and '.join(missing)}"
    extended = " Twelve months longer, because your shop does not inform of the right." if period["is_extended"] else ""
    return f"{text}.{extended}"


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _exception(one: Mapping[str, str]) -> ExceptionView:
    ground = BY_CODE[one["code"]]
    return ExceptionView(one["name"], ground.label, ground.letter, ground.question)


def _hint(withdrawal: Withdrawal) -> str:
    if withdrawal.task != Task.MATCH or not withdrawal.needs_person:
        return ""
    digits = withdrawal.order_reference.lstrip("# ")
    order = find_order_by_bc_id(int(digits)) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else None
    if order is None or order.is_deleted:
        return ""
    return f"There is an order #{order.bc_order_id}, of {order.shopper_name or 'somebody'} with {order.shopper_email}."


@dataclass(frozen=True)
class VerdictView:
    tone: str
    title: str
    text: str
    withdrawal: Withdrawal | None


def verdict_view(finding: Finding) -> VerdictView:
    tone, title, text = VERDICTS[finding.verdict]
    return VerdictView(tone, title, text, finding.withdrawal)
