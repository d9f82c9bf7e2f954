"""The storefront of a store, at the real root paths: products, sign-in, account, `current.jwt`, what apps placed there.

`http://localhost:<port>` is the first store (or the one called demostore1), `http://<hash>.localhost:<port>` any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, abort, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import oauth
from sandbox.pages import pictures, storefront_account
from sandbox.pages.storefront_base import customer, here, shop_page, state
from sandbox.pages.words import teach

if TYPE_CHECKING:
    from sandbox.server import Sandbox

FIRST_STORE = "demostore1"
bp = Blueprint("shop", __name__)


def create_shop_app(sandbox: Sandbox) -> Flask:
    """One Flask app for all storefronts of the simulator."""
    app = Flask(__name__, template_folder="../templates", static_folder="../static", static_url_path="/_static")
    app.config.update(SANDBOX=sandbox, SESSION_COOKIE_NAME="shop_session", SESSION_COOKIE_SAMESITE="Lax")
    app.secret_key = f"shop:{sandbox.client_secret}"
    app.before_request(_find_store)
    app.register_blueprint(bp)
    app.register_blueprint(storefront_account.bp)
    app.register_error_handler(HTTPException, _show_error)
    teach(app)
    return app


def _show_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("shop/error.html", error=error), error.code or 500


def _find_store() -> None:
    """The store that this address belongs to; 404 where there is none."""
    sub = request.host.partition(":")[0].rpartition(".localhost")[0]
    stores = {doc["hash"]: doc for doc in state().stores()}
    chosen = stores.get(sub) if sub else stores.get(FIRST_STORE) or next(iter(stores.values()), None)
    g.store = chosen or abort(404, description="No storefront at this address.")
    if request.args.get("channel", "").isdigit():
        session["channel"] = int(request.args["channel"])
    g.channel = session.get("channel", 1)


@bp.get("/")
def home() -> ResponseReturnValue:
    products = [p for p in state().all(g.store["hash"], "product") if p.get("is_visible", True)]
    shelves = {c["category_id"]: c["name"] for c in state().all(g.store["hash"], "category")}
    wanted = request.args.get("category", type=int)
    shown = [p for p in products if wanted is None or wanted in p.get("categories", [])]
    return shop_page("shop/home.html", "default", products=shown[:60], shelves=shelves, wanted=wanted)


@bp.get("/product_images/<int:product_id>.svg")
def picture(product_id: int) -> ResponseReturnValue:
    found = state().find(g.store["hash"], "product", product_id) or abort(404)
    drawing = pictures.product_svg(product_id, found["name"], (found.get("categories") or [0])[0])
    return drawing, {"Content-Type": "image/svg+xml", "Cache-Control": "max-age=3600"}


@bp.route("/login.php", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Pick a shopper; there is no password here, and the page says so."""
    if request.args.get("action") == "logout":
        session.pop("customer_id", None)
        return redirect("/")
    if request.method == "POST":
        chosen = state().find(g.store["hash"], "customer", request.form.get("customer_id", 0, type=int))
        if chosen is not None:
            session["customer_id"] = chosen["id"]
            return redirect("/account.php?action=order_status", code=303)
    found = state().all(g.store["hash"], "customer")
    sql = "SELECT customer_id, count(*) FROM orders WHERE store=? AND is_deleted=0 GROUP BY customer_id"
    counts = dict(state().rows(sql, (g.store["hash"],)))
    shoppers = sorted(found, key=lambda one: (-counts.get(one["id"], 0), one["id"]))[:100]
    return shop_page("shop/login.html", "login", shoppers=shoppers, counts=counts)


@bp.get("/customer/current.jwt")
def current_jwt() -> ResponseReturnValue:
    """The signed-in shopper for an app, as text; 404 for guests and for apps nobody knows."""
    who = customer()
    sandbox = here()
    known = request.args.get("app_client_id") == sandbox.client_id and g.store["app"] is not None
    if who is None or not known:
        abort(404)
    signed = oauth.current_customer_jwt(sandbox, g.store["hash"], who["id"])
    return signed, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@bp.get("/<path:path>")
def page(path: str) -> ResponseReturnValue:
    """A page that somebody made through the Pages API, or a product."""
    address = f"/{path.strip('/')}/"
    for one in state().all(g.store["hash"], "page"):
        if (one.get("url") or "").strip("/") == path.strip("/") and one.get("channel_id", 1) == g.channel:
            return _render(one)
    for product in state().all(g.store["hash"], "product"):
        if product.get("custom_url", {}).get("url") == address:
            return shop_page("shop/product.html", "product", product=product)
    abort(404)


def _render(one: dict[str, str]) -> ResponseReturnValue:
    if one["type"] == "link":
        return redirect(one["link"])
    if one["type"] == "raw":
        # Raw pages are the merchant's own document, without the theme around it.
        return one.get("body") or "", {"Content-Type": one.get("content_type") or "text/html; charset=utf-8"}
    return shop_page("shop/page.html", "page", page=one)
