"""The signed payload of load, uninstall and remove_user. Nothing in it says which of the three it was made for."""

from datetime import timedelta

from werkzeug.datastructures import MultiDict

from ...bc_client.oauth import CallbackClaims, verify_callback_jwt
from ...extensions import house_settings
from ...lib import clock

TOKEN_LIFE = timedelta(days=1, minutes=10)
"""As long as BigCommerce lets it live, and the clocks' difference."""


def claims_of(args: MultiDict[str, str]) -> CallbackClaims:
    """Who BigCommerce says it is, however long ago it said so: each door looks at the age itself. Raises BadToken."""
    settings = house_settings()
    return verify_callback_jwt(
        args.get("signed_payload_jwt", ""),
        client_id=settings.bc_client_id,
        client_secrets=settings.bc_client_secret,
        now=clock.now(),
        max_age_s=TOKEN_LIFE.total_seconds(),
    )
