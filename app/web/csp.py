"""What a browser may do with our pages, by area: the panel lives in a frame, everything else must not."""

import re

from flask import Flask, Response, g, request

from ..extensions import house_settings

_PANEL = ("/panel", "/auth", "/load", "/session/")
_PORTAL = ("/r/",)

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?(?=/|$)")
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_LOOPBACK_IMAGES = "http://localhost:* http://127.0.0.1:* http://*.localhost:*"


def init_app(app: Flask) -> None:
    app.after_request(_headers)


def _headers(response: Response) -> Response:
    """Strict by default; the page's own choice of Referrer-Policy or Cache-Control stays."""
    settings = house_settings()
    is_panel, is_portal = request.path.startswith(_PANEL), request.path.startswith(_PORTAL)
    response.headers["Content-Security-Policy"] = _policy(_framers() if is_panel else "'none'")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Permissions-Policy"] = _PERMISSIONS
    # Not no-referrer: the check of forms on https wants to see where they come from.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if not is_panel:
        response.headers["X-Frame-Options"] = "DENY"
    if is_panel or is_portal:
        response.headers["Cache-Control"] = "no-store"
    if settings.app_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def _policy(framers: str) -> str:
    images = "'self' data: https:"
    if house_settings().sandbox:
        images += f" {_LOOPBACK_IMAGES}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {images}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {framers}",
        )
    )


def _framers() -> str:
    """The control panels that may frame the panel: the configured ones, and this store's own when we know it."""
    framers = house_settings().frame_ancestors.split()
    store = g.get("store")
    own = _ORIGIN.match(store.control_panel_url) if store is not None else None
    if own is not None:
        framers.append(own[0])
    return " ".join(dict.fromkeys(framers)) or "'none'"
