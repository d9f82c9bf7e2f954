"""Webhooks coming in: is it BigCommerce, and about what? Never more than that: the content is fetched by id."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from app.lib.signing import same

HEADER = "X-Backhaul-Hook"
TOLERANCE = timedelta(minutes=5)

# What we ask to be told. No wildcard: it would double the volume with the echo of our own metafields.
HOOK_SCOPES = (
    "store/order/created",
    "store/order/updated",
    "store/order/statusUpdated",
    "store/order/archived",
    "store/order/refund/created",
    "store/shipment/created",
    "store/shipment/updated",
    "store/app/uninstalled",
    "store/information/updated",
)

_PRODUCER = re.compile(r"stores/([a-z0-9]+)")


class BadHook(Exception):
    """Not a webhook BigCommerce sent us. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class HookEvent:
    """That something happened to something. `hash` is the same for a repeated delivery of one event.

    `signed`: whether it carried a Standard Webhooks signature, which then held. `order_id`: None for events about
    something else; `refund_id` only for refunds. `subject_id`: the id of whatever `type` names.
    `sent_at`: when this delivery left, by the same clock as `created_at`; known only if it was signed.
    """

    scope: str
    store_hash: str
    type: str
    order_id: int | None
    refund_id: int | None
    hash: str
    created_at: datetime
    webhook_id: str
    signed: bool
    subject_id: int | None = None
    sent_at: datetime | None = None


def claimed_store(raw_body: bytes) -> str | None:
    """The store a body says it is from, to look up that store's secret. Proves nothing before `verify`."""
    payload = _parsed(raw_body)
    producer = _PRODUCER.fullmatch(str(payload.get("producer"))) if payload else None
    return producer[1] if producer else None


def verify(
    raw_body: bytes,
    headers: Mapping[str, str],
    *,
    hook_secret: str,
    client_secret: str,
    now: datetime,
) -> HookEvent:
    """Check a webhook's sender and read what it is about.

    `hook_secret`: the store's own, which it was told to send in `X-Backhaul-Hook`. The Standard Webhooks signature
    (of the app's secret) is enforced when present; not every hook seems to have one. Raises BadHook.
    Source: https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview (read 2026-04)
    """
    given = {name.lower(): value for name, value in headers.items()}
    if not hook_secret or not same(given.get(HEADER.lower(), ""), hook_secret):
        raise BadHook("the store's secret is missing or wrong")
    signed = "webhook-signature" in given
    sent_at = _check_signature(raw_body, given, client_secret, now) if signed else None
    payload = _parsed(raw_body)
    producer = _PRODUCER.fullmatch(str(payload.get("producer"))) if payload else None
    if payload is None or producer is None:
        raise BadHook("the body names no store")
    return _event(payload, producer[1], webhook_id=given.get("webhook-id", ""), sent_at=sent_at)


def is_signed(raw_body: bytes, headers: Mapping[str, str], *, client_secret: str, now: datetime) -> bool:
    """Whether the body carries the app's own signature, whichever store it speaks of.

    For what names a store we do not know: BigCommerce may be told that all is well, anybody else may not.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if "webhook-signature" not in given:
        return False
    try:
        _check_signature(raw_body, given, client_secret, now)
    except BadHook:
        return False
    return True


def _check_signature(raw_body: bytes, given: Mapping[str, str], client_secret: str, now: datetime) -> datetime:
    """When it was sent. Raises BadHook.

    The library's own check takes the system's clock and breaks on a malformed signature; its signing is used.
    """
    stamp, webhook_id = given.get("webhook-timestamp", ""), given.get("webhook-id", "")
    # At most 11 digits: what lies beyond is no moment.
    if not re.fullmatch(r"[0-9]{1,11}", stamp) or not webhook_id:
        raise BadHook("a signature without its id or time")
    sent_at = datetime.fromtimestamp(int(stamp), UTC)
    if abs(now - sent_at) > TOLERANCE:
        raise BadHook("signed at another time")
    try:
        body = raw_body.decode()
    except UnicodeDecodeError:
        raise BadHook("the body is not UTF-8") from None
    signer = Webhook(base64.b64encode(client_secret.encode()).decode())
    expected = signer.sign(webhook_id, sent_at, body)
    if not any(same(candidate, expected) for candidate in given["webhook-signature"].split()):
        raise BadHook("the signature does not match")
    return sent_at


def _parsed(raw_body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(raw_body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _event(payload: dict[str, Any], store_hash: str, *, webhook_id: str, sent_at: datetime | None) -> HookEvent:
    data = payload.get("data")
    data = data if isinstance(data, dict) else {}
    scope, refund = str(payload.get("scope")), data.get("refund")
    return HookEvent(
        scope=scope,
        store_hash=store_hash,
        type=str(data.get("type") or ""),
        order_id=_order_id(scope, data),
        refund_id=_id(refund.get("refund_id")) if isinstance(refund, dict) else None,
        hash=str(payload.get("hash") or ""),
        created_at=_moment(payload.get("created_at")),
        webhook_id=webhook_id,
        signed=sent_at is not None,
        subject_id=_id(data.get("id")),
        sent_at=sent_at,
    )


def _moment(seconds: Any) -> datetime:
    """A unix moment; 1970 where there is none: nothing is decided by it."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _order_id(scope: str, data: dict[str, Any]) -> int | None:
    """The order, wherever this kind of event keeps it; some write it as text."""
    for key in ("orderId", "order_id"):
        if key in data:
            return _id(data[key])
    if "order/metafield" in scope:
        return _id(data.get("resource_id"))
    return _id(data.get("id")) if data.get("type") == "order" else None


def _id(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        return None
    return int(value) or None
