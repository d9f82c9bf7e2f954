"""A state machine is a table: event -> (states it may start from, state it ends in)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from .errors import Conflict

S = TypeVar("S", bound=StrEnum)


class Machine(Generic[S]):
    """One axis of states.

    `moves`: event name -> (states allowed before, state after).
    """

    def __init__(self, axis: str, moves: Mapping[str, tuple[frozenset[S] | set[S], S]]) -> None:
        self.axis = axis
        self.moves = {event: (frozenset(before), after) for event, (before, after) in moves.items()}

    def target(self, event: str, state: S) -> S:
        """The state after `event` in `state`. Raises Conflict("not_allowed_now") when the table has no such move."""
        before, after = self.moves[event]
        if state not in before:
            raise Conflict("not_allowed_now", axis=self.axis, event=event, state=str(state))
        return after

    def allowed(self, state: S) -> list[str]:
        """The events possible in `state`, in the table's order."""
        return [event for event, (before, _) in self.moves.items() if state in before]
