"""A state machine is its table."""

from enum import StrEnum

import pytest

from app.lib.errors import Conflict
from app.lib.statemachine import Machine


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    LOCKED = "locked"


DOOR = Machine(
    "door", {"shut": ({Door.OPEN}, Door.SHUT), "lock": ({Door.SHUT}, Door.LOCKED), "open": ({Door.SHUT}, Door.OPEN)}
)


def test_an_event_leads_where_the_table_says() -> None:
    assert DOOR.target("shut", Door.OPEN) == Door.SHUT
    assert DOOR.target("lock", Door.SHUT) == Door.LOCKED


def test_an_event_the_state_does_not_allow_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        DOOR.target("open", Door.LOCKED)
    assert (refused.value.code, refused.value.status) == ("not_allowed_now", 409)
    assert refused.value.facts == {"axis": "door", "event": "open", "state": "locked"}


def test_what_is_allowed_comes_in_the_tables_order() -> None:
    assert DOOR.allowed(Door.SHUT) == ["lock", "open"]
    assert DOOR.allowed(Door.LOCKED) == []
