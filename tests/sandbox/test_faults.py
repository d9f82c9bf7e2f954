"""Each fault of the API, seen from the caller's side: what it gets, and whether the work was done."""

from __future__ import annotations

import time

import pytest
import requests

from tests.sandbox.conftest import Shop

NOTE = {"staff_notes": "written"}


def write(shop: Shop) -> requests.Response:
    return shop.put("/v2/orders/101", NOTE)


def written(shop: Shop) -> bool:
    return bool(shop.look(101)["staff_notes"] == "written")


@pytest.mark.parametrize(
    ("fault", "more", "status", "done"),
    [
        ("error", {}, 500, False),
        ("error", {"status": 503}, 503, False),
        ("error_after", {}, 502, True),
        ("rate_limited", {}, 429, False),
        ("overloaded", {}, 429, False),
        ("unauthorized", {}, 401, False),
        ("forbidden", {}, 403, False),
        ("latency", {"delay_s": 0.2}, 200, True),
    ],
)
def test_a_fault_answers_so_and_the_work_is_done_or_not(
    shop: Shop, fault: str, more: dict[str, object], status: int, done: bool
) -> None:
    shop.fault(fault, times=1, **more)
    assert write(shop).status_code == status
    assert written(shop) is done
    assert shop.log("api")[-1]["fault"] == fault
    assert write(shop).status_code == 200


@pytest.mark.parametrize(("fault", "done"), [("drop", False), ("drop_after", True), ("timeout", False)])
def test_a_connection_can_break_before_or_after_the_work(shop: Shop, fault: str, done: bool) -> None:
    shop.fault(fault, times=1, delay_s=0.2 if fault == "timeout" else 0)
    with pytest.raises(requests.ConnectionError):
        write(shop)
    assert written(shop) is done


def test_a_caller_may_give_up_first(shop: Shop) -> None:
    shop.fault("timeout", times=1, delay_s=1.0)
    with pytest.raises(requests.ReadTimeout):
        requests.get(
            f"{shop.sandbox.url}/stores/{shop.store}/v2/store", headers={"X-Auth-Token": shop.token}, timeout=0.3
        )


def test_429_comes_with_its_headers_or_without(shop: Shop) -> None:
    shop.fault("rate_limited", times=1, reset_ms=4200)
    limited = shop.get("/v2/store")
    assert (limited.headers["X-Rate-Limit-Time-Reset-Ms"], limited.headers["X-Retry-After"]) == ("4200", "5")
    shop.fault("overloaded", times=1)
    assert not [name for name in shop.get("/v2/store").headers if name.startswith("X-R")]


def test_a_200_can_be_rubbish(shop: Shop) -> None:
    shop.fault("invalid_json", times=1)
    answer = shop.get("/v3/hooks")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_faults_hit_only_what_they_match(shop: Shop) -> None:
    shop.fault("error", match={"method": "PUT", "path": "^/v2/orders/101$", "store": shop.store})
    assert shop.get("/v2/orders/101").status_code == 200
    assert write(shop).status_code == 500
    shop.control("DELETE", "/faults")
    assert write(shop).status_code == 200


def test_a_fault_can_wait_for_its_turn(shop: Shop) -> None:
    fault_id = shop.fault("error", after=2, times=1)
    assert shop.control("GET", "/faults")["faults"][0]["id"] == fault_id
    assert [shop.get("/v2/store").status_code for _ in range(4)] == [200, 200, 500, 200]
    assert shop.control("GET", "/faults")["faults"] == []


def test_the_token_endpoint_can_fail_too(shop: Shop) -> None:
    shop.fault("error", times=1, match={"path": "oauth2/token"})
    assert requests.post(f"{shop.sandbox.url}/oauth2/token", json={}, timeout=5).status_code == 500


def test_an_unknown_fault_is_refused(shop: Shop) -> None:
    answer = requests.post(f"{shop.sandbox.url}/_sandbox/faults", json={"fault": "gremlins"}, timeout=5)
    assert answer.status_code == 422


def test_the_log_says_what_was_asked_and_never_with_which_token(shop: Shop) -> None:
    started = time.time()
    write(shop)
    entry = shop.log("api")[-1]
    assert (entry["method"], entry["path"], entry["status"]) == ("PUT", "/v2/orders/101", 200)
    assert (entry["request_body"], entry["at"] >= started - 1) == (NOTE, True)
    assert shop.token not in str(shop.log("api"))
