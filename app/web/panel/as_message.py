"""A refusal comes back as a sentence on the same page, with everything typed still in its place."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, make_response
from flask.typing import ResponseReturnValue

from ...extensions import db
from ...lib.errors import NotFound, RemoteError, UserError
from ..errors import SENTENCES, sentence

View = Callable[..., ResponseReturnValue]


def as_message(page: Callable[..., str]) -> Callable[[View], View]:
    """Turn what a route refuses into a message on `page`, which is called with the route's own arguments.

    Nothing of the refused work is kept. What is not there at all stays a 404.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            try:
                return view(**arguments)
            except NotFound:
                raise
            except UserError as error:
                return _again(page, arguments, sentence(error), error.status)
            except RemoteError:
                return _again(page, arguments, SENTENCES["store_unreachable"], 503)

        return guarded

    return decorate


def _again(page: Callable[..., str], arguments: dict[str, Any], words: str, status: int) -> ResponseReturnValue:
    db.session.rollback()
    flash(words, "error")
    return make_response(page(**arguments), status)
