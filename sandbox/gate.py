"""What stands in front of the API: faults, tokens, scopes, the rate limit, the log."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from sandbox import state_apps
from sandbox.api import base
from sandbox.api.base import Problem
from sandbox.faults import API_FAULTS
from sandbox.state import Missing

if TYPE_CHECKING:
    from sandbox.server import Sandbox

WINDOW_S = 30
HUGE_QUOTA = 20_000
TITLES = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


class RateLimit:
    """Calls per store in windows of 30 seconds, all apps together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, store: str, now: float, quota: int) -> tuple[int, int]:
        """(calls left after this one, ms until the window ends); -1 left: this one is too much."""
        with self._lock:
            start, used = self._windows.get(store, (now, 0))
            if not 0 <= now - start < WINDOW_S:
                start, used = now, 0
            left = quota - used - 1
            if left >= 0:
                used += 1
            self._windows[store] = (start, used)
            return max(left, -1), int((start + WINDOW_S - now) * 1000)


def guard(app: Flask) -> None:
    """Put the gate in front of the API and the token endpoint of `app`."""
    app.before_request(_enter)
    app.after_request(_leave)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(Missing, lambda gone: _problem(Problem(404, "The requested resource was not found.")))
    app.register_error_handler(HTTPException, _http_error)


def _here() -> Sandbox:
    return current_app.config["SANDBOX"]


def _api_path() -> str | None:
    """The path as faults and log name it: below /stores/{hash}, or the token endpoint; None for pages."""
    if request.path == "/oauth2/token":
        return request.path
    if not request.path.startswith("/stores/"):
        return None
    store, _, rest = request.path.removeprefix("/stores/").partition("/")
    g.store = store
    return f"/{rest}"


def _enter() -> Response | None:
    g.api_path = path = _api_path()
    if path is None:
        return None
    g.started, g.fault, g.rate, g.client_id, g.scopes = time.monotonic(), None, None, None, set()
    # Read it now: an answer given before the body is read would leave it lying in the kept-alive connection.
    request.get_data(cache=True)
    store = g.get("store", "")
    g.fault = _here().state.faults.take(*API_FAULTS, method=request.method, path=path, store=store)
    if g.fault and (early := _fault_before(g.fault)) is not None:
        return early
    if "store" in g:
        _admit()
    return None


def _admit() -> None:
    """Token, rate limit, scope; raises Problem."""
    here = _here()
    token = request.headers.get("X-Auth-Token")
    grant = state_apps.find_token(here.state, token) if token else None
    if grant is None or grant["store"] != g.store:
        raise Problem(401, "X-Auth-Token header is required or the token is not valid for this store.")
    g.client_id, g.scopes = grant["client_id"], set(grant["scopes"].split())
    quota = here.state.habits(g.store)["rate_quota"] or HUGE_QUOTA
    left, reset_ms = here.rate_limit.take(g.store, here.clock.now(), quota)
    g.rate = (quota, max(left, 0), reset_ms)
    if left < 0:
        raise Problem(429, "You have reached your rate limit. Please wait before making another request.")
    view: Any = current_app.view_functions.get(request.endpoint or "")
    needed = getattr(view, "scopes", [])
    if needed and not g.scopes & set(needed):
        raise Problem(403, "You don't have a required scope to access the endpoint")


def _fault_before(fault: dict[str, Any]) -> Response | None:
    """What the fault does before anything is done; None to go on."""
    name, delay_s = fault["fault"], float(fault.get("delay_s", 0))
    if name in ("latency", "timeout"):
        time.sleep(delay_s)
    if name in ("timeout", "drop"):
        _hang_up()
        return base.answer({}, 503)
    if name == "error":
        status = int(fault.get("status", 500))
        raise Problem(status, TITLES.get(status, "Error"))
    if name == "rate_limited":
        g.rate = (150, 0, int(fault.get("reset_ms", delay_s * 1000 or 2000)))
        raise Problem(429, "You have reached your rate limit. Please wait before making another request.")
    if name == "overloaded":
        raise Problem(429, "The service is overloaded. Please try again later.")
    if name == "unauthorized":
        raise Problem(401, "The token is no longer valid.")
    if name == "forbidden":
        raise Problem(403, "You don't have a required scope to access the endpoint")
    if name == "invalid_json":
        return Response("<html>not what you asked for</html", 200, content_type="application/json")
    return None


def _hang_up() -> None:
    """Close the caller's connection under its feet."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        g.hung_up = True
        connection.shutdown(socket.SHUT_RDWR)


def _leave(response: Response) -> Response:
    if g.get("api_path") is None:
        return response
    _log(response)
    _note_violations(response)
    fault = g.fault["fault"] if g.fault else None
    if fault == "error_after":
        response = base.answer({"status": 502, "title": TITLES[502], "type": ""}, 502)
    if fault == "drop_after":
        _hang_up()
    if g.rate is not None:
        quota, left, reset_ms = g.rate
        response.headers["X-Rate-Limit-Requests-Quota"] = str(quota)
        response.headers["X-Rate-Limit-Requests-Left"] = str(left)
        response.headers["X-Rate-Limit-Time-Window-Ms"] = str(WINDOW_S * 1000)
        response.headers["X-Rate-Limit-Time-Reset-Ms"] = str(reset_ms)
        if response.status_code == 429:
            response.headers["X-Retry-After"] = str(max(1, -(-reset_ms // 1000)))
    return response


def _log(response: Response) -> None:
    body: Any = None
    if request.path != "/oauth2/token" and (raw := request.get_data(cache=True)):
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw[:2000].decode(errors="replace")
    entry = {
        "store": g.get("store"),
        "method": request.method,
        "path": g.api_path,
        "query": request.query_string.decode(),
        "status": response.status_code,
        "fault": g.fault["fault"] if g.fault else None,
        "request_body": body,
        "ms": round((time.monotonic() - g.started) * 1000),
    }
    _here().state.log("api", entry)


def _note_violations(response: Response) -> None:
    """Hold the request and its answer against the contract, where one is known and no fault spoils the answer."""
    here = _here()
    if here.contract is None or "store" not in g or (g.fault and g.fault["fault"] != "latency"):
        return
    found = here.contract.check(
        request.method,
        g.api_path,
        list(request.args.items(multi=True)),
        request.get_data(cache=True),
        response.status_code,
        response.get_data(),
    )
    here.violations.extend(found)


def _is_v2() -> bool:
    return (g.get("api_path") or "").startswith("/v2/")


def _problem(problem: Problem) -> Response:
    return base.problem_answer(problem, v2=_is_v2())


def _http_error(error: HTTPException) -> Any:
    if g.get("api_path") is None:
        return error
    titles = {404: "The route is not found, check the URL", 405: "The method is not allowed"}
    status = error.code or 500
    return _problem(Problem(status, titles.get(status, error.name)))
