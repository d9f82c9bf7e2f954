"""One running house for the journeys; each has a store of its own in it."""

from collections.abc import Iterator

import pytest

from tests.houses import Watched, watched


@pytest.fixture(scope="session")
def _running() -> Iterator[Watched]:
    with watched("journeys") as running:
        yield running


@pytest.fixture
def house(_running: Watched) -> Iterator[Watched]:
    """Everything up, without faults and in today's time."""
    _running.house.check()
    yield _running
    _running.heal()
    _running.control("PUT", "/clock", {"offset_s": 0})
