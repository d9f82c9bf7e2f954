"""The install: BigCommerce sends the merchant's browser here with a code."""

import logging
import re
from dataclasses import dataclass

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ...bc_client.errors import BCError, BCRejected
from ...bc_client.oauth import InstallGrant, exchange_code
from ...extensions import db, house_settings
from ...flows import install_store
from ..session import begin_panel, sorry
from . import bp
from .entry import enter_by
from .targets import WELCOME

log = logging.getLogger(__name__)

_CONTEXT = re.compile(r"stores/[a-z0-9]{1,40}")


class Refused(Exception):
    """The install ends here; `code` names the page that says why."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Callback:
    """What the browser brought. It proves nothing: only the exchange does."""

    code: str
    scope: str
    context: str
    is_external: bool

    @classmethod
    def parse(cls, args: MultiDict[str, str]) -> "Callback":
        return cls(
            code=args.get("code", "")[:512],
            scope=args.get("scope", "")[:2000],
            context=args.get("context", "")[:60],
            is_external="external_install" in args,
        )


@bp.get("/auth")
def auth() -> ResponseReturnValue:
    """Exchange the code, take the store in, and lead on into the panel's welcome."""
    callback = Callback.parse(request.args)
    try:
        store_user = install_store.install(_grant(callback))
    except Refused as refused:
        log.warning("install refused: %s", refused.code)
        db.session.rollback()
        return _outside("failed") if callback.is_external else sorry(refused.code, refused.status)
    if callback.is_external:
        return _outside("succeeded")
    key = begin_panel(store_user)
    db.session.commit()
    return enter_by(key, WELCOME)


def _grant(callback: Callback) -> InstallGrant:
    """The store's permission with everything we need. Raises Refused."""
    settings = house_settings()
    wanted = set(settings.bc_scopes.split())
    if not callback.code or not _CONTEXT.fullmatch(callback.context):
        raise Refused("install_refused", 400)
    # BigCommerce adds scopes of its own to every app's, so ours must be among them.
    if not wanted <= set(callback.scope.split()):
        raise Refused("install_scopes", 400)
    try:
        grant = exchange_code(
            login_url=settings.bc_login_url,
            client_id=settings.bc_client_id,
            client_secret=settings.bc_client_secret,
            code=callback.code,
            scope=callback.scope,
            context=callback.context,
            redirect_uri=f"{settings.app_url}/auth",
        )
    except BCRejected:
        raise Refused("install_refused", 400) from None
    except BCError:
        raise Refused("install_unreachable", 503) from None
    if not wanted <= grant.scopes:
        raise Refused("install_scopes", 400)
    return grant


def _outside(outcome: str) -> ResponseReturnValue:
    """Back to the window that BigCommerce opened for an install from another site."""
    settings = house_settings()
    return redirect(f"{settings.bc_login_url}/app/{settings.bc_client_id}/install/{outcome}")
