"""Webhooks a store has, and the events that go into its outbox with the change that caused them."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from typing import Any

from sandbox.state import Doc, State


def hooks_for(state: State, store: str, scope: str) -> list[Doc]:
    """The active hooks that want events of `scope`; `store/order/*` wants everything below `store/order/`."""
    return [hook for hook in state.all(store, "hook") if hook["is_active"] and wants(hook["scope"], scope)]


def wants(hook_scope: str, scope: str) -> bool:
    return hook_scope == scope or (hook_scope.endswith("/*") and scope.startswith(hook_scope[:-1]))


def emit(state: State, store: str, scope: str, data: Doc) -> None:
    """Put one delivery per interested hook into the outbox; call it inside the transaction of the change."""
    hooks = hooks_for(state, store, scope)
    if not hooks:
        return
    created_at = state.now()
    store_id = state.store(store)["store_id"]
    # The hash covers scope, data and second: two changes of one order in one second look alike. What the service
    # really hashes is not documented, and a receiver that survives this survives the alternatives.
    seal = json.dumps([scope, store_id, data, created_at], sort_keys=True).encode()
    payload = {
        "scope": scope,
        "store_id": str(store_id),
        "data": data,
        "hash": hashlib.sha1(seal).hexdigest(),  # noqa: S324
        "created_at": created_at,
        "producer": f"stores/{store}",
    }
    for hook in hooks:
        post(state, store, hook, payload)


def post(state: State, store: str, hook: Doc, payload: Doc) -> None:
    """Plan the first delivery of `payload` to `hook`, as the armed webhook faults want it."""
    scope = payload["scope"]
    message = {
        "store": store,
        "hook_id": hook["id"],
        # The uninstall news outlives the hook itself.
        "last_hook": hook if payload["scope"] == "store/app/uninstalled" else None,
        "message_id": f"msg_{uuid.uuid4().hex}",
        "payload": json.dumps(payload, separators=(",", ":")),
        "scope": scope,
        "attempt": 0,
    }
    due_at, copies, apart_s, jitter_s = state.clock.now(), 1, 0.0, 0.0
    fault = state.faults.take("hook_lose", "hook_delay", "hook_reorder", "hook_duplicate", hook=scope, store=store)
    name = fault["fault"] if fault else None
    if fault and name == "hook_lose":
        state.log("hooks", {**facts(message, hook), "status": None, "outcome": "lost"})
        return
    if fault and name == "hook_delay":
        due_at += float(fault.get("delay_s", 2.0))
    elif fault and name == "hook_reorder":
        # Every other one waits, so that the one behind overtakes it.
        due_at += float(fault.get("delay_s", 1.0)) if fault["used"] % 2 else 0.0
    elif fault:
        copies, apart_s = int(fault.get("copies", 2)), float(fault.get("delay_s", 0.0))
        jitter_s = float(fault.get("jitter_s", 0.0))
    for copy in range(copies):
        # The first one comes at once; with a jitter the others come in any order.
        late_s = copy * apart_s + (random.uniform(0, jitter_s) if copy else 0.0)
        state.schedule("hook", due_at + late_s, message)


def facts(message: Doc, hook: Doc) -> dict[str, Any]:
    """What the log says about a delivery."""
    return {
        "store": message["store"],
        "hook_id": hook["id"],
        "scope": message["scope"],
        "destination": hook["destination"],
        "message_id": message["message_id"],
        "attempt": message["attempt"],
        "payload": json.loads(message["payload"]),
    }


def order_event(state: State, store: str, name: str, order_id: int, **more: Any) -> None:
    """`store/order/<name>` with the order's id and what else the event carries."""
    emit(state, store, f"store/order/{name}", {"type": "order", "id": order_id, **more})
