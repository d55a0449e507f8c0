from __future__ import annotations

import csv
import re
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from img_super.scan.rows import COLUMNS
from tests.conftest import SAMPLES
from tests.end_to_end.browser import photos
from tests.end_to_end.browser.conftest import Open
from tests.end_to_end.browser.photos import give


def test_photo_can_be_chosen(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Elegir fotos").click()
    assert chooser.value.is_multiple()
    chooser.value.set_files(SAMPLES / "attack.jpg")
    expect(page.locator("#file-name")).to_have_text("attack.jpg")
    expect(page.locator(".number")).to_be_visible()


DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  const options = { dataTransfer, bubbles: true, cancelable: true };
  const [over, drop] = ["dragover", "drop"].map((kind) => new DragEvent(kind, options));
  const target = document.querySelector("#main");
  target.dispatchEvent(over);
  const veiled = document.body.classList.contains("dropping");
  target.dispatchEvent(drop);
  return [veiled, over.defaultPrevented, drop.defaultPrevented, document.body.classList.contains("dropping")];
}"""


def test_photo_can_be_dropped_anywhere(page: Page) -> None:
    photo = b64encode((SAMPLES / "attack.jpg").read_bytes()).decode()
    assert page.evaluate(DROP, ["soltada.jpg", photo]) == [True, True, True, False]
    expect(page.locator("#file-name")).to_have_text("soltada.jpg")
    expect(page.locator(".number")).to_be_visible()


def test_photo_can_be_pasted(page: Page) -> None:
    page.evaluate(
        """async () => {
          const photo = await createImageBitmap(await (await fetch("samples/attack.jpg")).blob());
          const canvas = Object.assign(document.createElement("canvas"), { width: photo.width, height: photo.height });
          canvas.getContext("2d").drawImage(photo, 0, 0);
          const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
          await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
        }"""
    )
    page.keyboard.press("Control+V")
    expect(page.locator(".number")).to_be_visible()
    expect(page.locator("#verdict")).to_be_visible()


def test_pasted_text_is_ignored(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('no photo')")
    page.keyboard.press("Control+V")
    expect(page.locator("body")).to_have_attribute("data-state", "empty")


def test_photo_can_be_taken_with_the_webcam(page: Page) -> None:
    page.get_by_role("button", name="Tomar una foto").click()
    expect(page.locator("#camera")).to_be_visible()
    expect(page.locator("#shutter")).to_be_focused()
    page.wait_for_timeout(500)  # the camera's first picture
    page.locator("#shutter").click()
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#file-name")).to_contain_text("camera-")
    expect(page.locator("#verdict")).to_have_text("No se encontró ningún retrato")  # it shows a test picture
    assert page.locator("#video").evaluate("video => video.srcObject") is None  # the camera is off


def test_phone_uses_its_own_camera(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.add_init_script(
        "const real = matchMedia; matchMedia = (q) => (q === '(pointer: coarse)' ? { matches: true } : real(q));"
    )
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-ready", "")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Tomar una foto").click()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(SAMPLES / "bona_fide.jpg")
    expect(page.locator(".number")).to_be_visible()


@pytest.mark.parametrize(("button", "count"), [("uno genuino", 1), ("uno falsificado", 1), ("ambos", 2)])
def test_samples_can_be_tried(page: Page, button: str, count: int) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".number")).to_be_visible()
    if count > 1:
        expect(page.locator(".row-number")).to_have_count(count)


def test_several_photos_fill_a_table(page: Page) -> None:
    give(page, photos.sample("bona_fide.jpg"), photos.sample("attack.jpg"), photos.faceless(), photos.no_image())
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(4)
    expect(page.locator("#rows .row-number")).to_have_count(2)
    expect(page.locator("#rows tr[data-verdict=failed]")).to_have_count(2)
    expect(page.locator("#documents-title")).to_have_text("4 documentos")
    expect(page.locator("#documents-progress")).to_be_hidden()
    expect(rows.nth(2)).to_contain_text("No se encontró ningún retrato")
    expect(rows.nth(3).locator(".thumbnail.blank")).to_be_visible()
    colours = (
        rows.nth(1)
        .locator("canvas")
        .evaluate(
            "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
        )
    )
    assert colours > 50  # a photo, not an empty picture

    rows.nth(1).click()
    expect(page.locator("#file-name")).to_have_text("attack.jpg")
    expect(rows.nth(1).locator("[aria-current=true]")).to_have_count(1)
    expect(page.locator(".box.portrait")).to_be_visible()


def test_table_lists_the_most_suspicious_first(page: Page) -> None:
    give(page, photos.faceless(), photos.sample("bona_fide.jpg"), photos.sample("attack.jpg"))
    expect(page.locator("#rows .row-number")).to_have_count(2)
    expect(page.locator("#rows tr[data-verdict=failed]")).to_have_count(1)
    assert page.locator(".row-name").all_text_contents() == ["mesa.png", "bona_fide.jpg", "attack.jpg"]
    page.get_by_role("button", name="Puntaje").click()
    expect(page.locator("#score-head")).to_have_attribute("aria-sort", "descending")
    assert page.locator(".row-name").all_text_contents() == ["attack.jpg", "bona_fide.jpg", "mesa.png"]


def test_table_is_exported_as_csv(page: Page, tmp_path: Path) -> None:
    formula: FilePayload = {**photos.sample("attack.jpg"), "name": '=cmd|"x",1.jpg'}
    give(page, formula, photos.no_image())
    expect(page.locator("#rows .row-number")).to_have_count(1)
    expect(page.locator("#rows tr[data-verdict=failed]")).to_have_count(1)
    expect(page.locator("#totals")).to_contain_text("1 Sin respuesta")
    with page.expect_download() as download:
        page.get_by_role("button", name="Descargar CSV").click()
    download.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file, delimiter=";")  # for Spanish spreadsheets
    assert list(first) == [name for name in COLUMNS if name in first]  # names and order as in a scan
    assert first["photo"] == '\'=cmd|"x",1.jpg'  # harmless in a spreadsheet
    assert first["verdict"] in ("bona_fide", "undetermined", "attack")
    assert re.fullmatch(r"0,\d+", first["score"])
    assert second["error_code"] == "not_an_image"


# The browser keeps a photo's bytes as long as its blob: URL is valid.
LISTEN = """() => {
  window.revoked = [];
  const revoke = URL.revokeObjectURL.bind(URL);
  URL.revokeObjectURL = (url) => { revoked.push(url); revoke(url); };
}"""


def test_clearing_removes_everything(page: Page) -> None:
    give(page, photos.sample("attack.jpg"), photos.sample("bona_fide.jpg"))
    expect(page.locator("#rows .row-number")).to_have_count(2)
    page.evaluate(LISTEN)
    url = page.locator("#photo").get_attribute("src")
    page.locator("#clear-all").click()
    expect(page.locator("body")).to_have_attribute("data-state", "empty")
    expect(page.locator("#documents")).to_be_hidden()
    expect(page.locator("#result")).to_be_hidden()
    expect(page.locator("#choose")).to_be_focused()
    assert page.locator("#photo").get_attribute("src") is None
    assert page.locator("#answer").text_content() == ""
    revoked = page.evaluate("revoked")
    assert len(revoked) == 2
    assert url in revoked
