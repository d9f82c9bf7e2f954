"""A store whose portal a real browser can walk: the application behind a real port, and orders to return."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app.orders.models import Order
from tests.factories import a_line, an_order

CHROMIUM = Path("/usr/bin/chromium")


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application at a loopback address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    path = {"executable_path": str(CHROMIUM)} if CHROMIUM.exists() else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def orders_to_return(**changes: Any) -> Order:
    """Order 1234 of the entered store: three teapots, a very long name, a download."""
    options = [["Colour", "Blue"], ["Size", "Large"]]
    lines = [
        a_line(name="Demo teapot, stoneware", quantity=3, price="24.50", options=options),
        a_line(name="Extraordinarilylongproductnamewithoutanyspaceinitwhichmustnotmakethephonescroll", quantity=1),
        a_line(name="Demo recipes (PDF)", kind="digital", price="7.00"),
    ]
    values = {"bc_order_id": 1234, "shopper_email": "shopper1@shop.example", "shopper_name": "Demo Shopper 1"}
    return an_order(lines, **{**values, **changes})


def sideways(page: Page) -> int:
    """Pixels that the page can be scrolled sideways."""
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def check_looks(page: Page, name: str, width: int) -> None:
    """The page stands still sideways and breaks no serious rule of accessibility; PANEL_SHOTS keeps a picture of it."""
    if folder := os.environ.get("PANEL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
    assert sideways(page) == 0, name
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == [], name
