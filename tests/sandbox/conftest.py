"""A simulator per test, in memory; `shop` is a small store in it with the app installed."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.server import Sandbox

CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "contract" / "bigcommerce.openapi.json"
ALL_SCOPES = (
    "store_v2_orders store_v2_transactions store_v2_products store_v2_customers store_v2_information store_v2_content "
    "store_inventory store_locations store_v2_marketing store_channel_settings store_sites store_app_extensions_manage"
)


def install(sandbox: Sandbox, store: str) -> str:
    """Consent and exchange; gives the token."""
    url = requests.get(f"{sandbox.url}/_sandbox/install_url/{store}", timeout=5).json()["url"]
    query = dict(parse_qsl(urlsplit(url).query))
    body = {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "code": query["code"],
        "context": query["context"],
        "scope": query["scope"],
        "grant_type": "authorization_code",
        "redirect_uri": sandbox.auth_callback,
    }
    answer = requests.post(f"{sandbox.url}/oauth2/token", json=body, timeout=5)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@dataclass
class Shop:
    """A store seen from an app (`get`, `post`, ...) and from outside (`control`, `order`, `fault`)."""

    sandbox: Sandbox
    store: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(
            method,
            f"{self.sandbox.url}/stores/{self.store}{path}",
            params={name.replace("__", ":"): value for name, value in query.items()},
            json=body,
            headers={"X-Auth-Token": self.token},
            timeout=10,
        )

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> requests.Response:
        return self.call("PUT", path, body)

    def delete(self, path: str, body: Any = None) -> requests.Response:
        return self.call("DELETE", path, body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.sandbox.url}/_sandbox{path}", json=body, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def fault(self, name: str, **more: Any) -> int:
        return int(self.control("POST", "/faults", {"fault": name, **more})["id"])

    def habits(self, **habits: Any) -> None:
        self.control("PUT", f"/stores/{self.store}/habits", habits)

    def order(self, *lines: dict[str, Any], **spec: Any) -> dict[str, Any]:
        """Make an order; gives everything the store knows about it."""
        given = list(lines) or [{"product_id": 1, "quantity": 3}]
        made = self.control("POST", f"/stores/{self.store}/orders", {"lines": given, **spec})
        assert isinstance(made, dict)
        return made

    def look(self, order_id: int) -> dict[str, Any]:
        seen = self.control("GET", f"/stores/{self.store}/orders/{order_id}")
        assert isinstance(seen, dict)
        return seen

    def log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.control("GET", f"/log?kind={kind}")["entries"])

    def quote(self, order_id: int, *items: dict[str, Any]) -> requests.Response:
        return self.post(f"/v3/orders/{order_id}/payment_actions/refund_quotes", {"items": list(items)})

    def refund(self, order_id: int, *items: dict[str, Any], way: int = 0, **more: Any) -> requests.Response:
        """Quote and refund by the quote's first method."""
        quoted = self.quote(order_id, *items)
        assert quoted.status_code == 201, quoted.text
        payments = [
            {"provider_id": entry["provider_id"], "amount": entry["amount"], "offline": entry["offline"]}
            for entry in quoted.json()["data"]["refund_methods"][way]
        ]
        body = {"items": list(items), "payments": payments, **more}
        return self.post(f"/v3/orders/{order_id}/payment_actions/refunds", body)


def product_item(made: dict[str, Any], quantity: int, line: int = 0, **more: Any) -> dict[str, Any]:
    return {"item_type": "PRODUCT", "item_id": made["lines"][line]["id"], "quantity": quantity, **more}


def eventually(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true value of `look`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := look():
            return value
        time.sleep(0.02)
    raise AssertionError("it never happened")


@dataclass
class Receiver:
    """Somebody's webhook endpoint: keeps what arrives, answers what `status` says."""

    url: str = ""
    status: int = 200
    got: list[tuple[float, dict[str, str], str]] = field(default_factory=list)

    def bodies(self, scope: str | None = None) -> list[dict[str, Any]]:
        found = [json.loads(body) for _, _, body in list(self.got)]
        return [body for body in found if scope in (None, body["scope"])]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = Sandbox(app_url="http://127.0.0.1:9", scopes=ALL_SCOPES).start()
    yield running
    running.stop()


def open_shop(sandbox: Sandbox, store: str = "teststore1", preset: str = "tiny") -> Shop:
    shop = Shop(sandbox, store, "")
    shop.control("POST", "/stores", {"hash": store, "preset": preset})
    shop.token = install(sandbox, store)
    return shop


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    return open_shop(sandbox)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.got.append((time.time(), {name.casefold(): value for name, value in self.headers.items()}, body))
            self.send_response(seen.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield seen
    server.shutdown()
    server.server_close()
