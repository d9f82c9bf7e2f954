"""What a browser may do with our pages, by area."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.extensions import as_store, db
from app.stores.lookup import find_store_id
from app.stores.models import Store
from tests.conftest import settings_for
from tests.web.callbacks import payload

Opened = Callable[..., str]


def policy(answer: object) -> dict[str, str]:
    words = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return {name: rest for name, _, rest in (part.partition(" ") for part in words.split("; "))}


FRAMED = ("/panel/probe/", "/panel/nothing-here", "/load", "/auth", "/session/check")
ALONE = ("/r/abc123/", "/r/nobody9/", "/healthz", "/static/session.js", "/storefront/abc123.js", "/nothing-here")


@pytest.mark.parametrize("path", FRAMED)
def test_the_panel_is_framed_by_the_control_panel_only(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert policy(answer)["frame-ancestors"] == "http://localhost:5090"
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_stores_own_control_panel_may_frame_its_panel(house: Flask, visitor: FlaskClient, opened: Opened) -> None:
    opened()
    with house.app_context():
        store_id = find_store_id("abc123")
        with as_store(store_id):
            db.session.get_one(Store, store_id).control_panel_url = "https://store-abc123.mybigcommerce.com/manage"
            db.session.commit()
        db.session.remove()
    expected = "http://localhost:5090 https://store-abc123.mybigcommerce.com"
    assert policy(visitor.get("/panel/probe/"))["frame-ancestors"] == expected


@pytest.mark.parametrize("address", ["javascript:x", "https://a.example; script-src *", "https://*", ""])
def test_a_strange_control_panel_address_adds_nothing(
    house: Flask, visitor: FlaskClient, opened: Opened, address: str
) -> None:
    opened()
    with house.app_context():
        store_id = find_store_id("abc123")
        with as_store(store_id):
            db.session.get_one(Store, store_id).control_panel_url = address
            db.session.commit()
        db.session.remove()
    found = policy(visitor.get("/panel/probe/"))
    assert found["frame-ancestors"] == "http://localhost:5090"
    assert found["script-src"] == "'self'"


@pytest.mark.parametrize("path", ALONE)
def test_everything_else_is_framed_by_nobody(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", FRAMED + ALONE)
def test_every_page_is_strict(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    found = policy(answer)
    assert (found["default-src"], found["script-src"], found["style-src"]) == ("'none'", "'self'", "'self'")
    assert (found["form-action"], found["base-uri"], found["connect-src"]) == ("'self'", "'none'", "'self'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_the_portal_is_never_kept_by_a_cache(visitor: FlaskClient) -> None:
    assert visitor.get("/r/abc123/").headers["Cache-Control"] == "no-store"


def test_the_first_page_does_not_give_its_address_away(visitor: FlaskClient) -> None:
    answer = visitor.get("/load", query_string={"signed_payload_jwt": payload()})
    assert answer.headers["Referrer-Policy"] == "strict-origin"


def test_outside_the_sandbox_pictures_come_by_https_and_pages_stay_there(app: Flask, owner_url: str) -> None:
    live = create_app(settings_for(owner_url, sandbox=False, app_url="https://returns.example"))
    answer = live.test_client().get("/healthz")
    assert policy(answer)["img-src"] == "'self' data: https:"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_in_the_sandbox_nothing_is_promised_about_https(visitor: FlaskClient) -> None:
    answer = visitor.get("/healthz")
    assert "Strict-Transport-Security" not in answer.headers
    assert "http://localhost:*" in policy(answer)["img-src"]
