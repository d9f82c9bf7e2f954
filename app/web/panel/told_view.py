"""Who has been told of a return: the store's books and the letters."""

from dataclasses import dataclass
from datetime import datetime

from ...notices.models import Letter
from ...write_back.models import WriteBack
from .words import BOOKS, LETTERS


@dataclass(frozen=True)
class BookView:
    name: str
    is_done: bool
    error: str
    tries: int


@dataclass(frozen=True)
class LetterView:
    name: str
    state: str
    error: str
    tries: int
    at: datetime


def book_view(write_back: WriteBack) -> BookView:
    """One target in the store's books."""
    return BookView(
        name=BOOKS.get(write_back.target, write_back.target),
        is_done=write_back.done_version >= write_back.wanted_version,
        error="the store did not take it." if write_back.error else "",
        tries=write_back.tries,
    )


def letter_view(letter: Letter) -> LetterView:
    """One mail and what became of it."""
    return LetterView(
        name=LETTERS.get(letter.notice, letter.notice),
        state=letter.state,
        error=(letter.error or "").rstrip("."),
        tries=letter.tries,
        at=letter.sent_at or letter.queued_at,
    )
