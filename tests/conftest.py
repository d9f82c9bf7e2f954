"""One embedded PostgreSQL a run, a database a worker from a template, and the rows every test starts from."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import responses
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app, database
from app.config import Settings
from app.extensions import db as database_extension
from app.extensions import enter_store
from app.lib import clock
from app.stores.models import Store
from tests import factories
from tests.doubles import BigCommerceDouble

API = "http://bc.test"
CLIENT_ID, CLIENT_SECRET = "client-of-tests", "secret-of-tests-0123456789-0123456789"
_KEY = Fernet.generate_key().decode()


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts PostgreSQL and migrates a template before the workers copy it."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="backhaul-tests-"))
    folder.chmod(0o755)
    owner = database.start_embedded(folder / "pg")
    os.environ["BACKHAUL_TEST_PG"] = owner
    with psycopg.connect(owner, autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
    database.ensure_app_role(owner)
    database.migrate(database.create_database(owner, "template_house"))

    def remove() -> None:
        database.remove_embedded(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(remove)


def settings_for(owner_url: str, **changes: Any) -> Settings:
    """Settings of a test's application over the database of `owner_url`, as the application's role."""
    values: dict[str, Any] = {
        "bc_client_id": CLIENT_ID,
        "bc_client_secret": CLIENT_SECRET,
        "bc_api_url": API,
        "bc_login_url": "http://login.test",
        "app_url": "http://127.0.0.1:5080",
        "secret_keys": "a-secret-key-of-the-tests",
        "encryption_keys": _KEY,
        "database_url": database.as_app_role(owner_url),
        "smtp_url": "smtp://localhost:1",
        "mail_from": "returns@backhaul.example",
        "sandbox": True,
    }
    return Settings(**{**values, **changes})


@pytest.fixture(scope="session")
def owner_url(worker_id: str) -> str:
    """The owner's URL of this worker's own database."""
    return database.create_database(os.environ["BACKHAUL_TEST_PG"], f"house_{worker_id}", template="template_house")


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    workerinput = getattr(request.config, "workerinput", None)
    return str(workerinput["workerid"]) if workerinput else "alone"


@pytest.fixture(scope="session")
def _app(owner_url: str) -> Flask:
    return create_app(settings_for(owner_url))


@pytest.fixture
def app(_app: Flask, owner_url: str) -> Iterator[Flask]:
    """The application on an empty database."""
    yield _app
    clock.use(None)
    empty(owner_url)


def empty(owner_url: str) -> None:
    """Remove every row of the database, the queue's included."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("TRUNCATE stores, procrastinate_jobs RESTART IDENTITY CASCADE")


@pytest.fixture
def db(app: Flask) -> Iterator[Any]:
    """The session of the application, in its context."""
    with app.app_context():
        yield database_extension
        database_extension.session.rollback()
        database_extension.session.remove()
        enter_store(None)


@pytest.fixture
def store(db: Any) -> Any:
    """A store, entered; a second one with rows of its own stands beside it so that a forgotten filter shows."""
    factories.noise()
    store_id = factories.a_store(store_hash="abc123").id
    enter_store(store_id)
    return db.session.get(Store, store_id)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def bc() -> Iterator[BigCommerceDouble]:
    """BigCommerce, answering only what the test says; anything else fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield BigCommerceDouble(mock, API)


@pytest.fixture
def jobs(db: Any) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """What waits in the queue: [(name, arguments)], oldest first."""

    def waiting() -> list[tuple[str, dict[str, Any]]]:
        rows = db.session.execute(
            text("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        )
        return [(name, dict(arguments)) for name, arguments in rows]

    return waiting
