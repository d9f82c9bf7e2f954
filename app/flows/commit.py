"""All of a story, or nothing of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..extensions import db


@contextmanager
def one_commit() -> Iterator[None]:
    """Commit what the block did, or take all of it back when it raises.

    The door that shows the person why it did not work may commit things of its own: a half-made decision must not
    slip in with them.
    """
    try:
        yield
    except BaseException:
        db.session.rollback()
        raise
    db.session.commit()
