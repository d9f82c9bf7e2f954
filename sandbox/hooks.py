"""The background: webhooks with BigCommerce's signature, retries and domain rule; refunds on their way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from sandbox import state_hooks, state_refunds
from sandbox.state import Doc, Missing

if TYPE_CHECKING:
    from sandbox.server import Sandbox

RETRY_AFTER_S = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400)
WINDOW_S, WINDOW_MIN, WINDOW_RATIO, BLOCK_S = 120, 100, 0.9, 180
TIMEOUT_S = 10


def sign(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The `webhook-signature` of Standard Webhooks; the key is the client secret's bytes."""
    mac = hmac.new(secret.encode(), f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


class DomainRule:
    """At least 100 requests in two minutes with fewer than 90 % answered 2xx: the domain is blocked for three."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[str, deque[tuple[float, bool]]] = {}
        self._blocked: dict[str, float] = {}

    def note(self, domain: str, now: float, good: bool, block_s: float) -> None:
        with self._lock:
            results = self._results.setdefault(domain, deque())
            results.append((now, good))
            while results and results[0][0] < now - WINDOW_S:
                results.popleft()
            if len(results) >= WINDOW_MIN and sum(ok for _, ok in results) < WINDOW_RATIO * len(results):
                self._blocked[domain] = now + block_s
                results.clear()

    def blocked_until(self, domain: str, now: float) -> float:
        """When the block ends; 0 while there is none."""
        with self._lock:
            until = self._blocked.get(domain, 0.0)
            if until <= now:
                self._blocked.pop(domain, None)
                return 0.0
            return until

    def listed(self, now: float) -> list[tuple[str, float]]:
        with self._lock:
            return [(domain, until) for domain, until in self._blocked.items() if until > now]


class Background:
    """Does what is due in the outbox, on eight threads; `start()`, `stop()`."""

    def __init__(self, sandbox: Sandbox, threads: int = 8) -> None:
        self._sandbox = sandbox
        self._state = sandbox.state
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sandbox-hooks")
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._local = threading.local()
        self._thread = threading.Thread(target=self._loop, daemon=True, name="sandbox-background")
        self.domains = DomainRule()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._state.wake.set()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._state.wake.wait(0.05)
            self._state.wake.clear()
            for task, kind, body in self._state.due_tasks(self._state.clock.now(), 500):
                with self._lock:
                    if task in self._busy:
                        continue
                    self._busy.add(task)
                self._pool.submit(self._do, task, kind, body)

    def _do(self, task: int, kind: str, body: Doc) -> None:
        try:
            if self._stopping.is_set():
                return
            if kind == "hook":
                self._deliver(task, body)
            else:
                state_refunds.run_task(self._state, kind, body)
                self._state.finish_task(task)
        except Missing:
            # The store was reset under the task's feet.
            self._state.finish_task(task)
        finally:
            with self._lock:
                self._busy.discard(task)

    def _deliver(self, task: int, message: Doc) -> None:
        hook = self._state.find(message["store"], "hook", message["hook_id"]) or message["last_hook"]
        if hook is None or not hook["is_active"]:
            self._state.finish_task(task)
            return
        domain = urlsplit(hook["destination"]).netloc
        scale = float(self._state.habits(message["store"])["retry_scale"])
        if until := self.domains.blocked_until(domain, self._state.clock.now()):
            self._postpone(task, message, until)
            return
        started = time.monotonic()
        status = self._post(hook, message)
        good = status is not None and 200 <= status < 300
        entry = {**state_hooks.facts(message, hook), "status": status, "outcome": "delivered" if good else "failed"}
        entry["ms"] = round((time.monotonic() - started) * 1000)
        with self._state.writing():
            self._state.log("hooks", entry)
            self._state.finish_task(task)
            if not good:
                self._plan_retry(message, hook, scale)
        self.domains.note(domain, self._state.clock.now(), good, BLOCK_S * scale)

    def _postpone(self, task: int, message: Doc, until: float) -> None:
        with self._state.writing():
            self._state.finish_task(task)
            self._state.schedule("hook", until, message)

    def _plan_retry(self, message: Doc, hook: Doc, scale: float) -> None:
        if message["attempt"] < len(RETRY_AFTER_S):
            due_at = self._state.clock.now() + RETRY_AFTER_S[message["attempt"]] * scale
            self._state.schedule("hook", due_at, {**message, "attempt": message["attempt"] + 1})
            return
        hook = self._state.find(message["store"], "hook", hook["id"]) or hook
        hook.update(is_active=False, deactivated=True, updated_at=self._state.now())
        self._state.put(message["store"], "hook", hook["id"], hook)
        store = self._state.store(message["store"])
        for address in store["hook_emails"]:
            self._state.log("hooks", {"store": store["hash"], "outcome": "deactivated", "mailed": address})

    def _post(self, hook: Doc, message: Doc) -> int | None:
        """The receiver's status, or None for silence."""
        timestamp, body = self._state.now(), message["payload"]
        headers: dict[str, Any] = {"Content-Type": "application/json", **(hook["headers"] or {})}
        if self._state.habits(message["store"])["sign_hooks"]:
            headers["webhook-id"] = message["message_id"]
            headers["webhook-timestamp"] = str(timestamp)
            headers["webhook-signature"] = sign(self._sandbox.client_secret, message["message_id"], timestamp, body)
        try:
            answer = self._session().post(
                hook["destination"], data=body.encode(), headers=headers, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException:
            return None
        return answer.status_code

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        return self._local.session
