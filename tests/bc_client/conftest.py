"""A client of a store that answers only what the test says."""

from collections.abc import Iterator

import pytest

from app.bc_client import BigCommerce
from tests.doubles import BigCommerceDouble

CLIENT_ID = "backhaul-sandbox"


@pytest.fixture
def api(bc: BigCommerceDouble) -> Iterator[BigCommerce]:
    with BigCommerce("demostore1", "demo-access-token-1", client_id=CLIENT_ID, api_url=bc.base) as client:
        yield client
