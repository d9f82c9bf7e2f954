"""Opening the app: the control panel's iframe comes here with a signed token, good once and for minutes."""

import logging
from datetime import timedelta

from flask import redirect, request
from flask.typing import ResponseReturnValue

from ...bc_client.oauth import BadToken, CallbackClaims
from ...extensions import db, enter_store
from ...flows import install_store
from ...lib import clock
from ...lib.errors import Forbidden
from ...stores.lookup import find_store_id
from ...stores.models import StoreStatus
from ...stores.queries import find_user, get_store
from ...stores.tokens import use_once
from ..session import begin_panel, panel_visit, sorry
from . import bp
from .entry import enter_by
from .payload import TOKEN_LIFE, claims_of
from .targets import target_of

log = logging.getLogger(__name__)

LOAD_AGE = timedelta(minutes=5, seconds=30)


@bp.get("/load")
def load() -> ResponseReturnValue:
    """Let the user in and lead on to the path asked for, if it is on the list."""
    try:
        claims = claims_of(request.args)
    except BadToken as error:
        log.warning("load refused: %s", error.reason)
        return sorry("open_again", 401)
    store_id = find_store_id(claims.store_hash)
    if store_id is None:
        return sorry("not_installed", 403)
    enter_store(store_id)
    if (refusal := _store_refusal()) is not None:
        return refusal
    if _is_first_use(claims):
        return _let_in(claims)
    db.session.rollback()
    # Used or old. A refresh of the frame comes with the session that the first use began.
    if _has_session(claims, store_id):
        return redirect(target_of(claims.url), code=303)
    return sorry("open_again", 401)


def _store_refusal() -> ResponseReturnValue | None:
    store = get_store()
    if store.status == StoreStatus.ACTIVE:
        return None
    if store.status == StoreStatus.NEEDS_AUTHORIZATION:
        install_store.look_again(store)
    return sorry(store.status, 403)


def _is_first_use(claims: CallbackClaims) -> bool:
    is_fresh = clock.now() - claims.issued_at <= LOAD_AGE
    return is_fresh and use_once(claims.jti, claims.issued_at + TOKEN_LIFE)


def _has_session(claims: CallbackClaims, store_id: int) -> bool:
    """Whether the request came with a live session of this very user."""
    visit, user = panel_visit(), find_user(claims.user_id)
    return visit is not None and user is not None and (visit.store_id, visit.user_id) == (store_id, user.id)


def _let_in(claims: CallbackClaims) -> ResponseReturnValue:
    try:
        key = begin_panel(install_store.arrive(claims))
    except Forbidden as error:
        db.session.rollback()
        return sorry(error.code, 403)
    db.session.commit()
    return enter_by(key, target_of(claims.url))
