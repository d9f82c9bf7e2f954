"""What BigCommerce can answer instead of what we asked for. One wall: nothing else leaves this room."""

import re
from collections.abc import Mapping
from typing import Any

from app.lib.errors import RemoteError

# Path below /v2 or /v3 -> the scope that opens it; the first match counts. A reading call gets by with `_read_only`.
_SCOPES = (
    (r"orders/[^/]+/transactions", "store_v2_transactions"),
    (r"order", "store_v2_orders"),
    (r"(store|settings|marketing/email-templates)\b", "store_v2_information"),
    (r"(gift_certificates|marketing)", "store_v2_marketing"),
    (r"(customers|customer_groups)", "store_v2_customers"),
    (r"catalog", "store_v2_products"),
    (r"content", "store_v2_content"),
    (r"inventory/locations", "store_locations"),
    (r"inventory", "store_inventory"),
    (r"(sites|channels/[^/]+/site)", "store_sites"),
    (r"channels", "store_channel_settings"),
)


class BCError(RemoteError):
    """BigCommerce, or the way to it, failed. `status`: what it answered with, None when nothing came back."""

    status: int | None = None


class _Answered(BCError):
    """It answered, and nothing was done. `title`: its words; `fields`: field name -> what is wrong with it."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        title: str = "",
        fields: Mapping[str, str] | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.status = status
        self.title = title
        self.fields = dict(fields or {})


class BCRejected(_Answered):
    """It understood what we want and says no: asking the same again will not help."""


class BCNotFound(BCRejected):
    """404: the store has nothing there."""


class BCUnauthorized(_Answered):
    """401: the token is dead. Uninstalled, or the owner changed and must open the app again.

    No verdict on what was asked, like BCMissingScope: what could not be sent now may be sent after a new consent.
    """


class BCMissingScope(_Answered):
    """403: the token lacks a permission. `scope`: the one this call needs ("" where we cannot tell)."""

    def __init__(self, message: str, *, scope: str, title: str = "") -> None:
        super().__init__(f"{message}; needs {scope or 'another scope'}", status=403, title=title)
        self.scope = scope


class BCConflict(_Answered):
    """409 or 423: it exists already, or somebody else is at it just now. Look, and try again."""


class BCRateLimited(BCError):
    """429: nothing was done. `reset_s`: seconds until we may call again; None when the platform is overloaded."""

    status = 429

    def __init__(self, message: str, *, reset_s: float | None) -> None:
        super().__init__(message, retryable=True, retry_after_s=reset_s)
        self.reset_s = reset_s


class BCUnavailable(BCError):
    """5xx, silence, a dropped connection or an answer nobody can read. See `outcome_unknown`."""

    def __init__(
        self, message: str, *, outcome_unknown: bool, status: int | None = None, retryable: bool = True
    ) -> None:
        super().__init__(message, retryable=retryable, outcome_unknown=outcome_unknown)
        self.status = status


class BCPartial(BCError):
    """207: a part was done and a part was not. `failed`: what the answer says of the parts, as it came."""

    status = 207

    def __init__(self, message: str, *, failed: Any) -> None:
        super().__init__(message, retryable=False)
        self.failed = failed


def needed_scope(method: str, path: str) -> str:
    """The OAuth scope a call needs, from its path below /v2 or /v3; "" for hooks, which need none of their own."""
    if path.startswith("graphql"):
        return "store_app_extensions_manage"
    for pattern, scope in _SCOPES:
        if re.match(pattern, path):
            if scope in ("store_sites", "store_channel_settings"):
                return f"{scope}_read_only"
            return f"{scope}_read_only" if method == "GET" else scope
    return ""


def error_for(status: int, body: Any, headers: Mapping[str, str], *, method: str, path: str) -> BCError:
    """The error for an answer outside 2xx, or 207. `body`: its parsed JSON, None when there is none to read.

    Its message carries status, path and BigCommerce's title, never the body: that may hold addresses.
    """
    title, fields = _describe(body)
    message = f"{method} {path}: {status} {title}".rstrip()
    if status == 207:
        return BCPartial(message, failed=body)
    if status == 429:
        return BCRateLimited(message, reset_s=_reset_s(headers))
    if status == 403:
        return BCMissingScope(message, scope=needed_scope(method, path), title=title)
    # 408 and 499: the platform gave up waiting for itself; whatever it had begun may be done.
    if status >= 500 or status in (408, 499):
        return BCUnavailable(message, outcome_unknown=method != "GET", status=status, retryable=status != 501)
    if status in (409, 423):
        return BCConflict(message, status=status, title=title, fields=fields, retryable=True)
    kind = {401: BCUnauthorized, 404: BCNotFound}.get(status, BCRejected)
    return kind(message, status=status, title=title, fields=fields)


def _reset_s(headers: Mapping[str, str]) -> float | None:
    for name, per_second in (("X-Rate-Limit-Time-Reset-Ms", 1000), ("X-Retry-After", 1), ("Retry-After", 1)):
        try:
            return max(0.0, float(headers[name]) / per_second)
        except (KeyError, ValueError):
            continue
    return None


def _describe(body: Any) -> tuple[str, dict[str, str]]:
    """Title and fields out of any of the known shapes.

    V3: {status, title, type, errors{}}; V2: [{status, message}]; refunds: {data: [{status, title | error}]};
    token exchange: {error, error_description}.
    """
    if isinstance(body, dict) and isinstance(body.get("data"), list):
        body = body["data"]
    if isinstance(body, list):
        body = body[0] if body else None
    if not isinstance(body, dict):
        return "", {}
    title = next((body[key] for key in ("title", "message", "error", "detail") if isinstance(body.get(key), str)), "")
    errors = body.get("errors")
    if isinstance(errors, dict):
        return title[:300], {str(name): str(text)[:300] for name, text in errors.items()}
    return title[:300], {}
