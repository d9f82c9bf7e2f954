"""What storefronts load from us: the script on their account pages."""

from flask import Blueprint, Response, abort

from ..extensions import enter_store, house_settings
from ..storefront import account_script
from ..stores.lookup import find_store_id
from ..stores.queries import get_store

# No guard: a public file that holds nothing but the portal's public address.
bp = Blueprint("storefront", __name__)


@bp.get("/storefront/<store_hash>.js")
def script(store_hash: str) -> Response:
    """The script of an installed store. Its fingerprint is checked by the browser, which needs CORS for that."""
    store_id = find_store_id(store_hash)
    if store_id is None:
        abort(404)
    enter_store(store_id)
    if not get_store().is_active:
        abort(404)
    response = Response(account_script.content(house_settings(), store_hash), mimetype="text/javascript")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
