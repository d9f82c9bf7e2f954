"""Where a load may lead: the control panel hands us a path, and only those on this list are followed."""

import re
from urllib.parse import urlsplit

HOME = "/panel/"
WELCOME = "/panel/welcome"

# An app extension opens "/orders/<id>/returns"; the others are addresses of the panel as its own links write them.
_ALLOWED = (
    re.compile(r"/orders/[0-9]{1,15}/returns"),
    re.compile(r"/orders(/[0-9]{1,15})?"),
    re.compile(r"/returns/[0-9]{1,15}"),
    re.compile(r"/(welcome|settings|health)"),
)


def target_of(url: str) -> str:
    """The panel's path for the `url` of a load; its start for anything that is not on the list."""
    path = urlsplit(url).path.rstrip("/") if url.startswith("/") and not url.startswith("//") else ""
    if any(allowed.fullmatch(path) for allowed in _ALLOWED):
        return f"/panel{path}"
    return HOME
