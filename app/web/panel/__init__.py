"""The merchant's panel, inside the store's control panel."""

from . import (  # noqa: F401  their routes hang on `bp`
    backtest,
    health,
    home,
    orders,
    placements,
    policy,
    policy_cases,
    policy_draft,
    policy_general,
    policy_json,
    policy_rule,
    settings,
    show,
    welcome,
    withdrawals,
)
from .door import bp

__all__ = ["bp"]
