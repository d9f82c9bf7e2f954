"""The install: a code from the merchant's browser becomes a token."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from .errors import BCRejected, BCUnavailable
from .tokens import (
    BadToken,
    CallbackClaims,
    CurrentCustomer,
    verify_callback_jwt,
    verify_current_customer_jwt,
)
from .transport import PATIENCE, USER_AGENT

__all__ = [
    "BadToken",
    "CallbackClaims",
    "CurrentCustomer",
    "InstallGrant",
    "Person",
    "exchange_code",
    "verify_callback_jwt",
    "verify_current_customer_jwt",
]

_CONTEXT = re.compile(r"stores/([a-z0-9]+)")
_PATH = "oauth2/token"
_IN_FORM = "client_secret_post"


@dataclass(frozen=True)
class Person:
    """A user of a store's control panel."""

    id: int
    username: str
    email: str


@dataclass(frozen=True)
class InstallGrant:
    """A store's permission, out of the token response alone: what came with the browser proves nothing.

    `access_token` has no end date; it dies when scopes or the owner's address change, or at uninstall.
    """

    store_hash: str
    access_token: str
    scopes: frozenset[str]
    user: Person
    owner: Person | None
    account_uuid: str

    def __repr__(self) -> str:
        return f"InstallGrant({self.store_hash!r}, user={self.user.id})"


def exchange_code(
    *,
    login_url: str,
    client_id: str,
    client_secret: str,
    code: str,
    scope: str,
    context: str,
    redirect_uri: str,
) -> InstallGrant:
    """Exchange an install `code` for a token, before the merchant's browser is answered.

    `code`, `scope` and `context` are passed on as the browser brought them; `redirect_uri` must be the registered one,
    byte for byte. Raises BCRejected (a code that is forged, used or old), BCUnavailable.
    Source: https://developer.bigcommerce.com/docs/integrations/apps/guide/auth (read 2026-04)
    """
    session = OAuth2Session(client_id, client_secret, token_endpoint_auth_method=_IN_FORM)
    session.headers["User-Agent"] = USER_AGENT
    session.trust_env = urlsplit(login_url).hostname not in ("localhost", "127.0.0.1", "::1")
    try:
        token: Any = session.fetch_token(
            f"{login_url}/{_PATH}",
            grant_type="authorization_code",
            code=code,
            scope=scope,
            context=context,
            redirect_uri=redirect_uri,
            timeout=PATIENCE,
            allow_redirects=False,
        )
        return _grant(token)
    except AuthlibBaseError as error:
        raise BCRejected(f"POST {_PATH}: {error.error}", status=400, title=str(error.error)) from None
    except requests.HTTPError as error:
        raise _refusal(error) from None
    except requests.JSONDecodeError:
        raise BCUnavailable(f"POST {_PATH}: unreadable JSON", outcome_unknown=True) from None
    except requests.RequestException as error:
        raise BCUnavailable(f"POST {_PATH}: {type(error).__name__}", outcome_unknown=True) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BCUnavailable(f"POST {_PATH}: another shape ({type(error).__name__})", outcome_unknown=True) from None
    finally:
        session.close()


def _refusal(error: requests.HTTPError) -> BCRejected | BCUnavailable:
    status = error.response.status_code
    if status >= 500 or status == 429:
        return BCUnavailable(f"POST {_PATH}: {status}", outcome_unknown=status != 429, status=status)
    return BCRejected(f"POST {_PATH}: {status}", status=status)


def _grant(token: Any) -> InstallGrant:
    context = _CONTEXT.fullmatch(token["context"])
    if context is None:
        raise ValueError("context names no store")
    if not isinstance(token["access_token"], str) or not token["access_token"]:
        raise ValueError("no token")
    owner = token.get("owner")
    return InstallGrant(
        store_hash=context[1],
        access_token=token["access_token"],
        scopes=frozenset(str(token.get("scope") or "").split()),
        user=_person(token["user"]),
        owner=_person(owner) if owner else None,
        account_uuid=str(token.get("account_uuid") or ""),
    )


def _person(raw: Any) -> Person:
    return Person(int(raw["id"]), str(raw.get("username") or ""), str(raw["email"]))
