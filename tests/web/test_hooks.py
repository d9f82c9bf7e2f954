import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from standardwebhooks import Webhook

from app.bc_client.incoming import HEADER
from app.catalog.models import Product
from app.extensions import enter_store
from app.lib import clock
from app.orders.models import HookSeen, OrderWanted
from app.orders.save import save_order
from app.orders.sync import sync_order
from app.stores.models import Store, StoreStatus
from app.web.hooks import known
from tests import factories
from tests.bc_client.recordings import recorded
from tests.conftest import CLIENT_SECRET
from tests.doubles import BigCommerceDouble
from tests.orders.wire import at_once, order_wire, snapshot

SECRET = "hook-secret-of-abc123"


@pytest.fixture(autouse=True)
def _nobody_known() -> None:
    known._known.clear()


def event(name: str = "order_updated", *, store_hash: str = "abc123", **changes: Any) -> dict[str, Any]:
    return {**recorded(f"hooks/{name}.json"), "producer": f"stores/{store_hash}", **changes}


def about(number: int, scope: str = "store/order/updated", **changes: Any) -> dict[str, Any]:
    return event(scope=scope, data={"type": "order", "id": number}, **changes)


def signed(body: bytes, webhook_id: str, secret: str = CLIENT_SECRET) -> dict[str, str]:
    """The Standard Webhooks headers of `body`."""
    now = datetime.now(UTC)
    key = base64.b64encode(secret.encode()).decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(webhook_id, now, body.decode()),
    }


def deliver(
    client: FlaskClient, payload: Any, *, secret: str | None = SECRET, webhook_id: str | None = None, **headers: str
) -> int:
    """Post the hook as BigCommerce would; gives the status. Its body must be empty."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = dict(headers)
    if secret is not None:
        given[HEADER] = secret
    if webhook_id is not None:
        given = {**signed(body, webhook_id), **given}
    answer = client.post("/hooks/bigcommerce", data=body, headers=given, content_type="application/json")
    assert answer.data == b""
    return answer.status_code


def wanted(db: Any) -> list[tuple[int, int, int]]:
    query = select(OrderWanted.bc_order_id, OrderWanted.wanted, OrderWanted.done).order_by(OrderWanted.bc_order_id)
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(query)]


def test_a_hook_puts_its_order_on_the_list_and_enqueues_one_job(
    client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    assert deliver(client, about(250)) == 200
    assert deliver(client, about(250, "store/order/statusUpdated")) == 200
    assert wanted(db) == [(250, 2, 0)]
    assert jobs() == [("order.sync", {"store_id": store.id, "bc_order_id": 250})]
    db.session.expire_all()
    assert db.session.get(Store, store.id).last_webhook_at is not None


@pytest.mark.parametrize(("_case", "secret"), [("none", None), ("wrong", "guessed"), ("empty", "")])
def test_a_hook_without_the_stores_secret_is_refused(
    client: FlaskClient, db: Any, store: Store, jobs: Any, _case: str, secret: str | None
) -> None:
    assert deliver(client, about(250), secret=secret) == 401
    assert (wanted(db), jobs()) == ([], [])


def test_a_signature_that_does_not_hold_is_refused_even_with_the_secret(
    client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    body = json.dumps(about(250)).encode()
    assert deliver(client, body, **signed(body, "msg_1", "another-secret")) == 401
    assert deliver(client, body, **{**signed(b"{}", "msg_1")}) == 401
    assert (wanted(db), jobs()) == ([], [])


def test_another_stores_secret_opens_nothing(client: FlaskClient, db: Any, store: Store, jobs: Any) -> None:
    factories.a_store(store_hash="xyz")
    assert deliver(client, about(250), secret="hook-secret-of-xyz") == 401
    assert deliver(client, about(250, store_hash="xyz")) == 401
    assert (wanted(db), jobs()) == ([], [])


def test_a_hook_lands_in_its_own_store_only(client: FlaskClient, db: Any, store: Store) -> None:
    own, other = store.id, factories.a_store(store_hash="xyz").id
    assert deliver(client, about(250, store_hash="xyz"), secret="hook-secret-of-xyz") == 200
    for store_id, found in ((own, []), (other, [(250, 1, 0)])):
        enter_store(store_id)
        assert wanted(db) == found


@pytest.mark.parametrize(
    ("_case", "payload"),
    [
        ("an unknown store", event(store_hash="nobody1")),
        ("no store", {"scope": "store/order/updated"}),
        ("no object", [1, 2]),
        ("no JSON", b"}{"),
        ("nothing", b""),
    ],
)
def test_what_we_cannot_use_is_answered_well_if_bigcommerce_signed_it(
    client: FlaskClient, db: Any, store: Store, jobs: Any, _case: str, payload: Any
) -> None:
    assert deliver(client, payload, secret=None, webhook_id="msg_1") == 200
    assert deliver(client, payload, secret=SECRET) == 401
    assert (wanted(db), jobs()) == ([], [])


@pytest.mark.parametrize(
    "data", [{}, {"type": "order", "id": "x"}, {"type": "order", "id": -4}, {"type": "order", "id": 2**70}, [], None]
)
def test_a_genuine_hook_about_nothing_is_answered_well(
    client: FlaskClient, db: Any, store: Store, jobs: Any, data: Any
) -> None:
    assert deliver(client, event(data=data)) == 200
    assert deliver(client, {"producer": "stores/abc123"}) == 200
    assert (wanted(db), jobs()) == ([], [])


def test_the_same_delivery_again_is_dropped(client: FlaskClient, db: Any, store: Store, jobs: Any) -> None:
    for _ in range(3):
        assert deliver(client, about(250), webhook_id="msg_1") == 200
    assert wanted(db) == [(250, 1, 0)]
    assert deliver(client, about(250), webhook_id="msg_2") == 200
    assert wanted(db) == [(250, 2, 0)]
    assert len(jobs()) == 1
    assert db.session.scalar(select(func.count()).select_from(HookSeen)) == 2


def test_news_our_copy_already_shows_wants_nothing(client: FlaskClient, db: Any, store: Store, jobs: Any) -> None:
    changed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    save_order(snapshot(250, modified_at=changed_at), asked_at=clock.now())
    db.session.commit()
    earlier = int((changed_at - timedelta(minutes=1)).timestamp())
    assert deliver(client, about(250, created_at=earlier), webhook_id="msg_0") == 200
    assert (wanted(db), jobs()) == ([], [])
    # Of the same moment, without a time, from another age, or unsigned: it is looked at.
    for news in (int(changed_at.timestamp()), int(changed_at.timestamp()) - 2, None, 1772500000):
        assert deliver(client, about(250, created_at=news), webhook_id=f"msg_{news}") == 200
    assert deliver(client, about(250, created_at=earlier)) == 200
    assert wanted(db) == [(250, 5, 0)]
    # An archived order, a parcel and a refund need not show in the order's date of change.
    deliver(client, about(250, "store/order/archived", created_at=earlier))
    refund = {"type": "order", "id": 250, "refund": {"refund_id": 7}}
    deliver(client, event("refund_created", created_at=earlier, data=refund))
    parcel = {"type": "shipment", "id": 9, "orderId": 250}
    deliver(client, event("shipment_created", created_at=earlier, data=parcel))
    assert wanted(db) == [(250, 8, 0)]
    row = db.session.scalar(select(OrderWanted))
    assert (row.refunds_wanted, row.shipments_wanted) == (True, True)


def test_an_order_just_fetched_waits_for_the_rest_of_its_burst(
    client: FlaskClient, db: Any, store: Store, bc: BigCommerceDouble
) -> None:
    bc.answers("GET", "/v2/orders/250", order_wire(250))
    deliver(client, about(250))
    sync_order(store.id, 250)
    db.session.execute(text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    for _ in range(5):
        deliver(client, about(250))
    [(waits_s,)] = db.session.execute(
        text("SELECT extract(epoch FROM scheduled_at - now())::float FROM procrastinate_jobs")
    )
    assert 1 < waits_s <= 3
    assert wanted(db) == [(250, 6, 1)]


def test_an_old_event_sent_late_wants_nothing_once_the_order_was_asked_for_since(
    client: FlaskClient, db: Any, store: Store, bc: BigCommerceDouble
) -> None:
    bc.answers("GET", "/v2/orders/250", order_wire(250))
    deliver(client, about(250))
    sync_order(store.id, 250)
    now = int(datetime.now(UTC).timestamp())
    assert deliver(client, about(250, created_at=now - 60), webhook_id="msg_1") == 200
    assert wanted(db) == [(250, 1, 1)]
    # Of the last moments, or unsigned so that nobody knows how long ago it was sent: it is looked at.
    assert deliver(client, about(250, created_at=now - 1), webhook_id="msg_2") == 200
    assert deliver(client, about(250, created_at=now - 60)) == 200
    assert wanted(db) == [(250, 3, 1)]


def test_a_hook_that_comes_while_the_order_is_fetched_is_not_lost(
    client: FlaskClient, db: Any, store: Store, bc: BigCommerceDouble, jobs: Any
) -> None:
    def changed_meanwhile(request: Any) -> tuple[int, dict[str, str], str]:
        assert deliver(client, about(250)) == 200
        return 200, {}, json.dumps(order_wire(250))

    bc.mock.add_callback("GET", re.compile(r".*/v2/orders/250\?.*"), callback=changed_meanwhile)
    deliver(client, about(250))
    sync_order(store.id, 250)
    assert wanted(db) == [(250, 2, 1)]
    assert len(jobs()) == 2


def test_fifty_hooks_at_once_leave_one_job_and_lose_nothing(
    app: Flask, client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    def one(number: int) -> None:
        visitor = app.test_client()
        for turn in range(5):
            assert deliver(visitor, about(250 + number % 2), webhook_id=f"msg_{number}_{turn}") == 200

    assert at_once(app, store.id, *[lambda number=number: one(number) for number in range(10)]) == []
    assert wanted(db) == [(250, 25, 0), (251, 25, 0)]
    assert sorted(arguments["bc_order_id"] for _, arguments in jobs()) == [250, 251]


def test_a_secret_changed_meanwhile_is_noticed(client: FlaskClient, db: Any, store: Store) -> None:
    assert deliver(client, about(250)) == 200
    db.session.get(Store, store.id).hook_secret = "the-new-one"
    db.session.commit()
    assert deliver(client, about(250), secret="the-new-one") == 200
    assert deliver(client, about(250)) == 401
    assert wanted(db) == [(250, 2, 0)]


def test_an_uninstalled_stores_hooks_are_answered_and_dropped(
    client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    assert deliver(client, about(250)) == 200
    db.session.get(Store, store.id).status = StoreStatus.UNINSTALLED
    db.session.commit()
    assert deliver(client, about(251)) == 200
    assert wanted(db) == [(250, 1, 0)]


def test_the_uninstall_hook_ends_the_store_but_not_a_later_install(
    client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    installed = int(store.installed_at.timestamp())
    assert deliver(client, event("app_uninstalled", created_at=installed - 60)) == 200
    db.session.expire_all()
    assert db.session.get(Store, store.id).status == StoreStatus.ACTIVE
    assert deliver(client, event("app_uninstalled", created_at=installed + 60)) == 200
    db.session.expire_all()
    gone = db.session.get(Store, store.id)
    assert (gone.status, gone.access_token) == (StoreStatus.UNINSTALLED, None)
    assert deliver(client, event("app_uninstalled", created_at=installed + 60)) == 200


def test_news_of_the_store_itself_have_it_refreshed(client: FlaskClient, db: Any, store: Store, jobs: Any) -> None:
    assert deliver(client, event(scope="store/information/updated", data={"type": "store"})) == 200
    assert jobs() == [("store.refresh", {"store_id": store.id})]


def test_a_changed_product_is_read_again_when_next_needed(
    client: FlaskClient, db: Any, store: Store, jobs: Any
) -> None:
    db.session.add(Product(store_id=store.id, bc_product_id=31, name="Linen shirt", fetched_at=clock.now()))
    db.session.commit()
    assert deliver(client, event(scope="store/product/updated", data={"type": "product", "id": 31})) == 200
    db.session.expire_all()
    assert db.session.scalar(select(Product.fetched_at)).year == 1970
    assert jobs() == []


def test_only_posting_opens_the_door(client: FlaskClient, store: Store) -> None:
    assert client.get("/hooks/bigcommerce").status_code == 405
