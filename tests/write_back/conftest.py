"""The stage for money."""

from tests.money_stage import simulator, stage

__all__ = ["simulator", "stage"]
