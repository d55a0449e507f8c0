from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from benchmarks.running_service import Service
from tests.end_to_end.browser import photos
from tests.end_to_end.browser.axe import violations
from tests.end_to_end.browser.conftest import Open, asking_for
from tests.end_to_end.browser.photos import give
from tests.languages import english_in

HEAVIEST_BYTES = 150_000
PHONE = {"viewport": {"width": 390, "height": 844}}
SMALLEST_PHONE = {"viewport": {"width": 320, "height": 640}}


def answered(page: Page) -> Page:
    """Shows two answers and an error."""
    give(page, photos.sample("attack.jpg"), photos.sample("bona_fide.jpg"), photos.faceless())
    expect(page.locator(".row-number")).to_have_count(2)
    expect(page.locator("#rows tr[data-verdict=failed]")).to_have_count(1)
    expect(page.locator("#controls")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("locale", "language", "question"),
    [
        ("es-CO", "es", "¿Superpusieron este retrato?"),
        ("en-GB", "en", "Was this portrait superimposed?"),
        ("de-DE", "es", "¿Superpusieron este retrato?"),
    ],
)
def test_uses_the_browser_language(open_page: Open, locale: str, language: str, question: str) -> None:
    page = open_page(locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(question)
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert question in page.title()


def test_language_can_be_changed_and_is_remembered(page: Page) -> None:
    answered(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
    expect(page.locator("#answer .number-label")).to_have_text(
        "Score: probability that it is superimposed, if half of all documents were"
    )
    expect(page.locator("#documents-title")).to_have_text("3 documents")
    expect(page.locator("#rows")).to_contain_text("No portrait was found")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was this portrait superimposed?")
    expect(page.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("path", ["/", "/how-good"])
def test_spanish_page_has_no_english(open_page: Open, path: str) -> None:
    """File names and JSON are not translated."""
    page = open_page(path=path)
    if path == "/":
        answered(page)
        for row in page.locator("#rows tr").all():
            row.click()
            assert english_in(_words_of(page)) == set()
    else:
        expect(page.locator("#figures table").first).to_be_visible()
    assert english_in(_words_of(page)) == set()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert len(english_in(_words_of(page))) > 5


def _words_of(page: Page) -> str:
    """All visible and accessible text."""
    return str(
        page.evaluate("""() => {
          const copy = document.body.cloneNode(true);
          copy.querySelectorAll("code, pre, noscript, .file-name, .row-name").forEach((node) => node.remove());
          const labels = [...copy.querySelectorAll("[aria-label]")].map((node) => node.getAttribute("aria-label"));
          return [copy.textContent, ...labels].join(" ");
        }""")
    )


def brightness(page: Page) -> float:
    colour = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3


def test_theme_follows_the_system_until_changed(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    assert brightness(page) < 40
    page.get_by_role("button", name="Usar el tema claro").click()
    assert brightness(page) > 200
    page.get_by_role("button", name="Usar el tema oscuro").click()
    assert brightness(page) < 40
    assert brightness(open_page(color_scheme="light")) > 200


@pytest.mark.parametrize("options", [PHONE, SMALLEST_PHONE], ids=["390 px", "320 px"])
def test_narrow_screen_has_no_horizontal_scroll(open_page: Open, options: dict[str, object]) -> None:
    page = open_page(**options)
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) <= 0  # below 0: the room kept for the scroll bar
    answered(page)
    page.get_by_text("Para programas").click()
    assert page.evaluate(width) <= 0  # below 0: the room kept for the scroll bar
    for name in ("#choose", "#view-portrait", "#heat-opacity", "#clear-all"):
        box = page.locator(name).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.evaluate("innerWidth")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_portrait_of_a_tall_photo_fills_its_pane(open_page: Open, options: dict[str, object]) -> None:
    page = open_page(**options)
    give(page, photos.tall())
    expect(page.locator("#heat")).to_be_visible()
    page.locator("#view-portrait").click()
    names = (".stage-frame", "#stage", "#photo", "#heat")
    pane, stage, photo, crop = (page.locator(name).bounding_box() for name in names)
    assert pane
    assert stage
    assert photo
    assert crop
    assert stage["width"] == pytest.approx(pane["width"], abs=1)
    assert photo["x"] <= stage["x"] + 1
    assert photo["x"] + photo["width"] >= stage["x"] + stage["width"] - 1
    assert max(crop["width"] / stage["width"], crop["height"] / stage["height"]) == pytest.approx(1 / 1.12, abs=0.02)
    assert stage["x"] <= crop["x"]
    assert crop["x"] + crop["width"] <= stage["x"] + stage["width"]


def test_photo_can_be_zoomed(page: Page) -> None:
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#heat")).to_be_visible()
    photo, stage = page.locator("#photo"), page.locator("#stage")
    page.locator("#view-portrait").click()
    expect(page.locator("#view-portrait")).to_have_attribute("aria-pressed", "true")
    near, frame, face = photo.bounding_box(), stage.bounding_box(), page.locator(".box.portrait").bounding_box()
    assert near
    assert frame
    assert face
    assert near["width"] > 1.5 * frame["width"]
    assert frame["x"] <= face["x"]
    assert face["x"] + face["width"] <= frame["x"] + frame["width"]
    page.locator("#view-document").click()
    far, frame = photo.bounding_box(), stage.bounding_box()
    assert far
    assert frame
    assert far["width"] == pytest.approx(frame["width"], abs=1)

    page.get_by_label("Rostros").uncheck()
    expect(page.locator(".box.portrait")).to_be_hidden()
    page.get_by_label("Rostros").check()
    expect(page.locator(".box.portrait")).to_be_visible()

    slider = page.get_by_label("Indicios", exact=True)
    for value in ("0", "100"):
        slider.fill(value)
        expect(page.locator("#heat")).to_have_css("opacity", str(int(value) // 100))
        expect(page.locator("#heat-value")).to_have_text(f"{value} %")


def tab_stops(page: Page, limit: int = 60) -> Iterator[str]:
    """The elements in tab order, each with visible focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(
            """() => {
              const { activeElement: node } = document;
              const style = getComputedStyle(node);
              const name = node.id || node.dataset.samples || node.getAttribute("href") || node.tagName;
              return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
            }"""
        )
        if name == "BODY":
            return
        assert seen, f"{name} has the focus, but nothing shows it"
        yield name


def test_everything_works_by_keyboard(page: Page) -> None:
    assert next(tab_stops(page)) == "#main"  # the skip link
    page.keyboard.press("Enter")
    for name in tab_stops(page):
        if name == "bona_fide.jpg attack.jpg":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".row-number")).to_have_count(2)
    expect(page.locator("#controls")).to_be_visible()

    page.locator("#download").focus()
    reached = list(tab_stops(page))
    assert {"clear-all", "sort", "view-document", "view-portrait", "show-boxes", "heat-opacity"} < set(reached)
    assert {"SUMMARY", "how-good", "docs"} < set(reached)

    page.locator(".row-name").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".row-name").last).to_have_attribute("aria-current", "true")
    expect(page.locator(".row-name").last).to_be_focused()  # the table is redrawn, the focus is kept
    page.locator("#heat-opacity").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#heat-value")).to_have_text("55 %")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#curl")).to_be_visible()
    page.locator("#photograph").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#camera")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#photograph")).to_be_focused()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 860}, PHONE["viewport"]], ids=["wide", "phone"])
def test_axe_reports_no_violations(open_page: Open, color_scheme: str, viewport: dict[str, int]) -> None:
    page = open_page(color_scheme=color_scheme, viewport=viewport)
    assert violations(page) == []
    answered(page)
    page.get_by_text("Para programas").click()
    assert violations(page) == []
    page.locator(".row-name").last.click()
    expect(page.locator(".code")).to_be_visible()
    assert violations(page) == []
    page.locator("#photograph").click()
    expect(page.locator("#camera")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 860}, PHONE["viewport"]], ids=["wide", "phone"])
def test_accuracy_page_is_in_both_languages(open_page: Open, viewport: dict[str, int]) -> None:
    page = open_page(path="/how-good", viewport=viewport)
    expect(page.locator("#figures table")).to_have_count(6)
    expect(page.locator("h1")).to_have_text("Qué tan bueno es")
    expect(page.locator("#figures")).not_to_contain_text(re.compile(r"[a-z]_[a-z]|\+"))  # names of programs
    women = page.locator("#figures tr", has=page.get_by_text("mujeres", exact=True))
    expect(women).to_have_count(2)
    expect(women.last.locator(".figure")).to_have_text([r"35", re.compile(r"%de .* a "), re.compile(r"%de .* a ")])
    expect(page.locator("tr[aria-current]").first).to_contain_text("equilibrada")
    assert violations(page) == []
    page.locator("#language-en").click()
    expect(page.locator("h1")).to_have_text("How good it is")
    expect(page.locator("tr[aria-current]").first).to_contain_text("used here")
    expect(page.locator("#figures")).to_contain_text("dark skin")
    expect(page.get_by_text("Superimposed, missed").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_reports_a_planted_violation(page: Page) -> None:
    page.locator(".lead").evaluate("lead => lead.style.setProperty('color', '#ccc')")
    assert [text.partition(":")[0] for text in violations(page)] == ["color-contrast"]


def test_page_is_small(page: Page) -> None:
    expect(page.locator("#model")).not_to_be_empty()
    loaded = page.evaluate(
        """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
          .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""
    )
    sizes = dict(loaded)
    assert {"/", "/web/page.js", "/web/style.css", "/web/texts/es.json", "/model"} <= sizes.keys()
    assert min(sizes.values()) > 0
    assert sum(sizes.values()) < HEAVIEST_BYTES, sizes


def test_photo_is_not_stored_in_the_browser(page: Page) -> None:
    answered(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Choose photos")).to_be_visible()
    kept = page.evaluate(
        """async () => ({
          local: { ...localStorage },
          session: { ...sessionStorage },
          databases: (await indexedDB.databases()).length,
          caches: (await caches.keys()).length,
          workers: (await navigator.serviceWorker.getRegistrations()).length,
          cookies: document.cookie,
        })"""
    )
    assert kept == {
        "local": {"img_super.language": "en"}, "session": {}, "databases": 0, "caches": 0, "workers": 0, "cookies": ""
    }  # fmt: skip


BLOCKED = """() => new Promise((done) => {
  const seen = [];
  document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
  const script = document.createElement("script");
  try { script.textContent = "window.ran = true"; document.body.append(script); } catch { seen.push("trusted-types") }
  document.body.setAttribute("style", "color: red");
  fetch("https://example.org/").catch(() => {});
  new Image().src = "https://example.org/x.png";
  setTimeout(() => done([window.ran === undefined, [...new Set(seen)].sort()]), 500);
})"""


def test_injected_markup_can_neither_run_nor_send(browser_page: Page) -> None:
    ran_nothing, blocked = browser_page.evaluate(BLOCKED)
    assert ran_nothing
    assert {"connect-src", "img-src", "style-src-attr", "trusted-types"} <= set(blocked)


@pytest.fixture
def browser_page(open_page: Open, service: Service) -> Iterator[Page]:
    """A page that may log errors: the CSP reports what it blocks."""
    page = open_page().context.new_page()
    page.goto(service.url)
    yield page
    page.close()


RECORD = """() => {
  const controls = "button, input:not([type=file]), a[href], summary";
  const nameOf = (node) =>
    node.id || node.dataset.samples || node.getAttribute("href") || node.className || node.tagName;
  window.known = new Set();
  window.used = new Set();
  const look = () => document.querySelectorAll(controls).forEach((node) => known.add(nameOf(node)));
  for (const kind of ["click", "input"]) {
    document.addEventListener(kind, (event) => {
      look();
      const control = event.target.closest(controls);
      if (event.isTrusted && control) used.add(nameOf(control));
      if (control?.matches("footer a")) event.preventDefault();
    }, true);
  }
}"""


def test_tour_uses_every_control(page: Page) -> None:
    """A tour of the whole page. A new control makes it fail until the tour uses it."""
    page.evaluate(RECORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the content
    _use_the_ways_in(page)
    _use_what_shows_answers(page)
    _use_the_key(page)
    assert page.evaluate("[...known].filter((name) => !used.has(name))") == []


def click(page: Page, *names: str) -> None:
    for name in names:
        page.locator(name).click()


def _use_the_ways_in(page: Page) -> None:
    click(page, "#photograph", "#camera-close", "#photograph", "#shutter")
    expect(page.locator(".code")).to_be_visible()
    click(page, "#again", "#clear-one")
    for sample in page.locator("[data-samples]").all():
        sample.click()
    expect(page.locator(".row-number")).to_have_count(4)


def _use_what_shows_answers(page: Page) -> None:
    click(page, "#rows tr:last-child .row-name", "#sort", "#theme", "#language-en", "#language-es")
    click(page, "#view-portrait", "#view-document", "summary", "#copy-json", "#copy-curl")
    page.locator("#show-boxes").uncheck()
    page.locator("#heat-opacity").press("ArrowRight")
    with page.expect_download():
        click(page, "#download")
    click(page, "#clear-all", "a[href=how-good]", "a[href=docs]")  # the record keeps the page from leaving
    for address in ("how-good", "docs"):
        assert page.request.get(page.url + address).ok


def _use_the_key(page: Page) -> None:
    page.route("**/super?evidence=true", asking_for("open-sesame", []))
    with page.expect_file_chooser() as chooser:
        click(page, "#choose")
    chooser.value.set_files([photos.sample("attack.jpg")])
    click(page, "#key-close", "#key-open")
    page.locator("#key-value").fill("open-sesame")
    page.get_by_role("button", name="Usar la clave").click()
    expect(page.locator(".number")).to_be_visible()
