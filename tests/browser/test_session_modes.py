"""What a browser fetches by itself in the cross-site frame: pictures and downloads, by cookie or signed address."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, flash, g, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import BrowserContext, Frame, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.extensions import db, enter_store
from app.web.session import require_panel
from tests import factories
from tests.conftest import settings_for
from tests.web.callbacks import payload

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")]

_PAGE = """<!doctype html><html lang="en"><head><title>{{ title }}</title>
<link rel="stylesheet" href="/static/tokens.css"><script src="/static/session.js" defer></script></head>
<body><main id="main" tabindex="-1"><h1>{{ title }}</h1>
{% for words in get_flashed_messages() %}<p role="alert">{{ words }}</p>{% endfor %}
<a id="link" href="/panel/probe/page?x=second">on</a> <a id="file" download href="/panel/probe/file">file</a>
<img id="picture" alt="" src="{{ file_address('/panel/probe/picture') }}">
<form method="post" action="/panel/probe/write"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<input name="words" value="hello"><button id="send" name="how" value="kindly">send</button></form>
</main></body></html>"""


@contextmanager
def served(app: Flask, host: str) -> Iterator[int]:
    server = make_server(host, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _probe() -> Blueprint:
    probe = Blueprint("probe", __name__, url_prefix="/panel/probe")
    probe.before_request(require_panel)

    @probe.get("/page")
    def page() -> str:
        return render_template_string(_PAGE, title=f"{request.args.get('x', 'first')} of {g.store.store_hash}")

    @probe.post("/write")
    def write() -> ResponseReturnValue:
        flash(f"{request.form['words']} {request.form['how']}")
        return redirect("/panel/probe/page", code=303)

    @probe.get("/file")
    def file() -> Response:
        return Response("a,b\n", mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=list.csv"})

    @probe.get("/picture")
    def picture() -> Response:
        return Response('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>', mimetype="image/svg+xml")

    return probe


@pytest.fixture
def panel(app: Flask, owner_url: str) -> Iterator[str]:
    """The control panel's page on `localhost` that frames the app on `127.0.0.1`: two sites. Gives its address."""
    house = create_app(settings_for(owner_url, frame_ancestors="http://localhost:*"))
    house.register_blueprint(_probe())

    with house.app_context():
        factories.a_user(factories.a_store())
        db.session.remove()
        enter_store(None)
    outside = Flask("control_panel")
    with served(house, "127.0.0.1") as inner_port, served(outside, "localhost") as port:

        @outside.get("/")
        def frame() -> str:
            address = f"http://127.0.0.1:{inner_port}/load?signed_payload_jwt={payload()}"
            return f'<iframe name="app" width="800" height="500" src="{address}"></iframe>'

        yield f"http://localhost:{port}"


@pytest.fixture(autouse=True)
def leads_to_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.install.load.target_of", lambda url: "/panel/probe/page")


@contextmanager
def chromium(folder: Path, *, blocked: bool = False, scripts: bool = True, **options: Any) -> Iterator[BrowserContext]:
    """A browser of its own; `blocked`: it keeps no cookie for anybody, in no frame. Without `scripts` it runs none.

    Scripts are off in the browser's own settings: switched off by emulation, a frame from another site may begin to
    read its page as if they were on, and then pass over what stands there for browsers without.
    """
    (folder / "Default").mkdir(parents=True)
    refused = {name: 2 for name, off in (("cookies", blocked), ("javascript", not scripts)) if off}
    preferences = {"profile": {"block_third_party_cookies": blocked, "default_content_setting_values": refused}}
    (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"], headless=True, **options
        )
        yield context
        context.close()


def framed(context: BrowserContext, address: str) -> Frame:
    page = context.new_page()
    page.goto(address)
    frame = page.frame("app")
    assert frame is not None
    return frame


def works(frame: Frame) -> None:
    """Links, forms with their CSRF token, and messages, as a person uses them."""
    frame.wait_for_selector("text=first of abc123")
    frame.click("#link")
    frame.wait_for_selector("text=second of abc123")
    frame.click("#send")
    frame.wait_for_selector("text=hello kindly")
    assert frame.url.endswith("/panel/probe/page")


@pytest.mark.parametrize("blocked", [False, True], ids=["cookies kept", "cookies blocked"])
def test_the_panel_works_in_the_frame(panel: str, tmp_path: Path, blocked: bool) -> None:
    with chromium(tmp_path / "browser", blocked=blocked, accept_downloads=True) as context:
        frame = framed(context, panel)
        works(frame)
        assert frame.evaluate("Backhaul.isCarried()") is blocked
        assert "jwt" not in frame.url
        frame.wait_for_function("document.getElementById('picture').naturalWidth === 9")
        with frame.page.expect_download() as download:
            frame.click("#file")
        assert download.value.path().read_text() == "a,b\n"
        frame.evaluate("history.back()")
        frame.wait_for_selector("text=second of abc123")
        assert frame.locator("meta[name=backhaul-session]").count() == 0


def test_the_panel_works_without_javascript_where_cookies_are_kept(panel: str, tmp_path: Path) -> None:
    with chromium(tmp_path / "browser", scripts=False) as context:
        frame = framed(context, panel)
        frame.wait_for_selector("text=first of abc123")
        assert frame.evaluate("typeof Backhaul") == "undefined"
        frame.click("#send")
        frame.wait_for_selector("text=hello kindly")
