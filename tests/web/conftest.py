"""Ways into the panel for the tests of the doors."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, flash, g, get_flashed_messages, request
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from app import create_app
from app.extensions import db, enter_store
from app.web.session import file_address, require_panel
from tests import factories
from tests.conftest import settings_for
from tests.web.callbacks import payload


def key_in(page: str) -> str:
    """The session key that the first page hands to its script."""
    found = re.search(r'name="backhaul-session" content="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def house(app: Flask, owner_url: str) -> Flask:
    """The application with a small page of its own behind the panel's guard."""
    house = create_app(settings_for(owner_url, frame_ancestors="http://localhost:5090"))
    house.register_blueprint(_probe())
    return house


def _probe() -> Blueprint:
    probe = Blueprint("probe", __name__, url_prefix="/panel/probe")
    probe.before_request(require_panel)

    @probe.get("/")
    def look() -> dict[str, Any]:
        return {
            "store": g.store.store_hash,
            "user": g.user.bc_user_id,
            "actor": g.actor.name,
            "csrf": generate_csrf(),
            "said": get_flashed_messages(),
            "file": file_address("/panel/probe/file?page=2"),
        }

    @probe.post("/")
    def write() -> str:
        flash(request.form["words"])
        return "written"

    @probe.get("/file")
    def file() -> str:
        return f"a file of {g.store.store_hash}"

    return probe


@pytest.fixture
def two_stores(house: Flask) -> None:
    """abc123 and, beside it, the stranger's xyz."""
    with house.app_context():
        for store_hash in ("abc123", "xyz"):
            factories.a_user(factories.a_store(store_hash=store_hash))
        db.session.remove()
        enter_store(None)


@pytest.fixture
def visitor(house: Flask, two_stores: None) -> FlaskClient:
    """A browser that keeps cookies."""
    return house.test_client()


@pytest.fixture
def opened(visitor: FlaskClient) -> Callable[..., str]:
    """Open the app as somebody of a store; gives the session's key, whose cookie `visitor` keeps."""

    def open_app(store_hash: str = "abc123", **claims: Any) -> str:
        answer = visitor.get("/load", query_string={"signed_payload_jwt": payload(store_hash, **claims)})
        assert answer.status_code == 200, answer.text
        return key_in(answer.text)

    return open_app
