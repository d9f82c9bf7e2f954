"""Giving the money back: the store's quote, a promise, and a worker that sends it once."""

from collections.abc import Callable, Mapping

from .. import config
from ..bc_client.client import BigCommerce
from ..extensions import db
from ..lib.errors import NotFound, UserError
from ..resolutions import quotes
from ..resolutions import send as sending
from ..resolutions.lock import refund_lock
from ..resolutions.models import Refund, RefundQuote
from ..resolutions.promise import promise_refund, take_back_promise
from ..resolutions.queries import get_refund
from ..returns.actor import Actor
from ..returns.queries import get_return, lock_return
from ..returns.states import MoneyState
from ..stores.client import client_for, guarded
from ..stores.queries import get_store
from .announce import announcing
from .chosen_lines import chosen


def quote(
    return_id: int,
    quantities: Mapping[int, int],
    *,
    shipping: bool,
    actor: Actor,
    versions: Mapping[int, int] | None = None,
) -> RefundQuote:
    """Ask the store what it gives back for `quantities` units per return line id. Moves no money. Commits.

    Raises UserError as `resolutions.quotes.take_quote`, RemoteError when the store does not answer.
    """
    rma = get_return(return_id)
    units = {line.id: quantity for line, quantity in chosen(rma, quantities, versions)}
    store = get_store()
    with guarded(store):
        taken = quotes.take_quote(rma, units, shipping=shipping, actor=actor, client=client_for(store))
    db.session.commit()
    return taken


def promise(return_id: int, quote_id: int, actor: Actor, *, despite_difference: bool = False) -> Refund:
    """Promise what that quote says; a worker sends it. Commits. Raises UserError as `promise_refund`."""
    rma = lock_return(return_id)
    with announcing(rma):
        refund = promise_refund(rma, quote_id, actor=actor, despite_difference=despite_difference)
    db.session.commit()
    return refund


def take_back(return_id: int, refund_id: int, actor: Actor) -> Refund:
    """Withdraw a promise before it is sent. Commits. Raises NotFound, UserError("refund_under_way")."""
    rma = lock_return(return_id)
    refund = get_refund(refund_id, lock=True)
    if refund.return_id != rma.id:
        raise NotFound()
    with announcing(rma):
        take_back_promise(refund, actor=actor)
    db.session.commit()
    return refund


def send(store_id: int, refund_id: int) -> None:
    """Job: send a promised refund. Runs twice without harm."""
    delays = config.current().look_delays_s
    _with_store(refund_id, lambda client: sending.send(refund_id, client, look_delays_s=delays))


def look(store_id: int, refund_id: int) -> None:
    """Job: find out at the store what became of a refund that was answered with silence."""
    delays = config.current().look_delays_s
    _with_store(refund_id, lambda client: sending.look(refund_id, client, look_delays_s=delays))


def confirm(store_id: int, refund_id: int) -> None:
    """Job: see through whether the store's payment was made or declined."""
    _with_store(refund_id, lambda client: sending.confirm(refund_id, client))


def decide_unknown(return_id: int, refund_id: int, *, went_out: bool, actor: Actor, why: str) -> Refund:
    """A person read the store's books and says what became of a refund nobody else could tell. Commits.

    Raises NotFound, UserError: "needs_why", "not_waiting" when it does not wait for a person.
    """
    if not why.strip():
        raise UserError("needs_why")
    rma = lock_return(return_id)
    refund = get_refund(refund_id, lock=True)
    if refund.return_id != rma.id:
        raise NotFound()
    if refund.state != MoneyState.UNKNOWN or not refund.needs_person:
        raise UserError("not_waiting")
    with announcing(rma):
        sending.decide(refund, went_out=went_out, actor=actor, why=why.strip())
    db.session.commit()
    return refund


def _with_store(refund_id: int, work: Callable[[BigCommerce], Refund]) -> None:
    """Do `work` under the order's refund lock, announce what it changed, and commit before the lock is let go."""
    store = get_store()
    refund = get_refund(refund_id)
    assert refund.return_id is not None, "only refunds of a return are sent"
    rma = get_return(refund.return_id)
    facts = {"money": {"amount": str(refund.money.amount), "currency": refund.currency}}
    with refund_lock(refund.order_id), guarded(store):
        client = client_for(store)
        with announcing(rma, facts=facts):
            work(client)
        db.session.commit()
