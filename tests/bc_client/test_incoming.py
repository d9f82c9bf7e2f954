import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.bc_client.incoming import HEADER, HOOK_SCOPES, BadHook, HookEvent, claimed_store, verify
from tests.bc_client.recordings import recorded_text

HOOK_SECRET, CLIENT_SECRET = "demo-hook-secret", "sandbox-secret-not-for-production-0123456789"
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
BODY = recorded_text("hooks/order_updated.json").encode()


def signature(
    body: bytes, at: datetime = NOW, secret: str = CLIENT_SECRET, webhook_id: str = "msg_1"
) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": "v1," + base64.b64encode(mac).decode(),
    }


def take(body: bytes = BODY, headers: dict[str, str] | None = None) -> HookEvent:
    given = {HEADER: HOOK_SECRET} if headers is None else headers
    return verify(body, given, hook_secret=HOOK_SECRET, client_secret=CLIENT_SECRET, now=NOW)


@pytest.mark.parametrize(
    ("recording", "kind", "order_id", "refund_id"),
    [
        ("order_updated", "order", 101, None),
        ("order_status_updated", "order", 101, None),
        ("refund_created", "order", 101, 1),
        ("shipment_created", "shipment", 101, None),
        ("transaction_updated", "transaction", 101, None),
        ("metafield_updated", "order_metafield", 101, None),
        ("channel_order_updated", "", 102, None),
        ("app_uninstalled", "store", None, None),
    ],
)
def test_every_kind_of_event_names_its_order(
    recording: str, kind: str, order_id: int | None, refund_id: int | None
) -> None:
    event = take(recorded_text(f"hooks/{recording}.json").encode())
    assert (event.type, event.order_id, event.refund_id) == (kind, order_id, refund_id)
    assert (event.store_hash, event.created_at) == ("demostore1", datetime.fromtimestamp(1772500000, UTC))
    assert len(event.hash) == 40
    assert not event.signed


def test_a_signed_hook_is_checked_and_keeps_its_id() -> None:
    event = take(headers={HEADER: HOOK_SECRET, **signature(BODY)})
    assert (event.signed, event.webhook_id) == (True, "msg_1")


def test_header_names_come_in_any_case_and_one_of_several_signatures_is_enough() -> None:
    headers = {name.upper(): value for name, value in {HEADER: HOOK_SECRET, **signature(BODY)}.items()}
    headers["WEBHOOK-SIGNATURE"] = f"v1a,xyz nonsense {headers['WEBHOOK-SIGNATURE']}"
    assert take(headers=headers).signed


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_some_minutes_off_is_fine(minutes: int) -> None:
    assert take(headers={HEADER: HOOK_SECRET, **signature(BODY, NOW + timedelta(minutes=minutes))}).signed


GOOD = {HEADER: HOOK_SECRET, **signature(BODY)}
FORGED: dict[str, dict[str, str]] = {
    "no secret": {},
    "another store's secret": {HEADER: "another"},
    "an empty secret": {HEADER: ""},
    "a signature instead of the secret": signature(BODY),
    "a secret that is not ASCII": {HEADER: "gehéim"},
    "another app's signature": {HEADER: HOOK_SECRET, **signature(BODY, secret="another")},
    "a signature of another body": {HEADER: HOOK_SECRET, **signature(BODY + b" ")},
    "a signature of another id": {**GOOD, "Webhook-Id": "msg_2"},
    "an old signature": {HEADER: HOOK_SECRET, **signature(BODY, NOW - timedelta(minutes=6))},
    "a signature of the future": {HEADER: HOOK_SECRET, **signature(BODY, NOW + timedelta(minutes=6))},
    "a moved time": {**GOOD, "Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
    "no time": {name: value for name, value in GOOD.items() if name != "Webhook-Timestamp"},
    "no id": {name: value for name, value in GOOD.items() if name != "Webhook-Id"},
    "a time that is a word": {**GOOD, "Webhook-Timestamp": "now"},
    "a time beyond time": {**GOOD, "Webhook-Timestamp": "9" * 30},
    "an empty signature": {**GOOD, "Webhook-Signature": ""},
    "a malformed signature": {**GOOD, "Webhook-Signature": "v1"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_a_forged_hook_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadHook):
        take(headers=headers)


def test_a_store_without_a_secret_of_its_own_takes_nothing() -> None:
    with pytest.raises(BadHook):
        verify(BODY, {HEADER: ""}, hook_secret="", client_secret=CLIENT_SECRET, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"producer": 7}',
        b'{"producer": "stores/"}',
        b'{"producer": "x/demo"}',
        b'{"producer": "stores/a/b"}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_names_no_store_is_refused_whoever_sends_it(body: bytes) -> None:
    assert claimed_store(body) is None
    with pytest.raises(BadHook):
        take(body)


@pytest.mark.parametrize("identifier", [None, "x", -1, 1.5, True, [], "9" * 30, 0])
def test_an_odd_id_is_no_order(identifier: Any) -> None:
    payload = {**json.loads(BODY), "data": {"type": "order", "id": identifier}, "created_at": "x"}
    assert take(json.dumps(payload).encode()).order_id is None


def test_the_store_a_hook_claims_is_found_before_it_is_checked() -> None:
    assert claimed_store(BODY) == "demostore1"


def test_we_ask_for_no_wildcard_and_nothing_twice() -> None:
    assert len(set(HOOK_SCOPES)) == len(HOOK_SCOPES)
    assert not any("*" in scope for scope in HOOK_SCOPES)
    assert "store/app/uninstalled" in HOOK_SCOPES
