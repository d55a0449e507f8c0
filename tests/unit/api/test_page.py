from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import img_super
from img_super import __version__
from img_super.api.app import create_app
from img_super.api.error_handlers import documented_problems
from img_super.api.keys import hash_of
from img_super.pipeline import decide, quality
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.languages import english_in

WEB = Path(img_super.__file__).parent / "web"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
TEXTS = {
    language: json.loads((WEB / "texts" / f"{language}.json").read_text(encoding="utf-8")) for language in ("es", "en")
}
PAGES = sorted(WEB.glob("*.html"))
SOURCES = "".join(path.read_text(encoding="utf-8") for path in [*WEB.glob("*.js"), *PAGES])


def test_accuracy_page_needs_no_key(pipeline: Pipeline, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"bank {hash_of('secret')}\n")
    client = TestClient(create_app(Settings(threads=1, keys_file=keys), pipeline))
    page = client.get("/how-good")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/model").status_code == 401
    assert {"policies", "figures", "limits"} <= client.get("/model/figures").json().keys()


def test_browser_gets_the_page(client: TestClient) -> None:
    answer = client.get("/", headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/plain, */*", ""])
def test_other_clients_get_the_message(client: TestClient, accept: str) -> None:
    answer = client.get("/", headers={"accept": accept})
    assert answer.json() == {"service": "img_super", "version": __version__, "status": "alive", "docs": "/docs"}
    assert answer.headers["vary"] == "Accept"


def test_links_include_the_path_prefix(client: TestClient) -> None:
    behind = TestClient(client.app, root_path="/identity")
    docs = behind.get("/identity/", headers={"accept": "*/*"}).json()["docs"]
    assert docs == "/identity/docs"
    assert "/identity/openapi.json" in behind.get(docs).text
    assert behind.get("/identity/openapi.json").json()["servers"] == [{"url": "/identity"}]
    assert behind.get("/identity/health/live").status_code == 200


def test_same_routes_are_guarded_behind_a_path_prefix(client: TestClient) -> None:
    behind = TestClient(client.app, root_path="/identity")
    image = {"image": "A" * 20_000}  # more than the limit of other routes
    assert behind.post("/identity/super", json=image).json()["code"] != "body_too_large"


@pytest.mark.parametrize("prefix", ["", "/identity", "/a/b"])
def test_keys_work_behind_a_path_prefix(pipeline: Pipeline, tmp_path: Path, prefix: str) -> None:
    (tmp_path / "admins").write_text(f"ops {hash_of('ops')}\n")
    (tmp_path / "callers").write_text(f"bank {hash_of('bank')}\n")
    settings = Settings(threads=1, admin_keys_file=tmp_path / "admins", keys_file=tmp_path / "callers")
    behind = TestClient(create_app(settings, pipeline), root_path=prefix)
    statuses = {
        (address, key): behind.request(method, f"{prefix}{address}", headers={"x-api-key": key}).status_code
        for method, address in (("POST", "/model/reload"), ("GET", "/metrics"), ("GET", "/health/live"))
        for key in ("", "bank", "ops")
    }
    assert [place for place, status in statuses.items() if status == 401] == [
        *(("/model/reload", key) for key in ("", "bank")),
        *(("/metrics", key) for key in ("", "ops")),
    ]


def test_csp_allows_only_self_and_nothing_inline(client: TestClient) -> None:
    policy = client.get("/", headers=BROWSER).headers["content-security-policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["form-action"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_page_has_nothing_inline_or_external() -> None:
    for page in PAGES:
        html = page.read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", SOURCES) == []


@pytest.mark.parametrize("path", ["/web/page.js", "/web/style.css", "/web/texts/es.json", "/samples/attack.jpg"])
def test_assets_are_revalidated_by_etag(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert first.headers["x-content-type-options"] == "nosniff"
    assert client.get(path, headers={"if-none-match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/web/", "/web/nothing.js", "/web/../main.py", "/web/%2e%2e/main.py", "/samples/%2e%2e/"]
)
def test_no_other_package_file_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_languages_have_the_same_keys_and_placeholders() -> None:
    places = {
        language: {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in texts.items()}
        for language, texts in TEXTS.items()
    }
    assert places["es"] == places["en"]
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


SAME_IN_BOTH = {"announce.done", "announce.failed", "footer.docs", "milliseconds"}


def test_spanish_texts_are_spanish() -> None:
    assert {name: english_in(text) for name, text in TEXTS["es"].items() if english_in(text)} == {}
    assert {name for name, text in TEXTS["es"].items() if text == TEXTS["en"][name]} == SAME_IN_BOTH


def test_english_sentence_is_detected() -> None:
    sentences = [text for text in TEXTS["en"].values() if text.endswith(".") and len(text.split()) > 6]
    assert len(sentences) > 40
    assert [text for text in sentences if not english_in(text)] == []


def test_pages_have_no_words_of_their_own() -> None:
    """Everything else comes from the texts."""
    words = [
        re.sub(r"<noscript>.*?</noscript>|<svg.*?</svg>|<[^>]*>", " ", page.read_text("utf-8"), flags=re.S)
        for page in PAGES
    ]
    assert set(" ".join(words).split()) <= {"img_super", "ES", "EN"}


def test_every_reason_has_a_text() -> None:
    hiding = re.findall(r'QualityWarning\(\s*"(\w+)"[^)]*hides=True', Path(quality.__file__).read_text("utf-8"))
    reasons = re.findall(r'Reason\("(\w+)"', Path(decide.__file__).read_text("utf-8"))
    assert hiding
    assert reasons
    assert {f"reason.{code}" for code in (*hiding, *reasons)} <= TEXTS["es"].keys()


def test_every_error_has_a_text() -> None:
    codes = {problem.code for problem in documented_problems()}
    told = {name.removeprefix("error.") for name in TEXTS["es"] if re.fullmatch(r"error\.\w+", name)}
    assert codes <= told
    assert {f"error.{code}.advice" for code in told} <= TEXTS["es"].keys()


def test_every_warning_has_a_text() -> None:
    codes = set(re.findall(r'QualityWarning\("(\w+)"', Path(quality.__file__).read_text(encoding="utf-8")))
    assert codes
    assert {f"quality.{code}{part}" for code in codes for part in ("", ".advice")} <= TEXTS["es"].keys()


def test_no_text_is_unused() -> None:
    """Names are literal, or a literal prefix: `verdict.${...}`."""
    written = set(re.findall(r'["`]([a-z][\w.]*)["`$]', SOURCES)) | {"error.", "error"}
    for name in TEXTS["es"]:
        beginnings = [name[:end] for end in range(1, len(name) + 1)]
        assert any(b in written for b in beginnings if b == name or b.endswith(".")), name
