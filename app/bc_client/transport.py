"""The `bigcommerce` package's connections, with what they get wrong put right. Nothing else of the package is used.

Theirs: paths, session, request and answer as two steps. Ours: our own host (also http on loopback), time-outs, exact
numbers, empty bodies that are sent, lists in queries, the rate-limit headers read after every answer whatever its
status, and one typed error for everything that can go wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from bigcommerce.connection import GraphQLConnection, OAuthConnection

from . import wire
from .errors import BCUnavailable, error_for

USER_AGENT = "Backhaul/0.1"
PATIENCE = (5.0, 30.0)  # seconds: to connect, to answer
REFUND_PATIENCE = (5.0, 90.0)  # a refund waits for a payment gateway


@dataclass(frozen=True)
class Limits:
    """What the store has left for us: `left` of `quota` calls in a window of `window_ms`, new ones in `reset_ms`."""

    left: int
    quota: int
    window_ms: int
    reset_ms: int

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "Limits | None":
        """None when the answer does not say: an overloaded platform sends 429 without them."""
        names = ("Requests-Left", "Requests-Quota", "Time-Window-Ms", "Time-Reset-Ms")
        try:
            return cls(*(int(headers[f"X-Rate-Limit-{name}"]) for name in names))
        except (KeyError, ValueError):
            return None


class Meter:
    """Counts calls and passes on what the store tells about its limits."""

    def __init__(
        self, on_limits: Callable[[Limits], None] | None = None, before_call: Callable[[], None] | None = None
    ) -> None:
        self.calls = 0
        self._on_limits = on_limits
        self._before_call = before_call

    def starting(self) -> None:
        """About to call. Whatever `before_call` raises keeps the call from happening."""
        if self._before_call is not None:
            self._before_call()
        self.calls += 1

    def heard(self, headers: Mapping[str, str]) -> None:
        limits = Limits.from_headers(headers)
        if limits is not None and self._on_limits is not None:
            self._on_limits(limits)


def new_session(api_url: str, access_token: str) -> requests.Session:
    """A session that carries the token. Loopback never goes through a proxy."""
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": USER_AGENT, "X-Auth-Token": access_token})
    session.trust_env = urlsplit(api_url).hostname not in ("localhost", "127.0.0.1", "::1")
    return session


class _Transport:
    """Mixed in front of a connection of the package."""

    base_url: str
    api_path: str
    store_hash: str
    timeout: tuple[float, float]
    meter: Meter
    _session: requests.Session

    def set_up(self, api_url: str, session: requests.Session, meter: Meter) -> None:
        """Replace what the package's constructor made: it knows only https, 7 seconds and its own headers."""
        self.base_url = api_url.rstrip("/")
        self._session = session
        self.meter = meter
        self.timeout = PATIENCE

    def full_path(self, url: str) -> str:
        return self.base_url + self.api_path.format(self.store_hash, url)

    def _run_method(
        self,
        method: str,
        url: str,
        data: Any = None,
        query: wire.Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self.meter.starting()
        sent = dict(headers or {})
        body = None
        if data is not None:
            body = wire.dumps(data).encode()
            sent["Content-Type"] = "application/json"
        full = url if url.startswith("http") else self.full_path(url)
        try:
            # A redirect would carry the token to wherever it points.
            return self._session.request(
                method,
                full + wire.query_string(query or {}),
                data=body,
                timeout=self.timeout,
                headers=sent,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _silence(error, method, self._short(url)) from error

    def _handle_response(self, url: str, res: requests.Response, suppress_empty: bool = True) -> Any:
        """The parsed answer, None when it is empty. Raises a BCError for everything that is not a plain success."""
        self.meter.heard(res.headers)
        method = str(res.request.method)
        if not 200 <= res.status_code < 300 or res.status_code == 207:
            raise error_for(res.status_code, _lenient(res), res.headers, method=method, path=self._short(url))
        if not res.content:
            return None
        try:
            return wire.loads(res.content)
        except ValueError:
            raise BCUnavailable(
                f"{method} {self._short(url)}: {res.status_code} with unreadable JSON",
                outcome_unknown=method != "GET",
                status=res.status_code,
            ) from None

    def _short(self, url: str) -> str:
        return "graphql" if url.startswith("http") else url.lstrip("/")


class RestConnection(_Transport, OAuthConnection):
    """V2 or V3 of one store; `version` is "v2" or "v3"."""

    def __init__(
        self, store_hash: str, client_id: str, version: str, api_url: str, session: requests.Session, meter: Meter
    ) -> None:
        OAuthConnection.__init__(self, client_id, store_hash, api_path=f"/stores/{{}}/{version}/{{}}")
        self.set_up(api_url, session, meter)


class GraphConnection(_Transport, GraphQLConnection):
    """Admin GraphQL of one store. Errors inside an answer with status 200 are the caller's to raise."""

    def __init__(self, store_hash: str, client_id: str, api_url: str, session: requests.Session, meter: Meter) -> None:
        GraphQLConnection.__init__(self, client_id, store_hash)
        self.set_up(api_url, session, meter)
        self.graphql_path = self.full_path("")


def _lenient(res: requests.Response) -> Any:
    try:
        return wire.loads(res.content)
    except ValueError:
        return None


def _silence(error: requests.RequestException, method: str, path: str) -> BCUnavailable:
    """What a call without an answer means: unknown for a writing call, unless no connection ever stood."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never_made = isinstance(error, requests.ConnectTimeout) or isinstance(reason, urllib3.exceptions.NewConnectionError)
    return BCUnavailable(f"{method} {path}: {type(error).__name__}", outcome_unknown=method != "GET" and not never_made)
