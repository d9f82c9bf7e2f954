"""Tokens, forged in every way we could think of. They are signed here by hand: not by the library that checks them."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.bc_client.oauth import BadToken, verify_callback_jwt, verify_current_customer_jwt
from tests.bc_client.recordings import recorded

SECRET = "sandbox-secret-not-for-production-0123456789"
LOAD = recorded("oauth/load_claims.json")
CUSTOMER = recorded("oauth/current_customer_claims.json")
ISSUED = datetime.fromtimestamp(LOAD["iat"], UTC)
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(claims: dict[str, Any], secret: str = SECRET, alg: str = "HS256", **header: Any) -> str:
    body = f"{_b64(json.dumps({'typ': 'JWT', 'alg': alg, **header}).encode())}.{_b64(json.dumps(claims).encode())}"
    if alg not in _HASHES:
        return f"{body}."
    return f"{body}.{_b64(hmac.new(secret.encode(), body.encode(), _HASHES[alg]).digest())}"


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def load(token: str, after_s: float = 1, secrets: Any = SECRET) -> Any:
    return verify_callback_jwt(
        token, client_id="backhaul-sandbox", client_secrets=secrets, now=ISSUED + timedelta(seconds=after_s)
    )


def customer(token: str, after_s: float = 1, store_hash: str = "demostore1") -> Any:
    return verify_current_customer_jwt(
        token,
        client_id="backhaul-sandbox",
        client_secrets=SECRET,
        store_hash=store_hash,
        now=ISSUED + timedelta(seconds=after_s),
    )


def test_a_load_token_says_who_opens_which_store() -> None:
    claims = load(sign(LOAD))
    assert (claims.store_hash, claims.user_id, claims.email) == ("demostore1", 8, "clerk@demo.example")
    assert (claims.owner_id, claims.is_owner, claims.locale) == (7, False, "en-US")
    assert (claims.url, claims.channel_id, claims.issued_at) == ("/orders/101/returns", None, ISSUED)
    assert claims.jti == LOAD["jti"]


def test_the_owner_is_known_by_id() -> None:
    assert load(sign({**LOAD, "user": LOAD["owner"]})).is_owner
    assert load(sign(without(LOAD, "owner"))).owner_id is None


@pytest.mark.parametrize("ahead_s", [3, 29])
def test_a_clock_a_little_ahead_of_ours_is_fine(ahead_s: int) -> None:
    assert load(sign(LOAD), after_s=-ahead_s).user_id == 8


def test_while_a_secret_is_changed_both_are_taken() -> None:
    assert load(sign(LOAD), secrets=["new-secret-0123456789-0123456789", SECRET]).user_id == 8


FORGED = {
    "another secret": sign(LOAD, "another-secret-0123456789-0123456789"),
    "no algorithm": sign(LOAD, alg="none"),
    "no algorithm, other case": sign(LOAD, alg="NONE"),
    "HS512 where HS256 is agreed": sign(LOAD, alg="HS512"),
    "HS384": sign(LOAD, alg="HS384"),
    "an unknown critical header": sign(LOAD, crit=["exp2"], exp2=1),
    "another app": sign({**LOAD, "aud": "another-app"}),
    "another issuer": sign({**LOAD, "iss": "bc/apps"}),
    "no store": sign({**LOAD, "sub": "demostore1"}),
    "a path for a store": sign({**LOAD, "sub": "stores/../x"}),
    "not yet valid": sign({**LOAD, "nbf": LOAD["iat"] + 60}),
    "issued tomorrow": sign({**LOAD, "iat": LOAD["iat"] + 86400}),
    "expired": sign({**LOAD, "exp": LOAD["iat"] - 60}),
    "a user without id": sign({**LOAD, "user": {"email": "clerk@demo.example"}}),
    "a user that is a flag": sign({**LOAD, "user": {"id": True, "email": "clerk@demo.example"}}),
    "a user that is a word": sign({**LOAD, "user": "clerk"}),
    "iat as a word": sign({**LOAD, "iat": "now"}),
    **{f"without {name}": sign(without(LOAD, name)) for name in ("exp", "iat", "sub", "jti", "aud", "iss", "user")},
    "nested too deep": f"{_b64(b'[' * 50_000)}.e30.x",
    "nothing": "",
    "rubbish": "a.b.c",
    "two parts": ".".join(sign(LOAD).split(".")[:2]),
    "a cut signature": sign(LOAD)[:-4],
    "claims of another token": ".".join(
        [sign(LOAD).split(".")[0], sign({**LOAD, "sub": "stores/other"}).split(".")[1], sign(LOAD).split(".")[2]]
    ),
    "a list": sign([1]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_load_token_is_refused(forged: str) -> None:
    with pytest.raises(BadToken):
        load(forged)


def test_a_load_token_is_old_after_five_minutes_though_it_lives_a_day() -> None:
    assert load(sign(LOAD), after_s=300).user_id == 8
    with pytest.raises(BadToken) as old:
        load(sign(LOAD), after_s=331)
    assert old.value.reason == "too old"


def test_a_customer_token_is_no_load_token_nor_the_reverse() -> None:
    with pytest.raises(BadToken):
        load(sign(CUSTOMER))
    with pytest.raises(BadToken):
        customer(sign(LOAD))


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
def test_a_customer_token_says_who_is_signed_in(alg: str) -> None:
    shopper = customer(sign(CUSTOMER, alg=alg))
    assert (shopper.customer_id, shopper.email, shopper.group_id) == (12, "shopper12@demo.example", 4)


FORGED_CUSTOMERS = {
    "another secret": sign(CUSTOMER, "another-secret-0123456789-0123456789"),
    "no algorithm": sign(CUSTOMER, alg="none"),
    "HS384": sign(CUSTOMER, alg="HS384"),
    "another operation": sign({**CUSTOMER, "operation": "customer_login"}),
    "no operation": sign(without(CUSTOMER, "operation")),
    "another app": sign({**CUSTOMER, "aud": "another-app"}),
    "another store": sign({**CUSTOMER, "sub": "otherstore"}),
    "two stores": sign({**CUSTOMER, "store_hash": "otherstore"}),
    "no customer": sign({**CUSTOMER, "customer": {"email": "x@demo.example"}}),
    "no expiry": sign(without(CUSTOMER, "exp")),
}


@pytest.mark.parametrize("forged", FORGED_CUSTOMERS.values(), ids=FORGED_CUSTOMERS.keys())
def test_a_forged_customer_token_is_refused(forged: str) -> None:
    with pytest.raises(BadToken):
        customer(forged)


def test_a_customer_token_works_in_its_store_only() -> None:
    with pytest.raises(BadToken):
        customer(sign(CUSTOMER), store_hash="otherstore")


def test_a_customer_token_that_claims_to_live_longer_does_not() -> None:
    long = sign({**CUSTOMER, "exp": CUSTOMER["iat"] + 86400})
    assert customer(long, after_s=899).customer_id == 12
    with pytest.raises(BadToken):
        customer(long, after_s=931)
