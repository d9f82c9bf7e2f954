"""The whole house on one machine: embedded PostgreSQL, the sandbox, the app under gunicorn, the worker.

Used by the demo, the story, the benches and the browser tests. Every process belongs to this one and ends with it.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from app import database
from app.config import root

CLIENT_ID = "backhaul-sandbox"
CLIENT_SECRET = "sandbox-secret-not-for-production-0123456789"  # noqa: S105  opens the simulator only
STORE = "demostore1"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def a_house(prefix: str, *, worker: bool = True, **options: Any) -> Iterator["House"]:
    """A running house on free ports in a temporary folder, `worker` included or not; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"backhaul-{prefix}-"))
    folder.chmod(0o755)
    app, sandbox, shop, smtp = free_ports(4)
    house = House(folder, ports=(app, sandbox, shop, smtp), **options)
    try:
        house.start(worker=worker)
        yield house
    finally:
        house.stop(at_once=True)
        shutil.rmtree(folder, ignore_errors=True)


def stop_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that the house is taken down with it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


class HouseFell(RuntimeError):
    """A process of the house ended or did not answer; the message names it and its log."""


class House:
    """`start()` brings everything up and gives itself; `stop()` leaves no process behind.

    `folder`: where data and logs live (var/ by default). `ports`: app, sandbox, shop, smtp. `broken`: a part of the
    app that is switched off (`tools.broken`), to see whether the story notices.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        ports: tuple[int, int, int, int] = (5080, 5090, 5091, 5025),
        web_workers: int = 2,
        extra: Mapping[str, str] | None = None,
        broken: str | None = None,
    ) -> None:
        self.folder = folder or root() / "var"
        self.app_port, self.sandbox_port, self.shop_port, self.smtp_port = ports
        self.app_url = f"http://127.0.0.1:{self.app_port}"
        self.sandbox_url = f"http://localhost:{self.sandbox_port}"
        self.shop_url = f"http://localhost:{self.shop_port}"
        self.web_workers = web_workers
        self.extra = dict(extra or {})
        self.broken = broken
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._has_database = False

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def _application(self) -> str:
        return "tools.broken:create_app()" if self.broken else "app:create_app()"

    def refuse_taken_ports(self) -> None:
        """Raises HouseFell when another program, a second demo perhaps, listens where this house would."""
        for port in (self.app_port, self.sandbox_port, self.shop_port, self.smtp_port):
            with socket.socket() as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    one.bind(("127.0.0.1", port))
                except OSError:
                    raise HouseFell(
                        f"Port {port} is taken: something else listens there, another demo perhaps. "
                        "Stop it first, then start again. Nothing was changed."
                    ) from None

    def wipe(self) -> None:
        """Forget every order, return and mail of this house. Not under somebody who still lives there."""
        self.refuse_taken_ports()
        if self.data.exists():
            database.remove_embedded(self.data)
        for leftover in ("sandbox.db", "sandbox.db-wal", "sandbox.db-shm", "clock", "keys.json"):
            (self.folder / leftover).unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """Start the database if it does not run, and give every setting the app needs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._has_database = True
        owner = database.start_embedded(self.data)
        database.ensure_app_role(owner)
        ours = database.create_database(owner, "backhaul")
        database.migrate(ours)
        return {
            "BC_CLIENT_ID": CLIENT_ID,
            "BC_CLIENT_SECRET": CLIENT_SECRET,
            "BC_API_URL": self.sandbox_url,
            "BC_LOGIN_URL": self.sandbox_url,
            "APP_URL": self.app_url,
            **self._keys(),
            "DATABASE_URL": database.as_app_role(ours),
            "DATABASE_OWNER_URL": ours,
            "MAIL_FROM": "returns@backhaul.example",
            "SMTP_URL": f"smtp://localhost:{self.smtp_port}",
            "FRAME_ANCESTORS": self.sandbox_url,
            "SANDBOX": "1",
            "SANDBOX_CLOCK_FILE": str(self.folder / "clock"),
            "UNKNOWN_LOOK_MINUTES": "0.05,0.1,0.2",
            **({"BACKHAUL_BROKEN": self.broken} if self.broken else {}),
            **self.extra,
        }

    def _keys(self) -> dict[str, str]:
        file = self.folder / "keys.json"
        if not file.exists():
            keys = {"SECRET_KEYS": secrets.token_urlsafe(32), "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
            file.touch(mode=0o600)
            file.write_text(json.dumps(keys))
        keys_of_house: dict[str, str] = json.loads(file.read_text())
        return keys_of_house

    def start(self, *, worker: bool = True) -> "House":
        """Bring everything up. Raises HouseFell when a port is taken or a part of it does not come up."""
        self.refuse_taken_ports()
        environment = {**os.environ, "PYTHONPATH": str(root()), **self.environment()}
        self._spawn("sandbox", [sys.executable, "-m", "sandbox"], {
            **environment,
            "SANDBOX_STATE": str(self.folder / "sandbox.db"),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_SHOP_PORT": str(self.shop_port),
            "SANDBOX_SMTP_PORT": str(self.smtp_port),
        })  # fmt: skip
        self.wait_for(f"{self.sandbox_url}/_sandbox/health", "sandbox")
        self.start_app()
        if worker:
            self.start_worker()
        return self

    def start_app(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(root()), **self.environment()}
        self._spawn("app", [
            str(Path(sys.executable).parent / "gunicorn"), "--worker-class", "gthread",
            "--workers", str(self.web_workers), "--threads", "8", "--no-control-socket", "--keep-alive", "30",
            "--bind", f"127.0.0.1:{self.app_port}", "--log-level", "warning", self._application,
        ], environment)  # fmt: skip
        self.wait_for(f"{self.app_url}/healthz", "app")

    def start_worker(self, name: str = "worker") -> None:
        environment = {**os.environ, "PYTHONPATH": str(root()), **self.environment()}
        module = "tools.broken" if self.broken else "app.worker"
        # As in the Procfile: the doors go first, the background takes what they leave.
        self._spawn(name, ["nice", "-n", "10", sys.executable, "-m", module], environment)

    def _spawn(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, cwd=root(), env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def wait_for(self, url: str, name: str, timeout_s: float = 60) -> None:
        """Until `url` answers. Raises HouseFell when the process ends first or nothing answers in time."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise HouseFell(f"{name} does not answer at {url}; see {self.folder / f'{name}.log'}")

    def check(self) -> None:
        """Raises HouseFell when a process has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = self.folder / f"{name}.log"
                raise HouseFell(f"{name} ended with {process.returncode}; the end of {log}:\n{log.read_text()[-2000:]}")

    def kill(self, name: str) -> None:
        """kill -9, as a machine that loses power would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *, at_once: bool = False) -> None:
        """End every process this house started, the database last. `at_once`: its data is thrown away anyway."""
        for name in ("worker", "app", "sandbox", *self.processes):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            if at_once:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            elif process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        if self._has_database:
            database.stop_embedded(self.data, at_once=at_once)
            self._has_database = False

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Speak to the sandbox's control API; gives the parsed answer."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.sandbox_url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read() or b"null")
