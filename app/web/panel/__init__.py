"""The merchant's panel, inside the store's control panel."""

from . import backtest, health, home, orders, placements, settings, show, welcome, withdrawals  # noqa: F401  their routes hang on `bp`
from .door import bp

__all__ = ["bp"]
