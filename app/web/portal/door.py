"""The blueprint that every page of the portal hangs on."""

from flask import Blueprint

bp = Blueprint("portal", __name__, url_prefix="/r/<store_hash>")
