"""The only room that speaks to BigCommerce. Doors: `BigCommerce`, `oauth`, `incoming`; values: `types`; `errors`."""

from .client import BigCommerce
from .errors import (
    BCConflict,
    BCError,
    BCMissingScope,
    BCNotFound,
    BCPartial,
    BCRateLimited,
    BCRejected,
    BCUnauthorized,
    BCUnavailable,
)
from .transport import Limits

__all__ = [
    "BCConflict",
    "BCError",
    "BCMissingScope",
    "BCNotFound",
    "BCPartial",
    "BCRateLimited",
    "BCRejected",
    "BCUnauthorized",
    "BCUnavailable",
    "BigCommerce",
    "Limits",
]
