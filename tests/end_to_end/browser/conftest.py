"""The page in a real Chromium, with fixtures that watch for forbidden events."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect, sync_playwright

from benchmarks.running_service import Service

PATIENCE_MS = 90_000
"""A machine that is busy is no reason to fail."""

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_OPTIONS = (
    "--no-sandbox",  # Chromium's sandbox refuses root, and CI is root
    "--disable-gpu",  # a software GPU is slower than software rendering
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
_REFUSED_PHOTO = "Failed to load resource: the server responded with a status of 4"
"""What Chromium says of every 4xx; the page answers it in its own words."""


@dataclass
class Visit:
    """An open page, with its errors and external requests."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> Visit:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._on_request)
        return self

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED_PHOTO):
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.outside.append(request.url)


Open = Callable[..., Page]
"""`open_page(locale="es-CO", service=another, **options of a browser context)`: the page, opened anew."""


def _chromium() -> str:
    found = next((path for name in _CHROMIUMS if (path := shutil.which(name))), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is missing; .ci/run installs it with apt")
    pytest.skip("no Chromium is installed; on Debian: apt install chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


# One browser for this folder, not for the session: while Playwright runs, this thread has a running event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = _chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def service(browser: Browser, service: Service) -> Service:
    """Requires the browser first, so that no service starts without one."""
    return service


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Open]:
    """Opens the page; fails at the end if there were errors, external requests or stored data."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_page(locale: str = "es-CO", path: str = "/", service: Service = service, **options: Any) -> Page:
        usual: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce"}
        context = browser.new_context(locale=locale, **{**usual, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["camera", "clipboard-read", "clipboard-write"], origin=service.url)
        contexts.append(context)
        visits.append(Visit(context.new_page(), service.url).watch())
        page = visits[-1].page
        page.goto(service.url + path)
        expect(page.locator("html")).to_have_attribute("data-ready", "")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for visit in visits:
        assert visit.errors == []
        assert visit.outside == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """The page in Spanish, 1280 pixels wide."""
    return open_page()


def asking_for(key: str, given: list[str | None]) -> Callable[[Route], None]:
    """A fake service that requires a key, in front of the real one."""

    def ask(route: Route) -> None:
        given.append(route.request.headers.get("x-api-key"))
        if given[-1] == key:
            return route.continue_()
        problem = {
            "code": "key_refused",
            "title": "The API key is missing or unknown",
            "detail": "Send a valid API key.",
            "status": 401,
        }
        return route.fulfill(status=401, json=problem)

    return ask
