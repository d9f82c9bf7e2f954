"""The floor of the webhook bench: a bare Flask route doing one INSERT through the same kind of pool."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, request
from sqlalchemy import create_engine, text

from app.config import root
from app.database import for_sqlalchemy
from bench import _stage
from tools.house import House, free_ports


def create_app() -> Flask:
    """The bare application; its database is the house's own, its table `bench_floor`."""
    app = Flask(__name__)
    engine = create_engine(
        for_sqlalchemy(os.environ["DATABASE_URL"]), pool_size=10, max_overflow=10, pool_pre_ping=True
    )

    @app.post("/floor")
    def floor() -> tuple[str, int]:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO bench_floor (body) VALUES (:body)"), {"body": request.get_data(True)})
        return "", 200

    @app.get("/")
    def health() -> str:
        return "ok"

    return app


@contextmanager
def a_floor(house: House) -> Iterator[str]:
    """The floor under the same gunicorn settings as the app; gives its address."""
    with _stage.database(house) as connection:
        connection.execute("CREATE TABLE bench_floor (id bigint GENERATED ALWAYS AS IDENTITY, body text)")
        connection.execute("GRANT INSERT ON bench_floor TO backhaul_app")
    [port] = free_ports(1)
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"), "--worker-class", "gthread",
            "--workers", str(house.web_workers), "--threads", "8", "--no-control-socket", "--keep-alive", "30",
            "--bind", f"127.0.0.1:{port}", "--log-level", "warning", "bench._floor:create_app()",
        ],
        cwd=root(),
        env={**os.environ, "PYTHONPATH": str(root()), **house.environment()},
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/floor"
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
