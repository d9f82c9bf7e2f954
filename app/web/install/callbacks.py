"""BigCommerce tells us that the app was removed, from a store or from a user. Whatever is signed gets its 2xx."""

import logging
from collections.abc import Callable
from datetime import timedelta

from flask import Response, request

from ...bc_client.oauth import BadToken, CallbackClaims
from ...extensions import db, enter_store
from ...flows import install_store
from ...lib import clock
from ...stores.lookup import find_store_id
from ...stores.tokens import use_once
from . import bp
from .payload import TOKEN_LIFE, claims_of

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=2, seconds=30)
"""A load token has the same claims, so whoever opens the app holds one: an old one must not uninstall anything."""

STAYS = """Backhaul is uninstalled: its jobs have stopped, its key to the store is forgotten, every session has ended.
What stays with us until you ask us to erase it: returns, their history and refunds, and our copy of the orders.
What stays in the store: a "Returns" link in the menu (it shows a closed page now) and our metafields on orders.
Install Backhaul again and everything is where you left it.
"""
NOTHING = "Nothing was changed.\n"


@bp.get("/uninstall")
def uninstall() -> Response:
    """End the app in a store, on the word of its owner or of somebody known there."""
    return _told(install_store.uninstall, STAYS)


@bp.get("/remove_user")
def remove_user() -> Response:
    """End one user's access at once."""
    return _told(install_store.remove_user, "The user has no access any more.\n")


def _told(deed: Callable[[CallbackClaims], bool], words: str) -> Response:
    try:
        claims = claims_of(request.args)
    except BadToken as error:
        log.warning("%s refused: %s", request.endpoint, error.reason)
        return _plain("This is not signed by BigCommerce.\n", 401)
    store_id = find_store_id(claims.store_hash)
    if store_id is None or clock.now() - claims.issued_at > FRESH:
        return _plain(NOTHING)
    enter_store(store_id)
    done = use_once(claims.jti, claims.issued_at + TOKEN_LIFE) and deed(claims)
    log.info("%s of store %s: %s", request.endpoint, store_id, "done" if done else "nothing to do")
    db.session.commit()
    return _plain(words if done else NOTHING)


def _plain(words: str, status: int = 200) -> Response:
    return Response(words, status, mimetype="text/plain")
