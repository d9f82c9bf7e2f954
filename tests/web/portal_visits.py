"""How tests walk the portal."""

import contextvars
import re
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from app.extensions import as_store, db
from app.lib import clock
from app.notices.models import Letter
from tests.conftest import CLIENT_ID, CLIENT_SECRET

BASE = "/r/abc123"


class Browser(FlaskClient):
    """A client whose requests start from nothing, as they do on a server: not inside the test's own context."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        return contextvars.Context().run(super().open, *args, **kwargs)


def a_browser(app: Flask) -> FlaskClient:
    return Browser(app, app.response_class)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form on this page"
    return found[1]


def bare(page: str) -> str:
    """The page without what is new on every page."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def post(client: FlaskClient, path: str, form: dict[str, Any] | None = None, *, at: str = BASE) -> Any:
    """Send a form as the browser would: with the token of the page `at`."""
    return client.post(path, data={"csrf_token": token_of(client.get(at).text), **(form or {})})


def ask(client: FlaskClient, order: Any, email: str, **more: str) -> Any:
    return post(client, f"{BASE}/code", {"order": str(order), "email": email, **more})


def mailed_code(store_id: int) -> str:
    """The code of the newest letter."""
    with as_store(store_id):
        code = db.session.scalars(select(Letter.secret).order_by(Letter.id.desc()).limit(1)).one()
        if has_app_context():
            db.session.rollback()
    assert code is not None
    return code


def enter(client: FlaskClient, code: str) -> Any:
    return post(client, f"{BASE}/enter", {"code": code}, at=f"{BASE}/code")


def come_in(client: FlaskClient, store_id: int, order: Any) -> None:
    """Get in as the guest of `order`."""
    ask(client, order.bc_order_id, order.shopper_email)
    assert enter(client, mailed_code(store_id)).status_code == 303


def current_jwt(customer_id: int, *, key: str = CLIENT_SECRET, **changes: Any) -> str:
    """What the storefront's /customer/current.jwt says of that customer."""
    now = int(clock.now().timestamp())
    claims = {
        "customer": {"id": customer_id, "email": "shopper@shop.example", "group_id": "1"},
        "iss": "bc/apps",
        "sub": "abc123",
        "store_hash": "abc123",
        "iat": now,
        "exp": now + 900,
        "version": 1,
        "aud": CLIENT_ID,
        "application_id": CLIENT_ID,
        "operation": "current_customer",
        **changes,
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key))


def sign_in(client: FlaskClient, customer_id: int, **form: str) -> Any:
    return client.post(f"{BASE}/signed-in", data={"jwt": current_jwt(customer_id), **form})


def filled(line_id: int, **changes: Any) -> dict[str, str]:
    """A ticked line of the form."""
    values = {"pick": "1", "quantity": "1", "reason": "damaged", "resolution": "refund", "comment": "", **changes}
    return {f"{name}-{line_id}": str(value) for name, value in values.items()}


def form_key(page: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page)
    assert found, "no review on this page"
    return found[1]


def file_return(client: FlaskClient, order: Any, form: dict[str, str]) -> str:
    """From the form to the return's number."""
    path = f"{BASE}/orders/{order.bc_order_id}"
    saved = post(client, path, form, at=path)
    assert saved.location.endswith("/review"), saved.location
    review = client.get(saved.location).text
    sent = client.post(saved.location, data={"csrf_token": token_of(review), "form_key": form_key(review)})
    assert sent.status_code == 303
    return str(sent.location.rpartition("/")[2])
