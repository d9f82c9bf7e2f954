import json

import pytest

from app.bc_client import BCConflict, BCNotFound, BigCommerce
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble

PATH = "/v3/orders/101/metafields"
NONE, ONE = recorded("v3/metafields_none.json"), recorded("v3/metafields.json")
VALUE = ONE["data"][0]["value"]
WANTED = {"permission_set": "app_only", "namespace": "returns", "key": "RMA-7KQ2MX", "value": "{}"}


def put(api: BigCommerce, value: str = "{}", permission_set: str = "app_only") -> None:
    api.put_order_metafield(101, "returns", "RMA-7KQ2MX", value, permission_set)


def verbs(bc: BigCommerceDouble) -> list[str]:
    return [sent["method"] for sent in bc.sent()]


def test_a_metafield_that_is_not_there_is_made(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, NONE)
    bc.answers("POST", PATH, recorded("v3/metafield_created.json"))
    put(api)
    assert verbs(bc) == ["GET", "POST"]
    assert bc.sent("POST")[0]["body"] == WANTED
    assert "namespace=returns&key=RMA-7KQ2MX" in bc.sent("GET")[0]["query"]


def test_one_that_is_there_is_overwritten(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, ONE)
    bc.answers("PUT", PATH + "/71", recorded("v3/metafield_created.json"))
    put(api)
    assert verbs(bc) == ["GET", "PUT"]


def test_one_that_says_so_already_is_left_alone(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, ONE)
    put(api, VALUE, "read_and_sf_access")
    assert verbs(bc) == ["GET"]


def test_another_key_is_never_overwritten_by_a_store_that_ignores_the_filter(
    bc: BigCommerceDouble, api: BigCommerce
) -> None:
    other = json.loads(json.dumps(ONE).replace("RMA-7KQ2MX", "summary"))
    bc.answers("GET", PATH, other)
    bc.answers("POST", PATH, recorded("v3/metafield_created.json"))
    put(api)
    assert verbs(bc) == ["GET", "POST"]


def test_somebody_making_it_meanwhile_is_overwritten(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, NONE)
    bc.answers("POST", PATH, recorded("v3/metafield_conflict.json"), status=409)
    bc.answers("GET", PATH, ONE)
    bc.answers("PUT", PATH + "/71", recorded("v3/metafield_created.json"))
    put(api)
    assert verbs(bc) == ["GET", "POST", "GET", "PUT"]


def test_somebody_deleting_it_meanwhile_does_not_stop_us(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, ONE)
    bc.answers("PUT", PATH + "/71", recorded("v3/not_found.json"), status=404)
    bc.answers("GET", PATH, NONE)
    bc.answers("POST", PATH, recorded("v3/metafield_created.json"))
    put(api)
    assert verbs(bc) == ["GET", "PUT", "GET", "POST"]


def test_a_race_without_end_is_given_up(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, NONE)
    bc.answers("POST", PATH, recorded("v3/metafield_conflict.json"), status=409)
    with pytest.raises(BCConflict):
        put(api)
    assert verbs(bc) == ["GET", "POST"] * 3


def test_an_order_that_is_not_there_is_not_found(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", PATH, recorded("v3/not_found.json"), status=404)
    with pytest.raises(BCNotFound):
        put(api)
    assert verbs(bc) == ["GET"]


def test_deleting_one_that_is_gone_is_fine(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("DELETE", PATH + "/71", recorded("v3/not_found.json"), status=404)
    api.delete_order_metafield(101, 71)
    assert verbs(bc) == ["DELETE"]
