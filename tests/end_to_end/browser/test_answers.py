from __future__ import annotations

import json
import re
import shlex
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx2
import pytest
from playwright.sync_api import CDPSession, FilePayload, Locator, Page, Route, expect

from benchmarks.running_service import Service
from tests.end_to_end.browser import photos
from tests.end_to_end.browser.conftest import Open
from tests.end_to_end.browser.photos import give
from tests.waiting import PATIENCE_S

DRAWN_WITHIN_MS = 300


def ask(service: Service, photo: FilePayload) -> dict[str, Any]:
    """The service's answer to the same bytes."""
    headers = {"content-type": "application/octet-stream"}
    answer = httpx2.post(
        f"{service.url}/super?evidence=true", content=photo["buffer"], headers=headers, timeout=PATIENCE_S
    )
    return dict(answer.json())


def in_percent(probability: float) -> str:
    """Rounded like browsers: 47.25 % is 47,3 % (47.2 in Python); never 100 %."""
    rounded = (100 * Decimal(str(probability))).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return str(min(max(rounded, Decimal("0.1")), Decimal("99.9"))).replace(".", ",")


def place_of(node: Locator, photo: Locator) -> tuple[float, float, float, float]:
    """A node's left, top, right and bottom in photo pixels."""
    inner, outer = node.bounding_box(), photo.bounding_box()
    assert inner
    assert outer
    scale = photo.evaluate("photo => photo.naturalWidth") / outer["width"]
    left, top = (inner["x"] - outer["x"]) * scale, (inner["y"] - outer["y"]) * scale
    return left, top, left + inner["width"] * scale, top + inner["height"] * scale


def corners(coord: dict[str, float]) -> tuple[float, float, float, float]:
    return coord["x_min"], coord["y_min"], coord["x_max"], coord["y_max"]


VERDICTS = {"bona_fide": "Sin indicios", "undetermined": "Indeterminado", "attack": "Superpuesto"}


@pytest.mark.parametrize("name", ["bona_fide.jpg", "attack.jpg"])
def test_shows_the_answer_of_the_service(page: Page, service: Service, name: str) -> None:
    answer = ask(service, photos.sample(name))
    give(page, photos.sample(name))
    panel = page.locator("#answer")
    expect(panel.locator("#verdict")).to_have_text(VERDICTS[answer["verdict"]])
    expect(panel.locator(".number")).to_contain_text(in_percent(answer["score"]))
    gauge = panel.get_by_role("meter")
    expect(gauge).to_have_attribute("aria-valuenow", f"{100 * answer['score']:.1f}")
    card = httpx2.get(f"{service.url}/model").json()["validator"]
    for value in (answer["score"], answer["threshold"], *card["undetermined"]):
        expect(gauge).to_have_attribute("aria-valuetext", re.compile(re.escape(in_percent(value))))
    needle, track = panel.locator(".needle").bounding_box(), panel.locator(".track").bounding_box()
    assert needle
    assert track
    middle = needle["x"] + needle["width"] / 2 - track["x"]
    assert middle / track["width"] == pytest.approx(answer["score"], abs=0.02)
    expect(panel.locator(".zones [aria-current]")).to_contain_text(VERDICTS[answer["verdict"]])
    assert panel.locator(".warnings li").count() == len(answer["quality"])
    expect(page.locator("#announcement")).to_contain_text(VERDICTS[answer["verdict"]])


@pytest.mark.parametrize("photo", [photos.sample("attack.jpg"), photos.turned(), photos.with_ghost()])
def test_draws_boxes_and_heat_map_at_their_coordinates(page: Page, service: Service, photo: FilePayload) -> None:
    evidence = ask(service, photo)["evidence"]
    give(page, photo)
    shown = page.locator("#photo")
    expect(page.locator(".box")).to_have_count(len(evidence["faces"]))
    for index, face in enumerate(evidence["faces"]):
        assert place_of(page.locator(".box").nth(index), shown) == pytest.approx(corners(face), abs=2)
    assert place_of(page.locator("#heat"), shown) == pytest.approx(corners(evidence["coord"]), abs=2)


def test_photo_with_exif_orientation_is_shown_upright(page: Page, service: Service) -> None:
    upright, turned = ask(service, photos.sample("attack.jpg")), ask(service, photos.turned())
    assert corners(turned["coord"]) == pytest.approx(corners(upright["coord"]), abs=6)
    give(page, photos.turned())
    expect(page.locator(".box.portrait")).to_be_visible()
    width, height = page.locator("#photo").evaluate("photo => [photo.naturalWidth, photo.naturalHeight]")
    assert width > height  # the file is taller than wide


def test_second_face_is_labelled_as_ghost(page: Page) -> None:
    give(page, photos.with_ghost())
    expect(page.locator(".box.ghost .box-label")).to_have_text("Fantasma")
    expect(page.locator("#answer")).to_contain_text("quizás una imagen fantasma")


def test_every_document_has_an_outline_and_a_portrait_box(page: Page, service: Service) -> None:
    answer = ask(service, photos.sample("bona_fide.jpg"))
    quads = [[20, 30], [220, 30], [220, 160], [20, 160]], [[260, 30], [500, 40], [490, 190], [250, 180]]
    coords = [{"x_min": x, "y_min": 60, "x_max": x + 50, "y_max": 120} for x in (40, 290)]
    of_one = answer["documents"][0]
    documents = [
        {**of_one, "quad": quad, "coord": coord, "verdict": verdict, "ghosts": []}
        for quad, coord, verdict in zip(quads, coords, ("attack", "bona_fide"), strict=True)
    ]
    page.route("**/super*", lambda route: route.fulfill(json={**answer, "documents": documents}))
    give(page, photos.sample("bona_fide.jpg"))
    frames = page.locator(".frames polygon")
    expect(page.locator(".box.portrait .box-label")).to_have_text(["Retrato 1", "Retrato 2"])
    for index, document in enumerate(documents):
        portrait = page.locator(".box.portrait").nth(index)
        assert place_of(portrait, page.locator("#photo")) == pytest.approx(corners(document["coord"]), abs=2)
        expect(frames.nth(index)).to_have_attribute("points", " ".join(f"{x},{y}" for x, y in quads[index]))
        expect(frames.nth(index)).to_have_attribute("data-verdict", document["verdict"])
    expect(frames).to_have_count(2)


def test_face_outside_every_document_is_labelled(page: Page, service: Service) -> None:
    answer = ask(service, photos.sample("bona_fide.jpg"))
    ghost, owner = ({"x_min": x, "y_min": 30, "x_max": x + 40, "y_max": 80, "confidence": 0.9} for x in (300, 400))
    (document,) = answer["documents"]
    documents = [{**document, "ghosts": [ghost]}]
    evidence = {**answer["evidence"], "faces": [answer["evidence"]["faces"][0], ghost, owner]}
    told = {**answer, "documents": documents, "outside": [owner], "evidence": evidence}
    page.route("**/super*", lambda route: route.fulfill(json=told))
    give(page, photos.sample("bona_fide.jpg"))
    labels = page.locator(".box .box-label")
    expect(labels).to_have_text(["Retrato", "Fantasma", "Fuera"])
    assert place_of(page.locator(".box.outside"), page.locator("#photo")) == pytest.approx(corners(owner), abs=2)
    expect(page.locator("#answer")).to_contain_text("Fuera de los documentos")


def opaque_share(page: Page) -> float:
    """The visible share of the heat map, 0 to 1."""
    share: float = page.locator("#heat").evaluate(
        """heat => {
          const { data } = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height);
          let seen = 0;
          for (let at = 3; at < data.length; at += 4) seen += data[at] > 20;
          return (4 * seen) / data.length;
        }"""
    )
    return share


def test_heat_map_shows_only_evidence(page: Page) -> None:
    """White for 1, transparent for 0: a map of two halves."""

    def with_half_a_map(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        answer["evidence"]["heat_map"] = page.evaluate(
            """() => {
              const canvas = Object.assign(document.createElement("canvas"), { width: 56, height: 56 });
              const context = canvas.getContext("2d");
              context.fillRect(0, 0, 56, 56);
              context.fillStyle = "#fff";
              context.fillRect(0, 0, 28, 56);
              return canvas.toDataURL();
            }"""
        )
        route.fulfill(response=response, json=answer)

    page.route("**/super?evidence=true", with_half_a_map)
    give(page, photos.sample("bona_fide.jpg"))
    expect(page.locator("#heat")).to_be_visible()
    assert opaque_share(page) == pytest.approx(0.5, abs=0.03)


PROBLEMS: list[tuple[FilePayload, str, str]] = [
    (photos.faceless(), "No se encontró ningún retrato", "no_face"),
    (photos.broken(), "El archivo de imagen está dañado", "broken_image"),
    (photos.no_image(), "Esto no es una foto que se pueda leer", "not_an_image"),
    ({"name": "vacía.jpg", "mimeType": "image/jpeg", "buffer": b""}, "El archivo está vacío", "image_missing"),
    (photos.small(), "El retrato es muy pequeño para analizarlo", "face_too_small"),
]


@pytest.mark.parametrize(
    ("photo", "title", "code"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_errors_are_in_the_language_of_the_page(
    page: Page, service: Service, photo: FilePayload, title: str, code: str
) -> None:
    give(page, photo)
    panel = page.locator("#answer")
    expect(panel.locator("#verdict")).to_have_text(title)
    expect(panel.locator(".says")).not_to_be_empty()
    expect(panel.locator(".code")).to_have_text(code)
    numbers = re.findall(r"\d+", ask(service, photo)["detail"])
    if code == "face_too_small":
        expect(panel.locator(".service-says")).to_have_text(
            f"El rostro mide {numbers[0]} píxeles de ancho; hacen falta al menos {numbers[1]}."
        )
    else:
        expect(panel.locator(".service-says")).to_have_count(0)
    expect(panel.locator("[lang=en]")).to_have_count(0)
    expect(page.locator("#controls")).to_be_hidden()


def test_shows_portraits_too_small_to_judge(page: Page) -> None:
    give(page, photos.small())
    expect(page.locator(".box.portrait")).to_be_visible()


def test_unknown_error_code_shows_the_service_message(page: Page) -> None:
    problem = {"code": "of_tomorrow", "title": "Something new", "detail": "Do this.", "status": 422}
    page.route("**/super?evidence=true", lambda route: route.fulfill(status=422, json=problem))
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#verdict")).to_have_text("Something new")
    expect(page.locator("#answer .says")).to_have_text("Do this.")


def test_unreachable_service_is_reported_and_retried(open_page: Open) -> None:
    page = open_page()
    # Fulfilled, not aborted: Chromium would report an aborted request in the console.
    page.evaluate("() => { window.trueFetch = window.fetch; window.fetch = () => Promise.reject(new TypeError()); }")
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#verdict")).to_have_text("El servicio no responde")
    page.evaluate("() => { window.fetch = window.trueFetch; }")
    page.get_by_role("button", name="Intentar de nuevo").click()
    expect(page.locator(".number")).to_be_visible()


def test_busy_service_is_retried_after_retry_after(page: Page) -> None:
    asked: list[str] = []

    def busy_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            return route.continue_()
        problem = {"code": "overloaded", "title": "The service is busy", "detail": "Later.", "status": 503}
        return route.fulfill(status=429, headers={"Retry-After": "1"}, json=problem)

    page.route("**/super?evidence=true", busy_once)
    give(page, photos.sample("attack.jpg"))
    expect(page.locator(".number")).to_be_visible()
    assert len(asked) == 2


def test_json_and_curl_can_be_copied(page: Page, service: Service) -> None:
    photo: FilePayload = {**photos.sample("attack.jpg"), "name": 'it\'s "mine" $(id).jpg'}
    give(page, photo)
    page.get_by_text("Para programas").click()
    expect(page.locator("#json")).to_contain_text('"verdict"')
    page.locator("#copy-json").click()
    expect(page.locator("#copy-json")).to_contain_text("Copiado")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == ask(service, photo)
    page.locator("#copy-curl").click()
    expect(page.locator("#copy-curl")).to_contain_text("Copiado")
    # Parsed like a shell; in the field's value, curl unescapes quotes.
    assert shlex.split(page.evaluate("navigator.clipboard.readText()")) == [
        "curl", "-F", 'image=@"it\'s \\"mine\\" $(id).jpg"', f"{service.url}/super?evidence=true",
    ]  # fmt: skip


def test_file_names_are_escaped(page: Page) -> None:
    name = "<img src=x onerror=alert(1)>.jpg"
    give(page, {**photos.sample("attack.jpg"), "name": name}, photos.sample("bona_fide.jpg"))
    expect(page.locator("#file-name")).to_have_text(name)
    expect(page.locator(".row-name").first).to_have_text(name)
    expect(page.locator(".row-number")).to_have_count(2)


def processor_ms(session: CDPSession) -> float:
    """The page thread's processor time, independent of other processes."""
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])


def test_rendering_an_answer_is_cheap(page: Page) -> None:
    """From choosing the photo to the rendered answer."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_ms = processor_ms(session)
    give(page, photos.sample("attack.jpg"))
    expect(page.locator("#heat")).to_be_visible()
    page.wait_for_function("performance.getEntriesByName('answer-drawing').length")
    assert 0 < processor_ms(session) - before_ms < DRAWN_WITHIN_MS
