"""The simulator as one process: BigCommerce itself, one storefront, a mailbox, and what happens in the background."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import control, control_reads, gate, mailbox, oauth
from sandbox.api import blueprints
from sandbox.clock import Clock
from sandbox.contract import Contract
from sandbox.hooks import Background
from sandbox.pages import control_panel, storefront
from sandbox.state import State

HOST = "127.0.0.1"
CLIENT_ID = "backhaul-sandbox"
CLIENT_SECRET = "sandbox-secret-not-for-production-0123456789"
MAIN_STORE = "demostore1"
SCOPES = (
    "store_v2_orders store_v2_products_read_only store_v2_customers_read_only store_v2_information_read_only "
    "store_v2_content store_app_extensions_manage store_channel_settings_read_only store_sites_read_only"
)


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive, without Nagle's delay, silent.

    werkzeug's own handler closes after every answer, because it does not know whether the request was read to its
    end; this one reads it first.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.live.add(self.connection)  # type: ignore[attr-defined]

    def finish(self) -> None:
        self.server.live.discard(self.connection)  # type: ignore[attr-defined]
        super().finish()

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        if environ.get("wsgi.input_terminated"):
            self.close_connection = True
        else:
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
            started[:] = [status, headers]
            return lambda data: None

        parts = self.server.app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        try:
            self._answer(started[0], started[1], body)
        except ConnectionError as dropped:
            self.close_connection = True
            self.connection_dropped(dropped, environ)

    def _answer(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        for name, value in headers:
            if name.casefold() not in ("content-length", "server", "date"):
                self.send_header(name, value)
        if int(code) not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            logging.getLogger("sandbox").info(message, *args)


class Sandbox:
    """`start()` opens the doors; `url`, `shop_url` and `smtp_url` say where; `stop()` closes them.

    `state_path` None keeps everything in memory. A port of 0 takes a free one.
    `contract_path` names the OpenAPI contract: then every request and answer is checked, see `violations`.
    Pages reach this object as `current_app.config["SANDBOX"]`.
    """

    def __init__(
        self,
        state_path: str | Path | None = None,
        *,
        port: int = 0,
        shop_port: int = 0,
        smtp_port: int = 0,
        app_url: str = "http://127.0.0.1:5080",
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        clock_file: str | Path | None = None,
        contract_path: str | Path | None = None,
        scopes: str = SCOPES,
    ) -> None:
        self.app_url = app_url.rstrip("/")
        self.client_id = client_id
        self.client_secret = client_secret
        self.clock = Clock(clock_file)
        self.state = State(state_path, self.clock)
        self.violations: list[str] = []
        self.scopes = scopes
        self.contract = Contract(contract_path) if contract_path else None
        self.rate_limit = gate.RateLimit()
        self.background = Background(self)
        self._ports = (port, shop_port, smtp_port)
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self._mailbox: mailbox.Mailbox | None = None
        self.url = self.shop_url = self.smtp_url = ""

    @property
    def auth_callback(self) -> str:
        """The auth callback as it is registered for the app; `redirect_uri` must be byte-identical."""
        return f"{self.app_url}/auth"

    def shop_of(self, store: str) -> str:
        """The storefront's address of a store; the demo store's has no name in front."""
        return self.shop_url if store == MAIN_STORE else self.shop_url.replace("://", f"://{store}.")

    def start(self) -> Sandbox:
        port, shop_port, smtp_port = (port or _free_port() for port in self._ports)
        self.url = f"http://localhost:{port}"
        self.shop_url = f"http://localhost:{shop_port}"
        self.smtp_url = f"smtp://localhost:{smtp_port}"
        self._mailbox = mailbox.Mailbox(HOST, smtp_port, self.state)
        self._mailbox.start()
        self._serve(make_platform_app(self), port)
        self._serve(storefront.create_shop_app(self), shop_port)
        self.background.start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
            # Kept-alive connections would go on being served from a closed state.
            for connection in list(server.live):  # type: ignore[attr-defined]
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        self.background.stop()
        if self._mailbox is not None:
            self._mailbox.stop()
        self.state.close()

    def _serve(self, app: Flask, port: int) -> None:
        server = make_server(HOST, port, app, threaded=True, request_handler=Handler)
        server.live = set()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)


def make_platform_app(sandbox: Sandbox) -> Flask:
    """BigCommerce itself: API, login, control API, and the pages of the control panel and the mailbox."""
    app = Flask("sandbox")
    app.config["SANDBOX"] = sandbox
    gate.guard(app)
    for part in (*blueprints(), oauth.bp, control.bp, control_reads.bp, control_panel.bp, mailbox.bp):
        app.register_blueprint(part)
    return app


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
