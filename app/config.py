"""Settings, from the environment and nowhere else. A missing one stops the boot by its name."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

DEFAULT_SCOPES = (
    "store_v2_orders store_v2_products_read_only store_v2_customers_read_only store_v2_information_read_only "
    "store_v2_content store_app_extensions_manage store_channel_settings_read_only store_sites_read_only"
)


def _no_slash(url: str) -> str:
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_no_slash)]
Hidden = Annotated[str, Field(repr=False)]
"""Not to be seen where settings are printed."""


class MissingSetting(RuntimeError):
    """The environment lacks settings or holds bad ones; the message names each."""


class Settings(BaseModel):
    """What the environment says. Every name is the environment variable in lower case; see `.env.example`.

    Keys and secrets given as comma-separated lists are tried in order: the first one signs and encrypts.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    bc_client_id: str
    bc_client_secret: Hidden
    bc_scopes: str = DEFAULT_SCOPES
    bc_api_url: Url = "https://api.bigcommerce.com"
    bc_login_url: Url = "https://login.bigcommerce.com"
    app_url: Url
    secret_keys: Hidden
    encryption_keys: Hidden
    database_url: Hidden
    database_owner_url: Hidden = ""
    smtp_url: Hidden
    mail_from: str
    support_url: str = ""
    privacy_url: str = ""
    frame_ancestors: str = "https://*.mybigcommerce.com"
    sandbox: bool = False
    sandbox_clock_file: str = ""
    unknown_look_minutes: str = "1,5,15"
    proxies: int = 0
    """How many reverse proxies stand before us and set X-Forwarded-*: only so many of its entries are believed."""

    @property
    def secret_key(self) -> str:
        return self.secret_keys.split(",")[0].strip()

    @property
    def secret_key_fallbacks(self) -> list[str]:
        return [key.strip() for key in self.secret_keys.split(",")[1:]]

    @property
    def encryption_key_list(self) -> list[str]:
        return [key.strip() for key in self.encryption_keys.split(",")]

    @property
    def look_delays_s(self) -> list[float]:
        """After silence, how long to wait before each look at the store for our refund, in seconds."""
        return [float(part) * 60 for part in self.unknown_look_minutes.split(",")]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Raises MissingSetting naming every setting that is missing or wrong."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        try:
            settings = cls(**given)
        except ValidationError as error:
            names = ", ".join(f"{str(e['loc'][0]).upper()} ({e['msg'].lower()})" for e in error.errors())
            raise MissingSetting(f"Settings missing or wrong: {names}. See .env.example.") from None
        if settings.sandbox_clock_file and not settings.sandbox:
            raise MissingSetting("SANDBOX_CLOCK_FILE is set but SANDBOX is not: only a sandbox may move the clock.")
        return settings


def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent
