"""What BigCommerce sends when it opens, leaves or prunes an app, made as its documentation describes it."""

import itertools
from datetime import timedelta
from typing import Any

import responses
from joserfc import jwt
from joserfc.jwk import OctKey

from app.lib import clock
from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.doubles import BigCommerceDouble

SCOPES = (
    "store_v2_orders store_v2_products_read_only store_v2_customers_read_only store_v2_information_read_only "
    "store_v2_content store_app_extensions_manage store_channel_settings_read_only store_sites_read_only"
)
TOKEN_URL = "http://login.test/oauth2/token"

_numbers = itertools.count(1)


def payload(
    store_hash: str = "abc123",
    *,
    user_id: int = 1,
    owner_id: int = 1,
    url: str = "/",
    age_s: float = 0,
    secret: str = CLIENT_SECRET,
    algorithm: str = "HS256",
    **changes: Any,
) -> str:
    """A `signed_payload_jwt` of its own, issued `age_s` seconds ago."""
    issued = int((clock.now() - timedelta(seconds=age_s)).timestamp())
    claims = {
        "aud": CLIENT_ID,
        "iss": "bc",
        "iat": issued,
        "nbf": issued - 5,
        "exp": issued + 86395,
        "jti": f"token-{next(_numbers)}",
        "sub": f"stores/{store_hash}",
        "user": {"id": user_id, "email": f"user{user_id}@{store_hash}.example", "locale": "en-US"},
        "owner": {"id": owner_id, "email": f"owner@{store_hash}.example"},
        "url": url,
        "channel_id": None,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode({"alg": algorithm, "typ": "JWT"}, kept, OctKey.import_key(secret), algorithms=[algorithm])


def grant(store_hash: str = "abc123", **changes: Any) -> dict[str, Any]:
    """What the token endpoint answers."""
    return {
        "access_token": "a-new-token",
        "scope": f"{SCOPES} store_v2_default users_basic_information",
        "user": {"id": 1, "username": "owner", "email": f"owner@{store_hash}.example"},
        "owner": {"id": 1, "username": "owner", "email": f"owner@{store_hash}.example"},
        "context": f"stores/{store_hash}",
        "account_uuid": "9c4f1f6e-0000-4000-8000-000000000001",
        **changes,
    }


def answers_exchange(bc: BigCommerceDouble, **changes: Any) -> None:
    """The token endpoint takes the code."""
    bc.mock.add(responses.POST, TOKEN_URL, json=grant(**changes))


def auth_query(store_hash: str = "abc123", **changes: str) -> dict[str, str]:
    """What the browser brings to /auth."""
    return {"code": "a-code", "scope": SCOPES, "context": f"stores/{store_hash}", "account_uuid": "9c4f", **changes}
