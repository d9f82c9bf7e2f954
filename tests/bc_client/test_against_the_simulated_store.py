"""Our client against a store written by another hand from the same facts: where the two disagree, one is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from app.bc_client import BCMissingScope, BCNotFound, BCRejected, BCUnauthorized, BigCommerce, Limits, incoming
from app.bc_client.oauth import InstallGrant, exchange_code, verify_callback_jwt, verify_current_customer_jwt
from app.bc_client.types import AppExtensionDraft, LinkPage, RefundItem, RefundQuoteRequest, RefundRequest, ScriptDraft
from sandbox import hooks, seeding
from sandbox import oauth as login
from sandbox.server import Sandbox
from tests.bc_client.recordings import recorded_text

STORE = "demostore1"
MARK = "RMA-7KQ2MX refund 1"
LINK = "http://127.0.0.1:5080/r/demostore1"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    simulator = Sandbox().start()
    seeding.make_store(simulator, {"hash": STORE, "preset": "demo"})
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def grant(sandbox: Sandbox) -> InstallGrant:
    brought = {name: values[0] for name, values in parse_qs(urlsplit(login.install_url(sandbox, STORE)).query).items()}
    return exchange_code(
        login_url=sandbox.url,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        code=brought["code"],
        scope=brought["scope"],
        context=brought["context"],
        redirect_uri=sandbox.auth_callback,
    )


@pytest.fixture
def api(sandbox: Sandbox, grant: InstallGrant) -> Iterator[BigCommerce]:
    with BigCommerce(STORE, grant.access_token, client_id=sandbox.client_id, api_url=sandbox.url) as client:
        yield client


def test_an_install_and_the_load_after_it(sandbox: Sandbox, grant: InstallGrant) -> None:
    assert (grant.store_hash, "store_v2_orders" in grant.scopes) == (STORE, True)
    claims = verify_callback_jwt(
        login.signed_payload(sandbox, STORE, path="/orders/101/returns"),
        client_id=sandbox.client_id,
        client_secrets=sandbox.client_secret,
        now=datetime.fromtimestamp(sandbox.clock.now(), UTC),
    )
    assert (claims.store_hash, claims.url, claims.user_id) == (STORE, "/orders/101/returns", grant.user.id)


def test_every_order_arrives_with_its_lines(api: BigCommerce) -> None:
    expected = api.count_orders().total
    orders = api.list_orders()
    while len(page := api.list_orders(min_id=orders[-1].bc_order_id + 1)) > 0:
        orders += page
    assert len({order.bc_order_id for order in orders}) == len(orders) == expected
    assert all(order.lines for order in orders)
    assert api.get_order(orders[7].bc_order_id) == orders[7]
    since = max(order.modified_at for order in orders) - timedelta(days=1)
    changed = api.list_orders(min_date_modified=since, sort="date_modified:asc")
    assert {order.bc_order_id for order in changed} == {o.bc_order_id for o in orders if o.modified_at >= since}


def test_a_refund_is_quoted_made_found_by_its_mark_and_not_made_beyond(api: BigCommerce) -> None:
    order, line = next(
        (order, line)
        for order in api.list_orders()
        if order.bc_status_id == 10
        for line in order.lines
        if line.type == "physical" and line.quantity - line.quantity_refunded >= 1
    )
    items = (RefundItem.product(line.bc_line_id, 1, MARK),)
    quote = api.quote_refund(RefundQuoteRequest(order.bc_order_id, items))
    receipt = api.create_refund(RefundRequest.by(order.bc_order_id, items, quote.methods[0]))
    assert receipt.total == quote.total > Decimal(0)
    found = [refund for refund in api.list_refunds(order.bc_order_id) if refund.carries(MARK)]
    assert [refund.id for refund in found] == [receipt.id]
    assert api.get_refund(receipt.id).total == receipt.total
    after = next(item for item in api.get_order(order.bc_order_id).lines if item.bc_line_id == line.bc_line_id)
    assert after.quantity_refunded == line.quantity_refunded + 1
    with pytest.raises(BCRejected):
        api.quote_refund(RefundQuoteRequest(order.bc_order_id, (RefundItem.product(line.bc_line_id, 999),)))


def test_what_we_write_on_an_order_is_there(api: BigCommerce) -> None:
    order_id = api.list_orders(limit=1)[0].bc_order_id
    for value in ("{}", '{"status": "Received"}'):
        api.put_order_metafield(order_id, "returns", "summary", value, "app_only")
    (field,) = api.list_order_metafields(order_id, "returns")
    assert (field.key, field.value) == ("summary", '{"status": "Received"}')
    api.delete_order_metafield(order_id, field.id)
    assert api.list_order_metafields(order_id) == []
    api.update_order(order_id, staff_notes="Returns: RMA-7KQ2MX")
    assert api.get_order(order_id).staff_notes == "Returns: RMA-7KQ2MX"


def test_what_we_place_in_the_store_is_there_and_goes_again(api: BigCommerce, sandbox: Sandbox) -> None:
    pages = [api.create_page(LinkPage(channel.id, "Returns", LINK)) for channel in api.list_channels()[:2]]
    assert [page.channel_id for page in pages] == [1, 2]
    assert [page.name for page in api.list_pages(2) if page.link == LINK] == ["Returns"]
    script = api.create_script(ScriptDraft(1, "Backhaul", "http://127.0.0.1:5080/a.js"))
    assert api.list_scripts() == [script]
    extension = api.create_app_extension(AppExtensionDraft("PANEL", "ORDERS", "/orders/${id}/returns", "Returns"))
    assert api.list_app_extensions() == [extension]
    hook = api.create_hook("store/order/updated", f"{sandbox.app_url}/hooks/bigcommerce", {"X-Backhaul-Hook": "s"})
    assert [one.id for one in api.hooks_admin().hooks] == [hook.id]

    for page in pages:
        api.delete_page(page.id)
    api.delete_script(script.uuid)
    api.delete_app_extension(extension.id)
    api.delete_hook(hook.id)
    assert ([page for page in api.list_pages() if page.link == LINK], api.list_scripts()) == ([], [])
    assert (api.list_app_extensions(), api.list_hooks()) == ([], [])


def test_the_catalogue_behind_the_orders_is_there(api: BigCommerce) -> None:
    wanted = {line.product_id for order in api.list_orders() for line in order.lines if line.product_id}
    products = api.list_products(wanted)
    categories = {category.id for category in api.list_categories()}
    assert {product.id for product in products} == wanted
    assert all(set(product.category_ids) <= categories for product in products)


def test_refusals_come_as_what_they_are(api: BigCommerce, sandbox: Sandbox) -> None:
    with pytest.raises(BCNotFound):
        api.get_order(999_999)
    with pytest.raises(BCMissingScope) as missing:
        api.find_gift_certificate("NONE")
    assert missing.value.scope == "store_v2_marketing_read_only"
    with pytest.raises(BCUnauthorized):
        BigCommerce(STORE, "dead", client_id=sandbox.client_id, api_url=sandbox.url).get_store()


def test_the_store_says_what_is_left(sandbox: Sandbox, grant: InstallGrant) -> None:
    told: list[Limits] = []
    BigCommerce(
        STORE, grant.access_token, client_id=sandbox.client_id, api_url=sandbox.url, on_limits=told.append
    ).get_store()
    assert len(told) == 1
    assert told[0].left < told[0].quota


def test_its_webhooks_pass_our_check(sandbox: Sandbox) -> None:
    body = recorded_text("hooks/refund_created.json")
    now = datetime.fromtimestamp(sandbox.clock.now(), UTC)
    stamp = int(now.timestamp())
    headers = {
        incoming.HEADER: "secret-of-the-store",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": hooks.sign(sandbox.client_secret, "msg_1", stamp, body),
    }
    event = incoming.verify(
        body.encode(), headers, hook_secret="secret-of-the-store", client_secret=sandbox.client_secret, now=now
    )
    assert (event.signed, event.order_id, event.refund_id) == (True, 101, 1)


def test_its_signed_in_shopper_passes_our_check(sandbox: Sandbox) -> None:
    shopper = verify_current_customer_jwt(
        login.current_customer_jwt(sandbox, STORE, 1),
        client_id=sandbox.client_id,
        client_secrets=sandbox.client_secret,
        store_hash=STORE,
        now=datetime.fromtimestamp(sandbox.clock.now(), UTC),
    )
    assert (shopper.customer_id, shopper.store_hash) == (1, STORE)
