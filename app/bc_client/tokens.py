"""BigCommerce's signed tokens: the callbacks' payload and the storefront's "who is signed in"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LEEWAY_S = 30  # `iat` is BigCommerce's clock, and it may be ahead of ours
CUSTOMER_MAX_AGE_S = 15 * 60
_SUBJECT = re.compile(r"stores/([a-z0-9]+)")


class BadToken(Exception):
    """Not a token BigCommerce signed for us, or not any more. `reason` is for the log, not for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CallbackClaims:
    """Who opens the app (or uninstalls it, or is removed), in which store.

    `url`: the path asked for, as it came; check it against a list before following. `owner_id`: None when not told.
    Nothing in it says which callback it was made for: a load token works as an uninstall token.
    """

    store_hash: str
    user_id: int
    email: str
    locale: str
    owner_id: int | None
    owner_email: str
    url: str
    channel_id: int | None
    jti: str
    issued_at: datetime

    @property
    def is_owner(self) -> bool:
        return self.owner_id is not None and self.owner_id == self.user_id


@dataclass(frozen=True)
class CurrentCustomer:
    """The shopper signed in on the storefront."""

    customer_id: int
    email: str
    group_id: int | None
    store_hash: str
    issued_at: datetime


def verify_callback_jwt(
    token: str,
    *,
    client_id: str,
    client_secrets: str | Sequence[str],
    now: datetime,
    max_age_s: float = 300,
) -> CallbackClaims:
    """Read the `signed_payload_jwt` of load, uninstall and remove_user.

    BigCommerce lets it live a day; we take it for `max_age_s` seconds after its issue, and the caller once (`jti`).
    `client_secrets`: one, or several while a secret is being changed. Raises BadToken.
    Source: https://developer.bigcommerce.com/docs/integrations/apps/guide/callbacks (read 2026-04)
    """
    claims = _verified(
        token,
        client_secrets,
        ["HS256"],
        now,
        {"aud": client_id, "iss": "bc"},
        required=("exp", "iat", "sub", "jti", "user"),
    )
    subject = _SUBJECT.fullmatch(str(claims["sub"]))
    if subject is None:
        raise BadToken("sub names no store")
    issued_at = _fresh(claims, now, max_age_s)
    user, owner = _person(claims["user"]), _person(claims.get("owner") or {})
    if user[0] is None:
        raise BadToken("no user id")
    return CallbackClaims(
        store_hash=subject[1],
        user_id=user[0],
        email=user[1],
        locale=_word(claims["user"].get("locale")),
        owner_id=owner[0],
        owner_email=owner[1],
        url=_word(claims.get("url")) or "/",
        channel_id=_number(claims.get("channel_id")),
        jti=_word(claims["jti"]),
        issued_at=issued_at,
    )


def verify_current_customer_jwt(
    token: str,
    *,
    client_id: str,
    client_secrets: str | Sequence[str],
    store_hash: str,
    now: datetime,
) -> CurrentCustomer:
    """Read the storefront's `/customer/current.jwt`, which must be of this store and at most 15 minutes old.

    The documentation signs it with HS256, the live service has been seen using HS512: both are taken, nothing else.
    Raises BadToken.
    Source: https://developer.bigcommerce.com/docs/start/authentication/current-customer (read 2026-04)
    """
    claims = _verified(
        token,
        client_secrets,
        ["HS256", "HS512"],
        now,
        {"aud": client_id, "iss": "bc/apps", "operation": "current_customer", "sub": store_hash},
        required=("exp", "iat", "customer"),
    )
    if claims.get("store_hash", store_hash) != store_hash:
        raise BadToken("of another store")
    issued_at = _fresh(claims, now, CUSTOMER_MAX_AGE_S)
    customer = claims["customer"]
    customer_id, email = _person(customer)
    if customer_id is None:
        raise BadToken("no customer id")
    return CurrentCustomer(customer_id, email, _number(customer.get("group_id")), store_hash, issued_at)


def _verified(
    token: str,
    secrets: str | Sequence[str],
    algorithms: list[str],
    now: datetime,
    expected: dict[str, str],
    required: Sequence[str],
) -> dict[str, Any]:
    """The claims, once signature, times, `expected` values and `required` names hold."""
    claims = _decoded(token, [secrets] if isinstance(secrets, str) else list(secrets), algorithms)
    options: dict[str, Any] = {name: {"essential": True, "value": value} for name, value in expected.items()}
    options.update({name: {"essential": True} for name in required})
    registry = jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_S, **options)
    try:
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken(f"{type(error).__name__}: {error}") from None
    return claims


def _decoded(token: str, secrets: list[str], algorithms: list[str]) -> dict[str, Any]:
    reason = "no secret to check with"
    for secret in filter(None, secrets):
        try:
            return jwt.decode(token, OctKey.import_key(secret), algorithms=algorithms).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            reason = f"{type(error).__name__}: {error}"
    raise BadToken(reason)


def _fresh(claims: dict[str, Any], now: datetime, max_age_s: float) -> datetime:
    """The moment of issue. Raises BadToken when that is longer ago than `max_age_s`."""
    age_s = now.timestamp() - claims["iat"]
    if age_s > max_age_s + LEEWAY_S:
        raise BadToken("too old")
    try:
        return datetime.fromtimestamp(claims["iat"], UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken("iat is no moment") from None


def _person(person: Any) -> tuple[int | None, str]:
    if not isinstance(person, dict):
        raise BadToken("a person that is no object")
    return _number(person.get("id")), _word(person.get("email"))


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if str(value).isdecimal() else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
