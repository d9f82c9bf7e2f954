"""Who is in front of the page.

The panel lives in somebody else's frame, where cookies may not come back. So its session lies in the database, and its
key comes either in a cookie or in a header that the page's own script carries in memory; `flask.session` is the same
in both, and with it CSRF. The portal has a signed cookie of its own.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, make_response, render_template, request, session
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from flask.typing import ResponseReturnValue

from ..extensions import db, enter_store, house_settings
from ..lib import clock, signing
from ..lib.ids import digest, token
from ..returns.actor import Actor
from ..stores.models import StoreStatus, StoreUser
from ..stores.queries import get_store
from ..stores.sessions import PanelVisit, find_panel_visit, open_panel_session, save_panel_visit, wants_renewal

PANEL_COOKIE = "__Host-backhaul"
PORTAL_COOKIE = "__Host-backhaul-portal"
SCHEME = "Backhaul"
ADDRESS_LIFE_S = 60
ADDRESS_PARAM = "by"


class PanelState(dict[str, Any], SessionMixin):
    """What `flask.session` is on the panel. Without a visit it is empty and is not kept."""

    def __init__(self, visit: PanelVisit | None = None, *, by_header: bool = False) -> None:
        super().__init__(visit.data if visit else {})
        self.visit = visit
        self.by_header = by_header
        self._before = dict(self)

    @property
    def modified(self) -> bool:  # type: ignore[override]
        return dict(self) != self._before


class PortalSessions(SecureCookieSessionInterface):
    """The shopper's: signed, first-party, gone when the browser closes."""

    def get_cookie_name(self, app: Flask) -> str:
        return PORTAL_COOKIE

    def get_cookie_domain(self, app: Flask) -> str | None:
        return None

    def get_cookie_path(self, app: Flask) -> str:
        return "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        return True

    def get_cookie_httponly(self, app: Flask) -> bool:
        return True

    def get_cookie_samesite(self, app: Flask) -> str | None:
        return "Lax"

    def get_cookie_partitioned(self, app: Flask) -> bool:
        return False


class StoreSessionInterface(SessionInterface):
    """One interface, two kinds of sessions: the portal's below /r/, the panel's everywhere else."""

    def __init__(self) -> None:
        self.portal = PortalSessions()

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        if _is_portal(request):
            return self.portal.open_session(app, request)
        key, by_header = _key_of(request)
        return PanelState(find_panel_visit(key) if key else None, by_header=by_header)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, PanelState):
            self.portal.save_session(app, session, response)
        elif session.visit is not None and (session.modified or wants_renewal(session.visit)):
            save_panel_visit(session.visit, dict(session) if session.modified else None)


def _is_portal(request: Request) -> bool:
    return request.path.startswith("/r/")


def _key_of(request: Request) -> tuple[str | None, bool]:
    """The session key that came, and whether by header. Files and hooks need none: nobody looks for it."""
    if request.path.startswith(("/static/", "/hooks/", "/storefront/", "/healthz")):
        return None, False
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme == SCHEME and key:
        return key, True
    return request.cookies.get(PANEL_COOKIE), False


def panel_visit() -> PanelVisit | None:
    """The live session of the panel that this request came with."""
    return session.visit if isinstance(session, PanelState) else None


def begin_panel(user: StoreUser) -> str:
    """Begin a session of `user` for the page about to be answered; gives its key. The caller commits.

    Its CSRF token is made here: two first pages asked for at once must not each make one.
    """
    return open_panel_session(user, {"csrf_token": token()})


def hand_over(response: Response, key: str) -> None:
    """Give the browser the key as a cookie; whether it keeps it, the page finds out."""
    response.set_cookie(PANEL_COOKIE, key, path="/", secure=True, httponly=True, samesite="None", partitioned=True)


def check_mark(key: str) -> str:
    """What a page may know of a key to tell whether the cookie that came back is the one it was given."""
    return digest(f"mark:{key}")[:16]


def require_panel() -> ResponseReturnValue | None:
    """Before every request of the panel: sets g.store, g.user, g.actor and enters the store, or shows a way in.

    A file may come by a signed address instead of a session: see `sign_address`.
    """
    found = _by_address() or _by_session()
    if found is None:
        return sorry("open_again", 401)
    enter_store(found[0])
    user = db.session.get(StoreUser, found[1])
    if user is None or user.removed_at is not None:
        return sorry("open_again", 401)
    g.store, g.user = get_store(), user
    g.actor = Actor("staff", user.id, user.email)
    if g.store.status != StoreStatus.ACTIVE:
        return sorry(g.store.status, 403)
    return None


def _by_session() -> tuple[int, int] | None:
    visit = panel_visit()
    return (visit.store_id, visit.user_id) if visit else None


def _by_address() -> tuple[int, int] | None:
    if request.method != "GET" or ADDRESS_PARAM not in request.args:
        return None
    return check_address(request.full_path)


_SORRY = {
    "open_again": (
        "Please open the app again",
        "Open Backhaul from the Apps menu of your store's control panel. This page's session has ended, "
        "or the link was used before.",
    ),
    "user_removed": (
        "You have no access",
        "Your access to Backhaul was taken away. The owner of the store can give it back in the control panel.",
    ),
    StoreStatus.NEEDS_AUTHORIZATION: (
        "Your store asks you to accept again",
        "The store no longer accepts our key; this happens when the app's permissions or the owner's e-mail change. "
        "Open Backhaul from the Apps menu and accept when you are asked; if you are not, install it again from the "
        "marketplace. Nothing is lost: your returns wait here.",
    ),
    StoreStatus.UNINSTALLED: (
        "Backhaul is not installed",
        "Install it from your store's app marketplace. Returns from before are still here and come back with it.",
    ),
    "not_installed": (
        "Backhaul is not installed",
        "This store does not know us yet. Install Backhaul from your store's app marketplace.",
    ),
    "install_refused": (
        "The installation was not confirmed",
        "Your store did not confirm it: the link may be old or used already. Start again from the app marketplace.",
    ),
    "install_scopes": (
        "Some permissions are missing",
        "Backhaul needs every permission it asks for. Start again from the app marketplace and accept them.",
    ),
    "install_unreachable": (
        "BigCommerce does not answer",
        "We could not finish the installation. Wait a minute and start again from the app marketplace.",
    ),
}


def sorry(code: str, status: int) -> Response:
    """A page that says in a sentence why this does not go on and what to do."""
    title, text = _SORRY[code]
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return make_response({"error": code, "message": text}, status)
    return make_response(render_template("panel/sorry.html", title=title, text=text), status)


def sign_address(path: str, *, store_id: int, user_id: int) -> str:
    """`path` (of this app, query included) as an address that opens it for this user for one minute, without a session.

    For what a browser fetches by itself: pictures and downloads where cookies are blocked.
    """
    until = int(clock.now().timestamp()) + ADDRESS_LIFE_S
    signature = signing.sign(house_settings().secret_key, *_parts(path, store_id, user_id, until))
    return f"{path}{'&' if '?' in path else '?'}{ADDRESS_PARAM}={store_id}.{user_id}.{until}.{signature}"


def check_address(address: str) -> tuple[int, int] | None:
    """Store and user of a signed `address` that is ours and not too old. Only the address signed is opened by it."""
    path, _, given = address.rpartition(f"{ADDRESS_PARAM}=")
    fields = given.split(".")
    if len(fields) != 4 or not all(field.isascii() and field.isdigit() for field in fields[:3]):
        return None
    store_id, user_id, until = (int(field) for field in fields[:3])
    parts = _parts(path[:-1], store_id, user_id, until)
    settings = house_settings()
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    if clock.now().timestamp() > until or not any(signing.matches(fields[3], key, *parts) for key in keys):
        return None
    return store_id, user_id


def _parts(path: str, store_id: int, user_id: int, until: int) -> list[str]:
    return ["address", path, str(store_id), str(user_id), str(until)]


def file_address(path: str) -> str:
    """For templates: `path` as the browser can fetch it by itself, signed when the session comes by header."""
    if isinstance(session, PanelState) and session.by_header:
        return sign_address(path, store_id=g.store.id, user_id=g.user.id)
    return path


def is_own_path(path: str) -> bool:
    """Whether `path` stays within the panel."""
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc and path.startswith("/panel/") and "\\" not in path
