"""Giving the money back: the store's quote, a promise, and a worker that sends it once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ..bc_client.client import BigCommerce
from ..extensions import db, house_settings
from ..lib.errors import NotFound, UserError
from ..resolutions import outcome, quotes
from ..resolutions import send as sending
from ..resolutions.lock import refund_lock
from ..resolutions.models import Refund, RefundQuote
from ..resolutions.promise import promise_refund, take_back_promise
from ..resolutions.queries import get_refund
from ..resolutions.resume import resume as resume_refunds
from ..returns.actor import Actor
from ..returns.queries import get_return, lock_return
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
    # Somebody waits in front of the page.
    with guarded(store), client_for(store, urgent=True) as client:
        taken = quotes.take_quote(rma, units, shipping=shipping, actor=actor, client=client)
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
    delays = house_settings().look_delays_s
    _at_the_store(refund_id, lambda books, client: sending.send(books, client, look_delays_s=delays))


def look(store_id: int, refund_id: int, look_id: int = 0) -> None:
    """Job: find out at the store what became of a refund that was answered with silence.

    `look_id`: which of the planned looks this is; 0 for one in between.
    """
    delays = house_settings().look_delays_s
    _at_the_store(refund_id, lambda books, client: sending.look(books, client, look_id=look_id, look_delays_s=delays))


def confirm(store_id: int, refund_id: int) -> None:
    """Job: see through whether the store's payment was made or declined."""
    _at_the_store(refund_id, sending.confirm)


def resume() -> int:
    """Let every unfinished refund of the entered store go on, after a new consent or lost jobs; gives how many.

    The caller commits.
    """
    return resume_refunds()


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
    if not refund.needs_person:
        raise UserError("not_waiting")
    with announcing(rma, facts=_facts(refund)):
        outcome.decide(refund, went_out=went_out, actor=actor, why=why.strip())
    db.session.commit()
    return refund


def _at_the_store(refund_id: int, work: Callable[[sending.Books, BigCommerce], None]) -> None:
    """Do `work` on an intent while nobody else sends or looks for one of its order."""
    store = get_store()
    order_id = get_refund(refund_id).order_id
    with guarded(store), client_for(store) as client:
        # The lock may be a while in coming, and nothing read before it is true after it.
        db.session.commit()
        with refund_lock(order_id):
            work(lambda: _books(refund_id), client)


@contextmanager
def _books(refund_id: int) -> Iterator[Refund]:
    """The intent as it is now, its order locked. What is written about it is announced and committed at the end."""
    return_id = get_refund(refund_id).return_id
    assert return_id is not None, "only refunds of a return are sent"
    rma = lock_return(return_id)
    refund = get_refund(refund_id, lock=True)
    with announcing(rma, facts=_facts(refund)):
        yield refund
    db.session.commit()


def _facts(refund: Refund) -> dict[str, object]:
    return {"money": {"amount": str(refund.money.amount), "currency": refund.currency}}
