"""The script of ours on the storefront's account pages: what it says, where it lies, and its fingerprint."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from ..config import Settings
from ..lib.ids import digest


def content(settings: Settings, store_hash: str) -> str:
    """The script as the store `store_hash` gets it."""
    return (
        _template()
        .replace("__PORTAL__", portal_address(settings, store_hash))
        .replace("__CLIENT__", settings.bc_client_id)
    )


def portal_address(settings: Settings, store_hash: str) -> str:
    """Where the store's shoppers ask for a return."""
    return f"{settings.app_url}/r/{store_hash}"


def address(settings: Settings, store_hash: str) -> str:
    """Where the script lies; a new version has a new address, so that no cache mixes two."""
    version = digest(content(settings, store_hash))[:12]
    return f"{settings.app_url}/storefront/{store_hash}.js?v={version}"


def integrity(settings: Settings, store_hash: str) -> str:
    """Its fingerprint as Subresource Integrity writes it."""
    raw = hashlib.sha384(content(settings, store_hash).encode()).digest()
    return f"sha384-{base64.b64encode(raw).decode()}"


@cache
def _template() -> str:
    return Path(__file__).with_name("account.js").read_text(encoding="utf-8")
