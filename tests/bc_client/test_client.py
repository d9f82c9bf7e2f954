"""The wall: whatever the store does, what comes out is a value of ours or a BCError that says what it means."""

import socket
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import requests
import responses

from app.bc_client import (
    BCConflict,
    BCError,
    BCMissingScope,
    BCNotFound,
    BCPartial,
    BCRateLimited,
    BCRejected,
    BCUnauthorized,
    BCUnavailable,
    BigCommerce,
    Limits,
)
from app.bc_client.types import RefundItem, RefundPayment, RefundQuoteRequest, RefundRequest, StockChange
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble

REFUNDS = "/v3/orders/101/payment_actions/refunds"
QUOTES = "/v3/orders/101/payment_actions/refund_quotes"
REQUEST = RefundRequest(101, (RefundItem.product(201, 1),), (RefundPayment("testgateway", Decimal("33.00"), False),))
HEADERS = {
    "X-Rate-Limit-Requests-Left": "3",
    "X-Rate-Limit-Requests-Quota": "150",
    "X-Rate-Limit-Time-Window-Ms": "30000",
    "X-Rate-Limit-Time-Reset-Ms": "12500",
}


def test_a_call_carries_the_token_our_name_and_nothing_deprecated(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/store", recorded("v2/store.json"))
    api.get_store()
    headers = bc.mock.calls[0].request.headers
    assert headers["X-Auth-Token"] == "demo-access-token-1"
    assert headers["User-Agent"] == "Backhaul/0.1"
    assert headers["Accept"] == "application/json"
    assert "X-Auth-Client" not in headers
    assert api.calls == 1


def test_an_empty_body_is_sent(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("PUT", "/v3/settings/email-statuses", recorded("v3/email_statuses.json"))
    api.put_email_statuses({})
    assert bc.mock.calls[0].request.body == b"{}"


def test_only_refunds_wait_long(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/store", recorded("v2/store.json"))
    bc.answers("POST", REFUNDS, recorded("v3/refund_created.json"), status=201)
    api.create_refund(REQUEST)
    api.get_store()
    waits = [call.request.req_kwargs["timeout"] for call in bc.mock.calls]  # type: ignore[attr-defined]
    assert waits == [(5.0, 90.0), (5.0, 30.0)]


def test_the_token_is_in_no_text_of_the_client(api: BigCommerce) -> None:
    assert "demo-access-token-1" not in repr(api) + repr(api._v2) + repr(api._graph)


def test_what_is_left_is_told_after_every_answer_also_a_bad_one(bc: BigCommerceDouble) -> None:
    told: list[Limits] = []
    api = BigCommerce("demostore1", "t", client_id="c", api_url=bc.base, on_limits=told.append)
    bc.answers("GET", "/v2/store", recorded("v2/store.json"), headers=HEADERS)
    bc.answers("GET", "/v2/orders/count", [], status=500, headers={**HEADERS, "X-Rate-Limit-Requests-Left": "2"})
    bc.answers("GET", "/v3/hooks/admin", recorded("v3/hooks_admin.json"))
    api.get_store()
    with pytest.raises(BCUnavailable):
        api.count_orders()
    api.hooks_admin()
    assert told == [Limits(3, 150, 30000, 12500), Limits(2, 150, 30000, 12500)]


def test_a_paused_store_is_not_called(bc: BigCommerceDouble) -> None:
    class PausedError(Exception):
        pass

    def pause() -> None:
        raise PausedError

    api = BigCommerce("demostore1", "t", client_id="c", api_url=bc.base, before_call=pause)
    with pytest.raises(PausedError):
        api.get_store()
    with pytest.raises(PausedError):
        api.list_app_extensions()
    assert (bc.sent(), api.calls) == ([], 0)


@pytest.mark.parametrize(
    ("headers", "reset_s"),
    [(HEADERS, 12.5), ({"X-Retry-After": "7"}, 7.0), ({}, None), ({"X-Rate-Limit-Time-Reset-Ms": "soon"}, None)],
)
def test_429_says_when_to_come_back_if_it_was_told(
    bc: BigCommerceDouble, api: BigCommerce, headers: dict[str, str], reset_s: float | None
) -> None:
    bc.answers("POST", REFUNDS, status=429, headers=headers)
    with pytest.raises(BCRateLimited) as limited:
        api.create_refund(REQUEST)
    assert (limited.value.reset_s, limited.value.retry_after_s) == (reset_s, reset_s)
    assert limited.value.retryable
    assert not limited.value.outcome_unknown
    assert len(bc.sent()) == 1


@pytest.mark.parametrize(
    ("status", "recording", "kind"),
    [
        (400, "v3/quote_rejected.json", BCRejected),
        (401, "v3/unauthorized.json", BCUnauthorized),
        (403, "v3/forbidden.json", BCMissingScope),
        (404, "v2/not_found.json", BCNotFound),
        (404, "v3/not_found.json", BCNotFound),
        (409, "v3/metafield_conflict.json", BCConflict),
        (422, "v3/refund_rejected.json", BCRejected),
        (423, "v3/not_found.json", BCConflict),
    ],
)
def test_a_refusal_is_certain(
    bc: BigCommerceDouble, api: BigCommerce, status: int, recording: str, kind: type[BCError]
) -> None:
    bc.answers("POST", REFUNDS, recorded(recording), status=status)
    with pytest.raises(kind) as refused:
        api.create_refund(REQUEST)
    assert type(refused.value) is kind
    assert refused.value.status == status
    assert (refused.value.retryable, refused.value.outcome_unknown) == (kind is BCConflict, False)


@pytest.mark.parametrize("status", [401, 403, 409, 423])
def test_what_is_no_verdict_on_the_refund_is_no_rejection_of_it(
    bc: BigCommerceDouble, api: BigCommerce, status: int
) -> None:
    bc.answers("POST", REFUNDS, recorded("v3/not_found.json"), status=status)
    with pytest.raises(BCError) as refused:
        api.create_refund(REQUEST)
    assert not isinstance(refused.value, BCRejected)


def test_a_refusal_keeps_the_title_and_the_fields(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", QUOTES, recorded("v3/quote_rejected.json"), status=422)
    with pytest.raises(BCRejected) as refused:
        api.quote_refund(RefundQuoteRequest(101, (RefundItem.product(201, 9),)))
    assert refused.value.title == "Quantity exceeds what is left to refund."
    assert refused.value.fields == {"items.0.quantity": "must be at most 1"}


@pytest.mark.parametrize(
    ("recording", "title"),
    [
        ("v3/refund_rejected.json", "Refund amount exceeds the remaining refundable amount."),
        ("v2/not_found.json", "The requested resource was not found."),
    ],
)
def test_the_title_is_found_in_the_other_shapes_too(
    bc: BigCommerceDouble, api: BigCommerce, recording: str, title: str
) -> None:
    bc.answers("POST", REFUNDS, recorded(recording), status=422)
    with pytest.raises(BCRejected) as refused:
        api.create_refund(REQUEST)
    assert refused.value.title == title


@pytest.mark.parametrize("body", ["<html>", "[]", '"no"', '{"data": 3}', "null"])
def test_a_refusal_nobody_can_read_is_still_one(bc: BigCommerceDouble, api: BigCommerce, body: str) -> None:
    bc.answers("POST", REFUNDS, body=body, status=422)
    with pytest.raises(BCRejected) as refused:
        api.create_refund(REQUEST)
    assert refused.value.title == ""


SCOPES: list[tuple[str, str, str, Callable[[BigCommerce], object]]] = [
    ("GET", "/v2/orders/101", "store_v2_orders_read_only", lambda api: api.get_order(101)),
    ("POST", REFUNDS, "store_v2_orders", lambda api: api.create_refund(REQUEST)),
    ("GET", "/v2/store", "store_v2_information_read_only", lambda api: api.get_store()),
    ("GET", "/v3/settings/inventory", "store_v2_information_read_only", lambda api: api.get_inventory_settings()),
    ("GET", "/v3/catalog/products", "store_v2_products_read_only", lambda api: api.list_products([1])),
    ("GET", "/v3/customers", "store_v2_customers_read_only", lambda api: api.list_customers([1])),
    (
        "POST",
        "/v3/inventory/adjustments/relative",
        "store_inventory",
        lambda api: api.adjust_relative("x", [StockChange(1, 1, product_id=1)]),
    ),
    ("GET", "/v3/inventory/locations", "store_locations_read_only", lambda api: api.list_locations()),
    ("GET", "/v3/content/scripts", "store_v2_content_read_only", lambda api: api.list_scripts()),
    ("GET", "/v3/channels", "store_channel_settings_read_only", lambda api: api.list_channels()),
    ("GET", "/v3/channels/1/site", "store_sites_read_only", lambda api: api.get_channel_site(1)),
    ("GET", "/v2/gift_certificates", "store_v2_marketing_read_only", lambda api: api.find_gift_certificate("A")),
    ("POST", "/graphql", "store_app_extensions_manage", lambda api: api.list_app_extensions()),
    ("GET", "/v3/hooks", "", lambda api: api.list_hooks()),
]


@pytest.mark.parametrize(("method", "path", "scope", "call"), SCOPES)
def test_403_names_the_scope_the_call_needs(
    bc: BigCommerceDouble, api: BigCommerce, method: str, path: str, scope: str, call: Callable[[BigCommerce], object]
) -> None:
    bc.answers(method, path, recorded("v3/forbidden.json"), status=403)
    with pytest.raises(BCMissingScope) as missing:
        call(api)
    assert missing.value.scope == scope


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 408, 499])
def test_after_a_server_error_a_write_is_unknown_and_a_read_is_not(
    bc: BigCommerceDouble, api: BigCommerce, status: int
) -> None:
    bc.answers("POST", REFUNDS, recorded("v3/refund_tax_service_down.json"), status=status)
    bc.answers("GET", REFUNDS, body="<html>oops</html>", status=status)
    with pytest.raises(BCUnavailable) as wrote:
        api.create_refund(REQUEST)
    with pytest.raises(BCUnavailable) as read:
        api.list_refunds(101)
    assert (wrote.value.outcome_unknown, read.value.outcome_unknown) == (True, False)
    assert (wrote.value.retryable, wrote.value.status) == (True, status)
    assert len(bc.sent()) == 2


@pytest.mark.parametrize(
    "silence", [requests.ReadTimeout(), requests.ConnectionError(), requests.exceptions.ChunkedEncodingError()]
)
def test_after_silence_a_write_is_unknown_but_a_quote_is_nothing(
    bc: BigCommerceDouble, api: BigCommerce, silence: Exception
) -> None:
    bc.answers("POST", REFUNDS, body=silence)
    bc.answers("POST", QUOTES, body=silence)
    with pytest.raises(BCUnavailable) as wrote:
        api.create_refund(REQUEST)
    with pytest.raises(BCUnavailable) as asked:
        api.quote_refund(RefundQuoteRequest(101, (RefundItem.product(201, 1),)))
    assert (wrote.value.outcome_unknown, asked.value.outcome_unknown) == (True, False)
    assert wrote.value.retryable


def test_a_connection_never_made_did_nothing(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", REFUNDS, body=requests.ConnectTimeout())
    with pytest.raises(BCUnavailable) as lost:
        api.create_refund(REQUEST)
    assert not lost.value.outcome_unknown


@pytest.mark.parametrize("body", ["<html>", '{"data": ', "", "[]", '{"data": []}', '{"data": {"id": "x"}}', "NaN"])
def test_a_success_nobody_can_read_leaves_a_write_unknown(bc: BigCommerceDouble, api: BigCommerce, body: str) -> None:
    bc.answers("POST", REFUNDS, body=body, status=201)
    with pytest.raises(BCUnavailable) as unreadable:
        api.create_refund(REQUEST)
    assert unreadable.value.outcome_unknown


def test_207_is_not_a_success(bc: BigCommerceDouble, api: BigCommerce) -> None:
    parts = {"data": [], "errors": {"item 0": "not found"}}
    bc.answers("POST", "/v3/inventory/adjustments/relative", parts, status=207)
    with pytest.raises(BCPartial) as partly:
        api.adjust_relative("RMA-7KQ2MX", [StockChange(1, 1, product_id=33)])
    assert partly.value.failed == parts


def test_a_redirect_is_not_followed_with_the_token(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/store", status=302, headers={"Location": "http://elsewhere.test/"})
    with pytest.raises(BCRejected):
        api.get_store()
    assert len(bc.sent()) == 1


def test_204_is_an_empty_list_in_v2(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/orders", status=204)
    bc.answers("GET", "/v2/orders/101/shipments", status=204)
    assert api.list_orders() == []
    assert api.list_shipments(101) == []


def test_no_error_message_carries_the_body(bc: BigCommerceDouble, api: BigCommerce) -> None:
    private = {"status": 422, "title": "Unprocessable", "detail": "shopper12@demo.example", "errors": {}}
    bc.answers("POST", REFUNDS, private, status=422)
    with pytest.raises(BCRejected) as refused:
        api.create_refund(REQUEST)
    assert str(refused.value) == "POST orders/101/payment_actions/refunds: 422 Unprocessable"


@pytest.fixture
def loopback() -> Iterator[None]:
    """Real sockets: what a double cannot show."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_passthru("http://127.0.0.1")
        yield


def test_a_closed_port_did_nothing(loopback: None) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(BCUnavailable) as refused:
            BigCommerce("demostore1", "t", client_id="c", api_url=url).create_refund(REQUEST)
    assert not refused.value.outcome_unknown


def test_a_dropped_connection_may_have_done_everything(loopback: None) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def drop() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=drop)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(BCUnavailable) as dropped:
            BigCommerce("demostore1", "t", client_id="c", api_url=url).create_refund(REQUEST)
        thread.join(5)
    assert dropped.value.outcome_unknown
