"""The simulator as one process: BigCommerce itself, one storefront, a mailbox, and what happens in the background."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import socket
import threading
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.clock import Clock
from sandbox.state import State

HOST = "127.0.0.1"
CLIENT_ID = "backhaul-sandbox"
CLIENT_SECRET = "sandbox-secret-not-for-production-0123456789"


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive, without Nagle's delay, silent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

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
    ) -> None:
        self.app_url = app_url.rstrip("/")
        self.client_id = client_id
        self.client_secret = client_secret
        self.clock = Clock(clock_file)
        self.state = State(state_path, self.clock)
        self.violations: list[str] = []
        self._contract_path = contract_path
        self._ports = (port, shop_port, smtp_port)
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self._mailbox: Any = None
        self._worker: Any = None
        self.url = self.shop_url = self.smtp_url = ""

    @property
    def auth_callback(self) -> str:
        """The auth callback as it is registered for the app; `redirect_uri` must be byte-identical."""
        return f"{self.app_url}/auth"

    def start(self) -> Sandbox:
        port, shop_port, smtp_port = self._ports
        shop_port = shop_port or _free_port()
        smtp_port = smtp_port or _free_port()
        self.shop_url = f"http://localhost:{shop_port}"
        self.smtp_url = f"smtp://localhost:{smtp_port}"
        port = port or _free_port()
        self.url = f"http://localhost:{port}"
        self._serve(make_platform_app(self), port)
        shop = _part("sandbox.pages.storefront")
        if shop is not None:
            self._serve(shop.create_shop_app(self), shop_port)
        mailbox = _part("sandbox.mailbox")
        if mailbox is not None:
            self._mailbox = mailbox.Mailbox(HOST, smtp_port, self.state)
            self._mailbox.start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._mailbox is not None:
            self._mailbox.stop()
        self.state.close()

    def _serve(self, app: Flask, port: int) -> None:
        server = make_server(HOST, port, app, threaded=True, request_handler=Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)


def make_platform_app(sandbox: Sandbox) -> Flask:
    """BigCommerce itself: API, login, control API, and the pages of the control panel and the mailbox."""
    app = Flask("sandbox")
    app.config["SANDBOX"] = sandbox
    for name in ("sandbox.pages.control_panel", "sandbox.mailbox"):
        part = _part(name)
        if part is not None:
            app.register_blueprint(part.bp)
    return app


def _part(name: str) -> Any:
    parent, _, _ = name.rpartition(".")
    if importlib.util.find_spec(parent) is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
