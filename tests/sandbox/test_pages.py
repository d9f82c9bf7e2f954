"""The simulator's pages: marketplace and control panel. Pages of the storefront are tested beside."""

import base64
import json
import re
from html import unescape

import pytest

from sandbox import seeding, state_apps, state_orders
from sandbox.server import Sandbox, make_platform_app

STORE = "demostore1"
GUEST_ORDER = 431
BANNER = "a simulator, not BigCommerce"


@pytest.fixture(scope="module")
def seeded():
    sandbox = Sandbox(app_url="http://127.0.0.1:9")
    sandbox.url, sandbox.shop_url = "http://localhost:5090", "http://localhost:5091"
    seeding.make_store(sandbox, {"hash": STORE, "preset": "demo"})
    yield sandbox
    sandbox.state.close()


@pytest.fixture
def sandbox(seeded):
    """The seeded store as it was, whatever a test does to it."""
    with pytest.raises(_UndoError), seeded.state.writing():
        yield seeded
        raise _UndoError


class _UndoError(Exception):
    pass


@pytest.fixture
def client(sandbox):
    return make_platform_app(sandbox).test_client()


def install(sandbox):
    """The app is installed, and has an extension on the order list."""
    code = state_apps.grant_code(sandbox.state, STORE, client_id=sandbox.client_id, scopes="store_v2_orders")
    state_apps.redeem_code(
        sandbox.state, code, client_id=sandbox.client_id, context=f"stores/{STORE}", scopes="store_v2_orders"
    )


def extend(sandbox, context="PANEL"):
    extension = {"id": "bc/store/appExtension/1", "client_id": sandbox.client_id, "context": context, "model": "ORDERS",
                 "url": "/orders/${id}/returns", "label": {"defaultValue": "Returns", "locales": []}}  # fmt: skip
    sandbox.state.put(STORE, "extension", extension["id"], extension)


def frame_of(page):
    return unescape(re.search(r'<iframe[^>]* src="([^"]+)"', page.text)[1])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"/marketplace/{STORE}",
        f"/manage/{STORE}",
        f"/manage/{STORE}/orders",
        f"/manage/{STORE}/orders?status=14&page=1",
        f"/manage/{STORE}/orders/{GUEST_ORDER}",
        f"/manage/{STORE}/customers",
        f"/manage/{STORE}/stock?q=tee",
        f"/manage/{STORE}/webhooks",
        f"/manage/{STORE}/content",
        f"/manage/{STORE}/apps",
        "/app/backhaul-sandbox/install",
        "/app/backhaul-sandbox/install/succeeded",
        "/app/backhaul-sandbox/install/failed",
        "/mailbox",
    ],
)
def test_every_page_answers_and_says_that_it_is_a_simulator(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert BANNER in page.text


@pytest.mark.parametrize(
    "path", ["/manage/nobody", "/marketplace/nobody", f"/manage/{STORE}/orders/1", "/manage/x/y/z"]
)
def test_what_does_not_exist_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert BANNER in answer.text


def test_install_opens_the_apps_auth_callback_inside_the_frame(client, sandbox):
    opened = client.post(f"/marketplace/{STORE}/install", follow_redirects=True)
    address = frame_of(opened)
    assert address.startswith(f"{sandbox.auth_callback}?code=")
    assert "context=stores%2Fdemostore1" in address
    assert "external_install" not in address


def test_an_external_install_goes_to_the_app_with_its_mark(client, sandbox):
    answer = client.post(f"/app/{sandbox.client_id}/install", data={"store": STORE})
    assert answer.status_code == 303
    assert answer.location.startswith(f"{sandbox.auth_callback}?code=")
    assert answer.location.endswith("external_install=1")
    assert client.get("/app/somebody-else/install").status_code == 404


def test_the_frame_without_the_app_leads_to_the_marketplace(client):
    assert client.get(f"/manage/{STORE}/app").location == f"/marketplace/{STORE}"


def test_the_frame_loads_the_app_for_the_user_who_is_looking(client, sandbox):
    install(sandbox)
    owner, clerk = sandbox.state.store(STORE)["users"]
    assert claims(frame_of(client.get(f"/manage/{STORE}/app")))["user"]["id"] == owner["id"]
    client.post(f"/manage/{STORE}/user", data={"user_id": clerk["id"]})
    seen = claims(frame_of(client.get(f"/manage/{STORE}/app?path=/orders/5/returns")))
    assert (seen["user"]["id"], seen["url"], seen["sub"]) == (clerk["id"], "/orders/5/returns", f"stores/{STORE}")


def claims(address):
    body = address.partition("signed_payload_jwt=")[2].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_an_extension_stands_in_the_row_menu_and_opens_over_the_list(client, sandbox):
    install(sandbox)
    extend(sandbox)
    listing = client.get(f"/manage/{STORE}/orders").text
    link = f"/manage/{STORE}/orders?extension=bc/store/appExtension/1&amp;order=449"
    assert unescape(link) in unescape(listing)
    opened = client.get(f"/manage/{STORE}/orders?extension=bc/store/appExtension/1&order=449")
    assert 'role="dialog"' in opened.text
    assert claims(frame_of(opened))["url"] == "/orders/449/returns"


def test_a_link_extension_opens_the_apps_own_frame(client, sandbox):
    install(sandbox)
    extend(sandbox, context="LINK")
    assert f'href="/manage/{STORE}/app?path=/orders/449/returns"' in client.get(f"/manage/{STORE}/orders").text


def test_a_clerk_refunds_by_hand(client, sandbox):
    line = state_orders.get_order(sandbox.state, STORE, GUEST_ORDER)["products"][0]
    page = client.post(
        f"/manage/{STORE}/orders/{GUEST_ORDER}/refund", data={f"quantity-{line['id']}": "1"}, follow_redirects=True
    )
    assert re.search(r"Refund \d+ is on its way", page.text)
    after = state_orders.get_order(sandbox.state, STORE, GUEST_ORDER)
    assert (after["products"][0]["quantity_refunded"], after["status_id"]) == (1, 14)
    assert len(sandbox.state.all_of(STORE, "refund", GUEST_ORDER)) == 1


def test_nothing_or_too_much_is_not_refunded(client, sandbox):
    line = state_orders.get_order(sandbox.state, STORE, GUEST_ORDER)["products"][0]
    for quantity in ("0", "99"):
        client.post(f"/manage/{STORE}/orders/{GUEST_ORDER}/refund", data={f"quantity-{line['id']}": quantity})
    assert sandbox.state.all_of(STORE, "refund", GUEST_ORDER) == []


def test_status_notes_and_shipping_can_be_changed(client, sandbox):
    waiting = 445
    base = f"/manage/{STORE}/orders/{waiting}"
    client.post(f"{base}/notes", data={"staff_notes": "Fragile"})
    client.post(f"{base}/ship", data={"tracking_number": "DEMO1"})
    order = state_orders.get_order(sandbox.state, STORE, waiting)
    assert (order["staff_notes"], order["status_id"], order["shipments"][-1]["tracking_number"]) == (
        "Fragile", 2, "DEMO1")  # fmt: skip
    assert "nothing is left to ship" in client.post(f"{base}/ship", follow_redirects=True).text
    client.post(f"{base}/status", data={"status_id": "10"})
    assert state_orders.get_order(sandbox.state, STORE, waiting)["status_id"] == 10
    assert client.post(f"{base}/status", data={"status_id": "77"}).status_code == 400


def test_uninstalling_kills_the_token_even_when_the_app_is_silent(client, sandbox):
    install(sandbox)
    page = client.post(f"/manage/{STORE}/apps/uninstall", follow_redirects=True)
    assert "callback answered nothing" in page.text
    assert sandbox.state.store(STORE)["app"] is None
    assert not state_apps.token_alive(sandbox.state, STORE, sandbox.client_id)


def test_a_removed_user_is_gone_from_the_store(client, sandbox):
    install(sandbox)
    clerk = sandbox.state.store(STORE)["users"][1]
    client.post(f"/manage/{STORE}/apps/remove_user", data={"user_id": clerk["id"]})
    assert [user["id"] for user in sandbox.state.store(STORE)["users"]] != [clerk["id"]]
    assert clerk["id"] not in [user["id"] for user in sandbox.state.store(STORE)["users"]]


def test_another_site_cannot_press_the_merchants_buttons(client, sandbox):
    answer = client.post(f"/manage/{STORE}/orders/{GUEST_ORDER}/status", data={"status_id": "5"},
                         headers={"Sec-Fetch-Site": "cross-site"})  # fmt: skip
    assert answer.status_code == 403
    assert state_orders.get_order(sandbox.state, STORE, GUEST_ORDER)["status_id"] == 2


def test_the_control_panel_shows_what_the_app_wrote(client, sandbox):
    field = {
        "id": 1,
        "namespace": "returns",
        "key": "RMA-7KQ2MX",
        "value": '{"status":"Received"}',
        "resource_id": GUEST_ORDER,
        "permission_set": "app_only",
        "date_modified": sandbox.state.now(),
    }
    sandbox.state.put(STORE, "metafield", 1, field)
    sandbox.state.own(STORE, "metafield", GUEST_ORDER, 1)
    page = client.get(f"/manage/{STORE}/orders/{GUEST_ORDER}").text
    assert "RMA-7KQ2MX" in page
    assert "{&#34;status&#34;:&#34;Received&#34;}" in page
