from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from benchmarks.running_service import running_service
from img_super.cli.app import app
from tests.end_to_end.browser import photos
from tests.end_to_end.browser.axe import violations
from tests.end_to_end.browser.conftest import Open, asking_for
from tests.end_to_end.browser.photos import give
from tests.waiting import PATIENT


def test_asks_for_a_key_and_does_not_store_it(page: Page) -> None:
    given: list[str | None] = []
    page.route("**/super?evidence=true", asking_for("open-sesame", given))
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#key")).to_be_visible()
    expect(page.locator("#key-wrong")).to_be_hidden()
    assert violations(page) == []

    page.get_by_role("textbox", name="Clave de API").fill("wrong")
    page.get_by_role("button", name="Usar la clave").click()
    expect(page.locator("#key-wrong")).to_be_visible()
    page.get_by_role("textbox", name="Clave de API").fill("open-sesame")
    page.keyboard.press("Enter")
    expect(page.locator(".number")).to_be_visible()
    assert given == [None, "wrong", "open-sesame"]

    page.get_by_text("Para programas").click()
    expect(page.locator("#curl")).to_contain_text('-H "X-API-Key: $IMG_SUPER_KEY"')
    everything = page.evaluate(
        "document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage })"
    )
    assert "open-sesame" not in everything
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-ready", "")
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#key")).to_be_visible()
    assert given[-1] is None
    page.locator("#key-close").click()
    expect(page.locator("#key")).to_be_hidden()
    page.locator("#key-open").click()
    expect(page.locator("#key")).to_be_visible()


def test_real_service_accepts_the_key(open_page: Open, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    made = CliRunner().invoke(app, ["keys", "create", "front", "--file", str(file)])
    key = made.stdout.split()[0]
    with running_service(IMG_SUPER_KEYS_FILE=str(file), **PATIENT) as service:
        page = open_page(service=service)
        give(page, photos.sample("attack.jpg"))
        page.get_by_role("textbox", name="Clave de API").fill(key)
        page.keyboard.press("Enter")
        expect(page.locator(".number")).to_be_visible()
        expect(page.locator("#model")).to_contain_text("portrait_validator")
        page.locator("a[href=how-good]").click()
        expect(page.locator("#figures table")).to_have_count(6)  # without the key, which a link does not carry
