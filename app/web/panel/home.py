"""The list of returns."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request

from ...orders.backfill import progress
from ...resolutions.queries import list_open_refunds
from ...returns import queries
from ...returns.models import Return
from ...returns.states import Word
from .door import bp
from .listing import Asked, Listing

SORTS = (("newest", "Newest"), ("oldest", "Oldest"), ("updated", "Last changed"), ("shopper", "Customer"))


@dataclass(frozen=True)
class Tab:
    word: str
    count: int


@dataclass(frozen=True)
class Row:
    """A return in the list."""

    id: int
    number: str
    items: str
    more: int
    delivered_at: datetime | None
    shipped_at: datetime | None
    customer: str
    bc_order_id: int
    word: str
    created_at: datetime


@bp.get("/")
def home() -> str:
    """Returns by status, searched, sorted, in pages; every wish is in the address."""
    asked = Asked.parse(request.args)
    word = request.args.get("word", "")
    chosen = Word(word) if word in set(Word) else None
    sort = request.args.get("sort", "newest")
    page = queries.list_returns(chosen, asked.q, sort, asked.page, asked.per_page)
    return render_template(
        "panel/home.html",
        listing=Listing([_row(rma) for rma in page.items], page.total, page.number, asked.per_page),
        tabs=_tabs(queries.counts(asked.q)),
        word=chosen or "",
        q=asked.q,
        sort=sort if sort in dict(SORTS) else "newest",
        sorts=SORTS,
        progress=progress(),
        troubled=[refund for refund in list_open_refunds() if refund.needs_person and refund.return_id is not None],
    )


def _tabs(counts: dict[Word, int]) -> list[Tab]:
    return [Tab("", sum(counts.values())), *(Tab(word, counts[word]) for word in Word)]


def _row(rma: Return) -> Row:
    names: dict[str, int] = {}
    for line in rma.lines:
        names[line.order_line.name] = names.get(line.order_line.name, 0) + line.quantity
    shown = [f"{quantity} × {name}" for name, quantity in names.items()]
    return Row(
        id=rma.id,
        number=rma.number,
        items=", ".join(shown[:2]),
        more=max(0, len(shown) - 2),
        delivered_at=rma.order.delivered_at,
        shipped_at=rma.order.shipped_at,
        customer=rma.order.shopper_name or rma.order.shopper_email,
        bc_order_id=rma.order.bc_order_id,
        word=rma.word,
        created_at=rma.created_at,
    )
