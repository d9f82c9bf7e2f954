"""A whole journey with every request and every answer held against BigCommerce's published contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from app.config import root
from tests.houses import Watched, watched
from tests.journeys.test_store_comes_and_goes import an_order, file_return
from tools.people import Merchant, Shopper

CONTRACT: Path = root().parent / "shared" / "contract" / "bigcommerce.openapi.json"

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CONTRACT.exists(), reason=f"NOT CHECKED against the REST contract: {CONTRACT} is missing"),
]
STORE = "bythebook"
GUEST = "demo.guest.8@shop.example"


@pytest.fixture(scope="module")
def strict() -> Iterator[Watched]:
    """A house whose store validates what passes through it."""
    with watched("contract", extra={"SANDBOX_VALIDATE": str(CONTRACT)}) as running:
        yield running


def test_nothing_on_the_way_from_install_to_refund_breaks_the_contract(strict: Watched) -> None:
    assert strict.control("GET", "/violations")["violations"] == []
    merchant = strict.installed(STORE)
    merchant.save_settings("notes", staff_notes="yes")
    merchant.save_settings("window", review_above="100")
    number = an_order(strict, STORE, GUEST, shipping="5.00")
    shopper, rma = file_return(strict, STORE, number, GUEST)
    merchant.do(merchant.find(rma), "receive")
    merchant.refund(rma)
    strict.until(lambda: "Item Refunded" in merchant.find(rma).text)
    told = f"{rma} Item Refunded"
    strict.until(lambda: told in strict.control("GET", f"/stores/{STORE}/orders/{number}")["staff_notes"])
    assert "Item Refunded" in shopper.status(rma).text
    by_hand_and_later(strict, merchant, number)

    called = strict.calls(STORE)
    assert strict.control("GET", "/violations")["violations"] == []
    # Not an empty promise: what the app uses was really used.
    paths = {f"{call['method']} {call['path'].split('?')[0]}" for call in called}
    for part in ("GET /v2/orders", "GET /v3/hooks", "POST /v3/hooks", "GET /v2/store"):
        assert part in paths, sorted(paths)
    for part in ("/payment_actions/refund_quotes", "/payment_actions/refunds", "/metafields", "/shipments"):
        assert any(part in path for path in paths), (part, sorted(paths))


def by_hand_and_later(strict: Watched, merchant: Merchant, number: int) -> None:
    """A signed-in shopper, a refusal, a refund by hand, the hourly and the daily look."""
    customer = strict.control("GET", f"/stores/{STORE}/some_customer")
    dear = [{"product_id": 1, "variant_id": 101, "quantity": 2, "price": "60.00"}]
    second = an_order(strict, STORE, customer["email"], customer_id=customer["id"], lines=dear)
    shopper = Shopper(strict.house, STORE)
    page = shopper.come_signed_in(int(customer["id"]), second)
    rma = shopper.send(shopper.fill_in(page, quantity=2, reason="wrong_item"))
    merchant.do(merchant.find(rma), "reject", why="Opened.")
    [line] = strict.control("GET", f"/stores/{STORE}/orders/{number}")["lines"]
    item = {"item_type": "PRODUCT", "item_id": line["id"], "quantity": 1, "reason": "by hand"}
    strict.control("POST", f"/stores/{STORE}/orders/{number}/refund_by_hand", {"items": [item]})
    strict.until(lambda: strict.is_idle(STORE))
    since = strict.log_end()
    strict.control("POST", "/clock/advance", {"seconds": 90_000})
    looked = ("/v3/hooks", "/v3/hooks/admin", "/v2/orders", "/v3/orders/payment_actions/refunds")
    strict.until(lambda: {call["path"] for call in strict.calls(STORE, since=since)} >= set(looked))
    strict.until(lambda: strict.is_idle(STORE))


def test_the_store_would_have_noticed(strict: Watched) -> None:
    """The check checks: a question the contract does not know is a violation, said in a sentence."""
    [encrypted] = strict.rows("SELECT access_token FROM stores WHERE store_hash = %s", STORE)[0]
    key = strict.house.environment()["ENCRYPTION_KEYS"]
    token = Fernet(key).decrypt(encrypted.encode()).decode()
    url = f"{strict.house.sandbox_url}/stores/{STORE}/v2/orders?made_up=1"
    requests.get(url, headers={"X-Auth-Token": token, "Accept": "application/json"}, timeout=30)
    assert "made_up" in " ".join(strict.control("GET", "/violations")["violations"])
