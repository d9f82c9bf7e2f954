"""The storefront: sign-in, account pages, current.jwt, pages and scripts that apps placed."""

import base64
import json

import pytest

from sandbox import seeding
from sandbox.pages.storefront import create_shop_app
from sandbox.server import Sandbox

STORE = "demostore1"
SCRIPT = {"uuid": "5f1d", "name": "Return items", "kind": "src", "src": "http://127.0.0.1:5080/static/account.js",
          "integrity_hashes": ["sha384-oqVuAf"], "load_method": "defer", "location": "footer", "enabled": True,
          "visibility": "storefront", "consent_category": "essential", "channel_id": 1, "auto_uninstall": True,
          "api_client_id": "backhaul-sandbox"}  # fmt: skip
PLACED = 'src="http://127.0.0.1:5080/static/account.js" defer integrity="sha384-oqVuAf" crossorigin="anonymous"'
DETAIL = "/account.php?action=view_order&order_id=432"


@pytest.fixture
def sandbox():
    sandbox = Sandbox(app_url="http://127.0.0.1:9")
    sandbox.url, sandbox.shop_url = "http://localhost:5090", "http://localhost:5091"
    seeding.make_store(sandbox, {"hash": STORE, "preset": "demo"})
    seeding.make_store(sandbox, {"hash": "xyz", "preset": "tiny"})
    yield sandbox
    sandbox.state.close()


@pytest.fixture
def shop(sandbox):
    return create_shop_app(sandbox).test_client()


def sign_in(shop, customer_id=1):
    assert shop.post("/login.php", data={"customer_id": customer_id}).status_code == 303


def place(sandbox, **changes):
    script = {**SCRIPT, **changes}
    sandbox.state.put(STORE, "script", script["uuid"], script)


def habits(sandbox, **changes):
    store = sandbox.state.store(STORE)
    store["habits"].update(changes)
    sandbox.state.save_store(store)


def give_app(sandbox):
    store = sandbox.state.store(STORE)
    store["app"] = {"client_id": sandbox.client_id, "scopes": "", "installed_at": 0, "user_id": 1}
    sandbox.state.save_store(store)


def page(sandbox, number, **facts):
    sandbox.state.put(STORE, "page", number, {"id": number, "channel_id": 1, "is_visible": True, **facts})


def test_the_home_page_shows_the_products_and_says_that_it_is_a_simulator(shop):
    text = shop.get("/").text
    assert "a simulator, not BigCommerce" in text
    assert text.count('class="product"') == 60
    assert shop.get("/?category=17").text.count('class="product"') == 5
    picture = shop.get("/product_images/100.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert shop.get("/harbour-tee/").status_code == 200


def test_an_account_needs_a_shopper(shop):
    assert shop.get("/account.php?action=order_status").location == "/login.php"
    assert "no password" in shop.get("/login.php").text


def test_a_shopper_sees_their_own_orders_only(shop):
    sign_in(shop)
    listing = shop.get("/account.php?action=order_status").text
    assert 'stencilBootstrap("account_orderstatus"' in listing
    assert "Order #432" in listing
    assert 'class="navBar-section' in listing
    detail = shop.get(DETAIL)
    assert 'stencilBootstrap("account_order"' in detail.text
    assert "2 × Wooden Train" in detail.text
    assert shop.get("/account.php?action=view_order&order_id=431").status_code == 404


def test_signing_out_forgets_the_shopper(shop):
    sign_in(shop)
    shop.get("/login.php?action=logout")
    assert shop.get(DETAIL).status_code == 302


def test_current_jwt_names_the_shopper_for_a_quarter_of_an_hour(shop, sandbox):
    give_app(sandbox)
    address = f"/customer/current.jwt?app_client_id={sandbox.client_id}"
    assert shop.get(address).status_code == 404
    sign_in(shop)
    answer = shop.get(address)
    head, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in answer.text.split(".")[:2])
    assert answer.mimetype == "text/plain"
    assert head["alg"] == "HS256"
    assert body["customer"] == {"id": 1, "email": "shopper1@shoppers.example", "group_id": "1"}
    assert (body["operation"], body["store_hash"], body["aud"]) == ("current_customer", STORE, sandbox.client_id)
    assert body["exp"] - body["iat"] == 900
    assert shop.get("/customer/current.jwt?app_client_id=another").status_code == 404


def test_a_link_page_stands_in_the_menu_of_its_channel(shop, sandbox):
    page(sandbox, 1, type="link", name="Returns", link="http://127.0.0.1:5080/r/demostore1")
    page(sandbox, 2, type="link", name="Returns Europe", link="http://127.0.0.1:5080/r/eu", channel_id=2)
    text = shop.get("/").text
    assert '<a class="navPages-action" href="http://127.0.0.1:5080/r/demostore1">Returns</a>' in text
    assert "Returns Europe" not in text
    assert "Returns Europe" in shop.get("/?channel=2").text


def test_a_raw_page_is_served_as_it_is(shop, sandbox):
    page(sandbox, 1, type="raw", name="Policy", body="<h1>Our policy</h1>", url="/returns-policy/")
    answer = shop.get("/returns-policy/")
    assert answer.text == "<h1>Our policy</h1>"
    assert shop.get("/another/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "habit", "runs_at_home", "runs_in_account"),
    [
        ({}, {"scripts_on_account": True}, True, True),
        ({}, {"scripts_on_account": False}, True, False),
        ({"visibility": "all_pages"}, {"scripts_on_account": False}, True, True),
        ({"visibility": "checkout"}, {}, False, False),
        ({"enabled": False}, {}, False, False),
        ({"channel_id": 2}, {}, False, False),
        ({"consent_category": "unknown"}, {"consent_banner": True}, False, False),
        ({"consent_category": "essential"}, {"consent_banner": True}, True, True),
    ],
)
def test_scripts_run_where_their_visibility_and_the_stores_habits_let_them(
    shop, sandbox, changes, habit, runs_at_home, runs_in_account
):
    place(sandbox, **changes)
    habits(sandbox, **habit)
    sign_in(shop)
    assert (PLACED in shop.get("/").text) == runs_at_home
    assert (PLACED in shop.get(DETAIL).text) == runs_in_account


def test_a_head_script_and_an_inline_one_are_placed_as_written(shop, sandbox):
    place(sandbox, kind="script_tag", html="<script>window.returns = 1</script>", location="head", src="")
    text = shop.get("/").text
    assert text.index("window.returns = 1") < text.index("<body>")


def test_another_store_has_its_own_address_and_its_own_shoppers(shop):
    text = shop.get("/", base_url="http://xyz.localhost:5091").text
    assert "Plain mug" in text
    assert "Harbour Tee" not in text
    assert shop.get("/", base_url="http://nobody.localhost:5091").status_code == 404


def test_what_is_not_there_says_so_under_the_same_banner(shop):
    answer = shop.get("/nothing-here/")
    assert answer.status_code == 404
    assert "a simulator, not BigCommerce" in answer.text
