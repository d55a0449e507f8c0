"""Screenshots of the page, for review and for the README: `python tests/end_to_end/browser/screenshots.py <folder>`.

Every state in two sizes, light and dark, Spanish and English. The documents are the samples, of fictitious people.
`--url` takes the pictures of a service that already runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parents[3] / "src")]

from benchmarks.running_service import running_service  # noqa: E402
from tests.end_to_end.browser import photos  # noqa: E402

SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
LOCALES = {"es": "es-CO", "en": "en-GB"}
PATIENCE_MS = 60_000


@contextmanager
def opened(browser: Browser, url: str, size: str, scheme: str, language: str) -> Iterator[Page]:
    """The page in one language, size and theme."""
    is_phone = size == "phone"
    page = browser.new_page(
        viewport=SIZES[size],
        color_scheme="dark" if scheme == "dark" else "light",
        locale=LOCALES[language],
        device_scale_factor=2 if is_phone else 1,
        reduced_motion="reduce",
    )
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    expect(page.locator("#model")).not_to_be_empty()
    yield page
    page.close()


def take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=path, full_page=True)


def take_all(page: Page, folder: Path, name: str) -> None:
    """The empty page, one answer, an error among several, the zoomed portrait with the JSON."""
    take(page, folder / f"{name}-1-empty.png")
    photos.give(page, photos.sample("attack.jpg"))
    expect(page.locator("#heat")).to_be_visible()
    take(page, folder / f"{name}-2-answer.png")
    photos.give(page, photos.with_ghost(), photos.faceless())
    expect(page.locator(".row-number")).to_have_count(2)
    expect(page.locator("#rows tr[data-verdict=failed]")).to_have_count(1)
    take(page, folder / f"{name}-3-several.png")
    page.locator(".row-name").last.click()
    expect(page.locator(".code")).to_be_visible()
    take(page, folder / f"{name}-4-refused.png")
    page.locator(".row-name").first.click()
    page.locator("#view-portrait").click()
    page.locator("summary").click()
    take(page, folder / f"{name}-5-portrait.png")


def main(
    folder: Annotated[Path, typer.Argument(help="Where the PNG files are written.")],
    url: Annotated[str, typer.Option(help="A service that runs; without it, one is started.")] = "",
    only: Annotated[str, typer.Option(help="Only appearances whose name has this, such as `phone-dark`.")] = "",
) -> None:
    """Take the screenshots."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        if url:
            take_appearances(browser, url, folder, only)
        else:
            with running_service() as service:
                take_appearances(browser, service.url, folder, only)
        browser.close()


def take_appearances(browser: Browser, url: str, folder: Path, only: str) -> None:
    for appearance in product(SIZES, ("light", "dark"), LOCALES):
        name = "-".join(appearance)
        if only in name:
            with opened(browser, url, *appearance) as page:
                take_all(page, folder, name)


if __name__ == "__main__":
    typer.run(main)
