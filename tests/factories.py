"""Builders that hide what does not matter. Each writes rows into the store it is told, and gives them back."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.extensions import as_store, current_store_id, db
from app.lib import clock
from app.orders.models import Order, OrderLine, Shipment
from app.policies.decide import Considered, LineDecision, Outcome
from app.policies.window import Basis, Window
from app.returns.actor import Actor
from app.returns.models import Return
from app.returns.service import WantedLine, open_return
from app.stores.lookup import next_store_id
from app.stores.models import Role, Store, StoreStatus, StoreUser

_numbers = itertools.count(1000)


def a_store(store_hash: str = "abc123", **changes: Any) -> Store:
    """An installed store of its own, committed and detached: enter it to see its rows."""
    store_id = next_store_id()
    with as_store(store_id):
        store = Store(
            id=store_id,
            **{
                "store_hash": store_hash,
                "status": StoreStatus.ACTIVE,
                "access_token": f"token-of-{store_hash}",
                "scopes": "store_v2_orders",
                "owner_bc_user_id": 1,
                "owner_email": f"owner@{store_hash}.example",
                "hook_secret": f"hook-secret-of-{store_hash}",
                "name": f"Store {store_hash}",
                "timezone": "Europe/Warsaw",
                "currency": "USD",
                "settings": {},
                "installed_at": clock.now(),
                **changes,
            },
        )
        return _kept(store)


def _kept(row: Any) -> Any:
    """Commit `row` and detach it, so that it can be read from outside its store."""
    db.session.add(row)
    db.session.commit()
    db.session.refresh(row)
    db.session.expunge(row)
    return row


def a_user(store: Store, *, bc_user_id: int = 1, role: Role = Role.OWNER, **changes: Any) -> StoreUser:
    """Somebody who works in `store`."""
    with as_store(store.id):
        user = StoreUser(
            store_id=store.id,
            bc_user_id=bc_user_id,
            email=changes.pop("email", f"user{bc_user_id}@{store.store_hash}.example"),
            role=role,
            last_seen_at=clock.now(),
            **changes,
        )
        return _kept(user)


def a_line(**changes: Any) -> OrderLine:
    """A line for `an_order`: one shipped physical thing at 10.00 unless told otherwise."""
    quantity = changes.get("quantity", 1)
    price = Decimal(changes.pop("price", "10.00"))
    total = price * quantity
    number = next(_numbers)
    return OrderLine(
        **{
            "bc_line_id": number,
            "bc_product_id": 100,
            "bc_address_id": 7,
            "name": f"Thing {number}",
            "sku": f"SKU-{number}",
            "quantity": quantity,
            "quantity_shipped": quantity,
            "price_inc_tax": price,
            "price_ex_tax": price,
            "total_inc_tax": total,
            "total_ex_tax": total,
            "total_tax": Decimal(0),
            "paid_inc_tax": total,
            **changes,
        }
    )


def an_order(lines: Sequence[OrderLine] | None = None, *, shipped_days_ago: int | None = 5, **changes: Any) -> Order:
    """An order of the entered store, shipped five days ago unless told otherwise; committed."""
    store_id = current_store_id()
    assert store_id is not None, "enter a store first"
    lines = list(lines) if lines is not None else [a_line()]
    for line in lines:
        line.store_id = store_id
    total = sum((Decimal(line.paid_inc_tax) for line in lines), Decimal(0))
    shipped_at = clock.now() - timedelta(days=shipped_days_ago) if shipped_days_ago is not None else None
    number = next(_numbers)
    order = Order(
        **{
            "store_id": store_id,
            "bc_order_id": number,
            "bc_status_id": 2,
            "bc_status": "Shipped",
            "bc_customer_id": 0,
            "currency": "USD",
            "total_inc_tax": total,
            "total_ex_tax": total,
            "subtotal_inc_tax": total,
            "shipping_inc_tax": Decimal(0),
            "shipping_ex_tax": Decimal(0),
            "discount": Decimal(0),
            "coupon_discount": Decimal(0),
            "is_tax_inclusive": True,
            "items_total": sum(line.quantity for line in lines),
            "items_shipped": sum(line.quantity_shipped for line in lines),
            "shopper_name": "Demo Shopper",
            "shopper_email": f"shopper{number}@shop.example",
            "ordered_at": (shipped_at or clock.now()) - timedelta(days=1),
            "modified_at": datetime(2026, 1, 1, tzinfo=UTC),
            "shipped_at": shipped_at,
            "shipments_known_at": clock.now(),
            "synced_at": clock.now(),
            "lines": lines,
            **changes,
        }
    )
    db.session.add(order)
    db.session.commit()
    return order


def a_shipment(order: Order, *, days_ago: int = 5, **changes: Any) -> Shipment:
    """A parcel of `order`."""
    shipment = Shipment(
        **{
            "store_id": order.store_id,
            "order_id": order.id,
            "bc_shipment_id": next(_numbers),
            "shipped_at": clock.now() - timedelta(days=days_ago),
            "items": [{"bc_line_id": line.bc_line_id, "quantity": line.quantity} for line in order.lines],
            **changes,
        }
    )
    db.session.add(shipment)
    db.session.commit()
    return shipment


def a_decision(order_line_id: int, outcome: Outcome = Outcome.AUTHORIZE) -> LineDecision:
    """The policy's answer `outcome` for one line, however it would come to it."""
    day = clock.now().date()
    return LineDecision(
        order_line_id=order_line_id,
        outcome=outcome,
        rule="a_rule",
        considered=(Considered("a_rule", True, ()),),
        window=Window(day, day, Basis.ORDERED, 0, ()),
        sentence="Because the policy says so.",
    )


def a_return(
    order: Order | None = None,
    *,
    wanted: Sequence[WantedLine] | None = None,
    outcome: Outcome = Outcome.AUTHORIZE,
    **changes: Any,
) -> Return:
    """A return of every unit of `order`, each line decided as `outcome` says; committed, nothing announced."""
    order = order or an_order()
    wanted = wanted or [WantedLine(line.id, line.quantity, "damaged") for line in order.lines]
    rma = open_return(
        order,
        wanted,
        **{
            "origin": "shopper",
            "form_key": f"form-key-{next(_numbers)}",
            "decisions": [a_decision(want.order_line_id, outcome) for want in wanted],
            "policy_version": 1,
            "instructions": "Pack it well.",
            "actor": Actor("shopper", name="Demo Shopper"),
            **changes,
        },
    )
    db.session.commit()
    return rma


def noise() -> Store:
    """Another store with a user and an order: whoever forgets which store they are in meets its rows."""
    other = a_store(store_hash="noise9")
    a_user(other)
    with as_store(other.id):
        an_order([a_line(quantity=3), a_line()])
    return other
