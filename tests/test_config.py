"""Settings come from the environment; a bad one stops the boot by its name."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError

from app import config, create_app
from app.config import MissingSetting, Settings
from app.lib import clock
from tests.conftest import settings_for

GIVEN = {
    "BC_CLIENT_ID": "a-client",
    "BC_CLIENT_SECRET": "a-secret",
    "APP_URL": "https://returns.example/",
    "SECRET_KEYS": "new, old",
    "ENCRYPTION_KEYS": "new-key,old-key",
    "DATABASE_URL": "postgresql://backhaul_app@db.example/backhaul",
    "SMTP_URL": "smtps://mail.example",
    "MAIL_FROM": "returns@mail.example",
}


def test_the_environment_is_read_with_its_defaults() -> None:
    settings = Settings.from_environment(GIVEN)
    assert settings.app_url == "https://returns.example"
    assert (settings.secret_key, settings.secret_key_fallbacks) == ("new", ["old"])
    assert settings.encryption_key_list == ["new-key", "old-key"]
    assert settings.bc_api_url == "https://api.bigcommerce.com"
    assert settings.bc_login_url == "https://login.bigcommerce.com"
    assert settings.look_delays_s == [60.0, 300.0, 900.0]
    assert not settings.sandbox


@pytest.mark.parametrize("name", sorted(GIVEN))
@pytest.mark.parametrize("value", [None, ""])
def test_one_missing_stops_the_boot_by_its_name(name: str, value: str | None) -> None:
    environ = {key: given for key, given in GIVEN.items() if key != name}
    if value is not None:
        environ[name] = value
    with pytest.raises(MissingSetting, match=rf"\b{name}\b") as refused:
        Settings.from_environment(environ)
    assert ".env.example" in str(refused.value)
    assert "a-secret" not in str(refused.value)


def test_all_that_are_missing_are_named_at_once() -> None:
    with pytest.raises(MissingSetting) as refused:
        Settings.from_environment({})
    assert all(name in str(refused.value) for name in GIVEN)


def test_nobody_but_the_sandbox_moves_the_clock(tmp_path: Path) -> None:
    file = {"SANDBOX_CLOCK_FILE": str(tmp_path / "clock")}
    for not_a_sandbox in ({}, {"SANDBOX": "0"}, {"SANDBOX": "false"}, {"SANDBOX": ""}):
        with pytest.raises(MissingSetting, match="only a sandbox may move the clock"):
            Settings.from_environment({**GIVEN, **file, **not_a_sandbox})
    assert Settings.from_environment({**GIVEN, **file, "SANDBOX": "1"}).sandbox


def test_a_process_with_a_clock_file_but_no_sandbox_does_not_start(tmp_path: Path) -> None:
    environ = {**os.environ, **GIVEN, "SANDBOX_CLOCK_FILE": str(tmp_path / "clock")}
    environ.pop("SANDBOX", None)
    for command in (["-m", "app.worker"], ["-c", "import app; app.create_app()"]):
        ended = subprocess.run(
            [sys.executable, *command], cwd=config.root(), env=environ, capture_output=True, text=True, timeout=60
        )
        assert ended.returncode != 0
        assert "SANDBOX_CLOCK_FILE" in ended.stderr


def test_the_sandboxs_clock_is_moved_by_its_file_and_no_others(owner_url: str, tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("86400")
    try:
        create_app(settings_for(owner_url, sandbox_clock_file=str(file)))
        ahead = clock.now() - clock._system()
        assert 86399 < ahead.total_seconds() < 86401
        file.unlink()
        assert abs((clock.now() - clock._system()).total_seconds()) < 1
        create_app(settings_for(owner_url, sandbox=False))
        file.write_text("86400")
        assert abs((clock.now() - clock._system()).total_seconds()) < 1
    finally:
        clock.use(None)


def test_a_process_without_a_setting_says_which_and_ends() -> None:
    environ = {key: value for key, value in os.environ.items() if key not in GIVEN}
    ended = subprocess.run(
        [sys.executable, "-m", "app.worker"], cwd=config.root(), env=environ, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert all(name in ended.stderr for name in GIVEN)


def test_what_is_secret_is_not_seen_where_settings_are_printed() -> None:
    shown = repr(
        Settings.from_environment({**GIVEN, "DATABASE_OWNER_URL": "postgresql://owner:pw@db.example/backhaul"})
    )
    assert "a-client" in shown
    for name in ("BC_CLIENT_SECRET", "SECRET_KEYS", "ENCRYPTION_KEYS", "DATABASE_URL", "SMTP_URL"):
        assert GIVEN[name] not in shown
    assert "pw@" not in shown


def test_a_failed_statement_does_not_tell_what_it_carried(app: Flask, db: Any) -> None:
    with pytest.raises(DataError) as failed:
        db.session.execute(text("SELECT :mail"), {"mail": "somebody@shop.example\x00"})
    assert "somebody" not in str(failed.value)
    db.session.rollback()
