"""The doors BigCommerce itself uses: install, open, uninstall, remove a user. And what the framed page asks.

No guard before them: the token exchange and the signed payload say who it is.
"""

from flask import Blueprint

from ..session import file_address

bp = Blueprint("install", __name__)
bp.add_app_template_global(file_address)

from . import auth, callbacks, load, page  # noqa: E402, F401  the routes of this door
