from typing import Any

import pytest
from sqlalchemy import select

from app.bc_client import BCUnavailable
from app.bc_client.incoming import HEADER
from app.orders.health import sync_health
from app.orders.hooks import SCOPES, check_hooks, destination
from app.stores.models import Hook, Store
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble

SECRET = "hook-secret-of-abc123"


def a_hook(number: int, scope: str, **changes: Any) -> dict[str, Any]:
    [model] = recorded("v3/hooks.json")["data"]
    return {**model, "id": number, "scope": scope, "destination": destination(), "headers": {HEADER: SECRET}, **changes}


def serve(bc: BigCommerceDouble, hooks: list[dict[str, Any]], blocked: list[dict[str, Any]] | None = None) -> None:
    bc.answers("GET", "/v3/hooks", {"data": hooks, "meta": {"pagination": {"total_pages": 1}}})
    bc.answers("GET", "/v3/hooks/admin", {"data": {"emails": [], "hooks_list": [], "blocked_domains": blocked or []}})
    bc.answers("GET", "/v3/catalog/trees/categories", recorded("v3/categories.json"))


def all_hooks() -> list[dict[str, Any]]:
    return [a_hook(number, scope) for number, scope in enumerate(SCOPES, start=1)]


def test_every_webhook_is_made_with_the_stores_secret(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve(bc, [])
    for number, scope in enumerate(SCOPES, start=1):
        bc.answers("POST", "/v3/hooks", {"data": a_hook(number, scope)})
    check_hooks(store.id)
    made = [call["body"] for call in bc.sent("POST")]
    assert [one["scope"] for one in made] == list(SCOPES)
    assert {one["destination"] for one in made} == {"http://127.0.0.1:5080/hooks/bigcommerce"}
    assert all(one["headers"] == {HEADER: SECRET} and one["is_active"] for one in made)
    assert len(db.session.scalars(select(Hook)).all()) == len(SCOPES)
    db.session.expire_all()
    assert store.hooks_checked_at is not None


def test_hooks_that_are_well_are_left_alone(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve(bc, all_hooks())
    check_hooks(store.id)
    check_hooks(store.id)
    assert [call["method"] for call in bc.sent() if call["method"] != "GET"] == []
    assert all(hook.is_active for hook in sync_health(store).hooks)


@pytest.mark.parametrize(
    ("_case", "changes"), [("switched off", {"is_active": False}), ("another secret", {"headers": {HEADER: "old"}})]
)
def test_a_hook_that_is_not_well_is_mended(
    db: Any, store: Store, bc: BigCommerceDouble, _case: str, changes: dict[str, Any]
) -> None:
    hooks = all_hooks()
    serve(bc, [hooks[0] | changes, *hooks[1:]])
    bc.answers("PUT", "/v3/hooks/1", {"data": hooks[0]})
    check_hooks(store.id)
    [mended] = bc.sent("PUT")
    assert mended["body"] == {"is_active": True, "headers": {HEADER: SECRET}}


def test_a_hook_to_an_address_we_left_is_removed(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve(bc, [*all_hooks(), a_hook(99, SCOPES[0], destination="https://old.backhaul.example/hooks/bigcommerce")])
    bc.answers("DELETE", "/v3/hooks/99", {"data": {}})
    check_hooks(store.id)
    assert [call["path"].rpartition("/")[2] for call in bc.sent("DELETE")] == ["99"]


def test_a_blocked_domain_shows_in_the_health(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    serve(bc, all_hooks(), [{"destination": "http://127.0.0.1:5080", "time_left": 120, "reasons": []}])
    check_hooks(store.id)
    db.session.expire_all()
    assert sync_health(store).last_error == "hooks_blocked"


def test_a_store_that_does_not_answer_is_asked_again(db: Any, store: Store, bc: BigCommerceDouble) -> None:
    bc.answers("GET", "/v3/hooks", status=503)
    with pytest.raises(BCUnavailable):
        check_hooks(store.id)
    db.session.rollback()
    db.session.expire_all()
    assert store.hooks_checked_at is None
    assert [hook.bc_hook_id for hook in sync_health(store).hooks] == [None] * len(SCOPES)
