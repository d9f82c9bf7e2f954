"""The control panel in Chromium, with the app in its iframe, under three ways of treating third-party cookies."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, Playwright, Request, expect

from tools.house import House

ALLOWED, PARTITIONED, BLOCKED = "allowed", "partitioned", "blocked"
MODES = (ALLOWED, PARTITIONED, BLOCKED)
PANEL_COOKIE, PORTAL_COOKIE = "__Host-backhaul", "__Host-backhaul-portal"
SHOTS = os.environ.get("FRAMED_SHOTS", "")

# What a person would choose in Chromium's settings. "Block third-party cookies" still keeps partitioned ones; an
# exception for our site inside theirs keeps none at all. (Seen in Chromium 156; each test run asserts it again.)
_PROFILES: dict[str, dict[str, Any]] = {
    ALLOWED: {"cookie_controls_mode": 0, "block_third_party_cookies": False},
    PARTITIONED: {"cookie_controls_mode": 1, "block_third_party_cookies": True},
    BLOCKED: {"content_settings": {"exceptions": {"cookies": {"127.0.0.1,localhost": {"setting": 2}}}}},
}
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip


def require_chromium() -> str:
    """Where Chromium is. Without one the test is skipped and says so; it fails where the full suite was asked for."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None and os.environ.get("BACKHAUL_REQUIRE_BROWSER"):
        pytest.fail("There is no Chromium on this machine, and BACKHAUL_REQUIRE_BROWSER is set.")
    return found or pytest.skip("NOT TESTED: there is no Chromium on this machine, so nothing framed was tried.")


@contextmanager
def a_browser(
    playwright: Playwright, mode: str = ALLOWED, *, width: int = 1280, js: bool = True
) -> Iterator[BrowserContext]:
    """Chromium with a profile of its own. Incognito contexts would not read the profile's cookie settings."""
    chromium = require_chromium()
    with tempfile.TemporaryDirectory(prefix="backhaul-chromium-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "Default").mkdir()
        (Path(folder) / "Default" / "Preferences").write_text(json.dumps({"profile": _PROFILES[mode]}))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=chromium, args=[*_QUIET], viewport={"width": width, "height": 900},
            java_script_enabled=js, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(20_000)
        try:
            yield context
        finally:
            context.close()


@dataclass
class Person:
    """Somebody in front of that browser. `heard`: what the console complained about; `asked`: requests to the app."""

    house: House
    context: BrowserContext
    heard: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.context.on("console", lambda said: self.heard.append(said.text) if said.type == "error" else None)
        self.context.on("weberror", lambda raised: self.heard.append(str(raised.error)))
        self.context.on("request", lambda request: self.asked.append(request) if self._is_ours(request) else None)

    def _is_ours(self, request: Request) -> bool:
        return request.url.startswith(self.house.app_url + "/")

    def complaints(self) -> list[str]:
        """What the console complained about since the last call."""
        found, self.heard[:] = list(self.heard), []
        return found

    def sent(self, path: str, header: str) -> str:
        """The `header` of the newest request to the app's `path`, as it went over the wire."""
        newest = next(one for one in reversed(self.asked) if one.url.startswith(self.house.app_url + path))
        return newest.all_headers().get(header, "")

    def shot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


@dataclass
class Clerk(Person):
    """A member of staff at the control panel of `store`. `orders`: some that nobody has asked back yet."""

    store: str = ""
    mode: str = ALLOWED
    orders: list[int] = field(default_factory=list)
    order: int = 0

    @property
    def app(self) -> FrameLocator:
        """What is seen in the app's frame."""
        return self.page.frame_locator("#app-frame")

    @property
    def frame(self) -> Frame:
        """The app's frame itself."""
        found = self.page.locator("#app-frame").element_handle().content_frame()
        assert found is not None
        return found

    @property
    def manage(self) -> str:
        return f"{self.house.sandbox_url}/manage/{self.store}"

    def install(self) -> None:
        """The marketplace's own button."""
        self.page.goto(f"{self.house.sandbox_url}/marketplace/{self.store}")
        self.page.get_by_role("button", name="Install").click()
        self.is_at("Welcome to Backhaul")

    def open(self) -> None:
        """From the control panel's menu."""
        self.page.goto(f"{self.manage}/app")
        self.is_at("Returns")

    def go(self, name: str) -> None:
        """By the app's own navigation."""
        self.app.get_by_role("navigation", name="Backhaul").get_by_role("link", name=name).click()
        self.is_at(name)

    def find(self, number: str) -> None:
        """By searching the list of returns."""
        self.go("Returns")
        self.app.get_by_role("searchbox").fill(number)
        self.app.get_by_role("button", name="Search").click()
        self.app.get_by_role("link", name=number).click()
        self.is_at(number)

    def is_at(self, heading: str) -> None:
        expect(self.app.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()

    def is_told(self, words: str) -> None:
        expect(self.app.locator("#messages")).to_contain_text(words)
