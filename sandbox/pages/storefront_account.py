"""The shopper's account: orders and one order, marked up the way the default theme does it."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, request
from flask.typing import ResponseReturnValue

from sandbox import state_orders
from sandbox.defaults import ORDER, STATUS_NAMES
from sandbox.pages.storefront_base import customer, shop_page, state

bp = Blueprint("account", __name__)


@bp.get("/account.php")
def account() -> ResponseReturnValue:
    """`action=order_status` lists the shopper's orders, `action=view_order&order_id=` shows one."""
    who = customer()
    if who is None:
        return redirect("/login.php")
    if request.args.get("action") == "view_order":
        return _one(who["id"], request.args.get("order_id", 0, type=int))
    query = state_orders.OrderQuery(
        equals=(("customer_id", who["id"]),), sort="date_created", descending=True, limit=100
    )
    found = [{**ORDER, **order} for order in state_orders.find_orders(state(), g.store["hash"], query)]
    orders = [order for order in found if order["status_id"] != 0]
    return shop_page("shop/orders.html", "account_orderstatus", orders=orders, names=STATUS_NAMES)


def _one(customer_id: int, order_id: int) -> ResponseReturnValue:
    order = state_orders.find_order(state(), g.store["hash"], order_id)
    if order is None or order.get("customer_id") != customer_id or order["status_id"] == 0:
        abort(404)
    return shop_page("shop/order.html", "account_order", order={**ORDER, **order}, names=STATUS_NAMES)
