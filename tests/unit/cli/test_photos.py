"""`face`, `super` and `client`: tables, lines of JSON, pictures, exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
import uvicorn
from PIL import Image
from typer.testing import CliRunner, Result

from img_super.api.app import create_app
from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.errors import KeyRefused
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import SAMPLES, WITH_OWNER, FakeDetector, FakeValidator
from tests.waiting import until

Run = Callable[..., Result]


@pytest.fixture
def photo(tmp_path: Path, photo_bytes: bytes) -> Path:
    path = tmp_path / "document.png"
    path.write_bytes(photo_bytes)
    return path


@pytest.fixture
def run(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Run:
    for verb in ("face", "super"):
        monkeypatch.setattr(f"img_super.cli.{verb}.pipeline_for", lambda **_: (pipeline, 2))
    return lambda *words, **more: CliRunner().invoke(app, [str(word) for word in words], **more)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("score", "code"), [(0.1, Exit.DONE), (0.5, Exit.SUSPICIOUS), (0.65, Exit.SUSPICIOUS), (0.9, Exit.SUSPICIOUS)]
)
def test_super_exits_0_only_for_bona_fide(
    run: Run, validator: FakeValidator, photo: Path, score: float, code: Exit
) -> None:
    validator.score = score
    assert run("super", photo).exit_code == code


def test_super_prints_what_the_service_answers(run: Run, photo: Path) -> None:
    result = run("super", "--json", photo)
    (line,) = lines(result)
    assert line["photo"] == str(photo)
    assert (line["score"], line["reco"], line["verdict"]) == (0.75, "TRUE", "attack")
    assert line["coord"] == {"x_min": 40, "y_min": 30, "x_max": 100, "y_max": 110}
    assert "evidence" not in line
    assert lines(run("super", "--json", "--evidence", photo))[0]["evidence"]["heat_map"].startswith("data:image/png")


def test_failed_photos_get_a_line_and_the_others_an_answer(run: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    result = run("super", "--json", tmp_path / "notes.txt", tmp_path / "gone.jpg", tmp_path, photo)
    assert result.exit_code == Exit.UNANSWERED
    codes = [line.get("error", {}).get("code") for line in lines(result)]
    assert codes == ["not_an_image", "unreadable_file", "unreadable_file", None]
    assert "img-super scan" in lines(result)[2]["error"]["detail"]
    assert "Traceback" not in result.output


def test_prints_a_table(run: Run, photo: Path, tmp_path: Path) -> None:
    told = re.sub(r"[\s│]+", "", run("super", photo, tmp_path / "gone.jpg", env={"COLUMNS": "160"}).stdout)
    for word in ("attack", "0.7500", "40,30to100,110", "unreadable_file", "fake_validator2,threshold0.6"):
        assert word in told


@pytest.mark.parametrize("verb", ["face", "super"])
def test_table_counts_faces_without_a_document(run: Run, detector: FakeDetector, photo: Path, verb: str) -> None:
    assert "outside" not in run(verb, photo, env={"COLUMNS": "160"}).stdout
    detector.answer = WITH_OWNER
    assert "1 face outside of every document" in run(verb, photo, env={"COLUMNS": "250"}).stdout


def test_columns_are_the_same_when_every_photo_fails(run: Run, tmp_path: Path) -> None:
    assert "verdict" in run("super", tmp_path / "gone.jpg").stdout
    assert "verdict" not in run("face", tmp_path / "gone.jpg").stdout


def test_file_names_are_not_markup(run: Run, tmp_path: Path, photo_bytes: bytes) -> None:
    path = tmp_path / "[red]a\x1b[2J.png"
    path.write_bytes(photo_bytes)
    result = run("face", path)
    assert result.exit_code == Exit.DONE
    assert "[red]a\\x1b[2J.png" in re.sub(r"[\s│]+", "", result.stdout)


def test_reads_a_photo_from_standard_input(run: Run, photo_bytes: bytes) -> None:
    (line,) = lines(run("face", "--json", "-", input=photo_bytes))
    assert line["photo"] == "-"
    assert [face["x_min"] for face in line["faces"]] == [40, 150]


def test_face_reports_no_face(run: Run, detector: FakeDetector, photo: Path) -> None:
    detector.answer = None
    result = run("face", "--json", photo)
    assert (result.exit_code, lines(result)[0]["error"]["code"]) == (Exit.UNANSWERED, "no_face")


@pytest.mark.parametrize("verb", ["face", "super"])
def test_pictures_are_saved_on_request_under_unique_names(run: Run, photo: Path, tmp_path: Path, verb: str) -> None:
    before = set(tmp_path.rglob("*"))
    run(verb, photo)
    assert set(tmp_path.rglob("*")) == before
    other = tmp_path / "other" / photo.name
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    run(verb, "--draw", tmp_path / "drawn", photo, other, tmp_path / "gone.jpg")
    drawn = sorted((tmp_path / "drawn").iterdir())
    assert [path.name for path in drawn] == ["document-2.jpg", "document.jpg"]
    with Image.open(drawn[0]) as picture:
        assert picture.size == (200, 120)
        assert not picture.getexif()


def test_missing_model_is_one_line(photo: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["super", "--model", str(tmp_path), str(photo)])
    assert result.exit_code == Exit.NOT_STARTED
    assert result.stderr.startswith("img-super: The model's card")
    assert result.stderr.count("\n") == 1


# The client -------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(pipeline: Pipeline) -> Iterator[str]:
    """A service with fake networks, over a real socket."""
    config = uvicorn.Config(create_app(Settings(threads=2), pipeline), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_client_prints_what_super_prints(run: Run, url: str, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    photos = (photo, tmp_path / "notes.txt", tmp_path / "gone.jpg")
    ours, theirs = run("super", "--json", *photos), run("client", "--url", url, "--json", *photos)
    assert theirs.exit_code == ours.exit_code == Exit.UNANSWERED
    for our, their in zip(lines(ours), lines(theirs), strict=True):
        assert their.get("error", {}).get("code") == our.get("error", {}).get("code")
        if "error" not in our:
            assert their == our | ({"evidence": None} if "evidence" in their else {})


def test_client_finds_faces_and_draws(run: Run, url: str, photo: Path, tmp_path: Path) -> None:
    (line,) = lines(run("client", "--url", url.removeprefix("http://"), "--face", "--json", photo))
    assert len(line["faces"]) == 2
    result = run("client", "--url", url, "--draw", tmp_path / "drawn", photo)
    assert result.exit_code == Exit.SUSPICIOUS
    assert (tmp_path / "drawn" / "document.jpg").exists()


def test_unreachable_service_is_one_line(run: Run, photo: Path) -> None:
    result = run("client", "--url", "http://127.0.0.1:9", photo)
    assert result.exit_code == Exit.NOT_STARTED
    assert result.stderr.startswith("img-super: No service answers at http://127.0.0.1:9")


CLIENT = httpx2.Client

STOPPED_WHILE_READING = """
import io, os, runpy, signal, sys
sys.argv = ["img-super", "super", "-"]
class Input:
    buffer = property(lambda self: os.kill(os.getpid(), signal.SIGTERM) or io.BytesIO())
sys.stdin = Input()
runpy.run_module("img_super", run_name="__main__")
"""


class FakeService:
    """A fake service's answers, and the requests that it received."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/health/live":
            return httpx2.Response(200)
        request.read()
        self.requests.append(request)
        return self.answers.pop(0)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeService]:
    def answer(*answers: httpx2.Response) -> FakeService:
        service = FakeService(*answers)
        monkeypatch.setattr(httpx2, "Client", lambda **given: CLIENT(**given, transport=httpx2.MockTransport(service)))
        return service

    return answer


FACE = {"x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4, "confidence": 0.9}


def test_proxy_errors_are_shown(run: Run, answering: Callable[..., FakeService], photo: Path) -> None:
    answering(httpx2.Response(502, text="<h1>Bad Gateway</h1>"))
    result = run("client", "--json", photo)
    assert result.exit_code == Exit.UNANSWERED
    assert lines(result)[0]["error"]["code"] == "http_502"


JUDGED: dict[str, Any] = {
    "score": 0.9, "verdict": "attack", "coord": FACE, "quality": [], "reasons": [], "reco": "TRUE", "threshold": 0.5,
    "model": {"name": "a", "version": "1", "sha256": "0"}, "documents": [],
}  # fmt: skip
FAR_AWAY = {"x_min": -(10**12), "y_min": -(10**12), "x_max": 10**12, "y_max": 10**12}


def evidence(side_px: int) -> dict[str, Any]:
    """A heat map of this size over an enormous square."""
    made = io.BytesIO()
    Image.new("L", (side_px, side_px)).save(made, "PNG")
    url = "data:image/png;base64," + b64encode(made.getvalue()).decode()
    return {"heat_map": url, "coord": FAR_AWAY, "faces": [], "rotation": 0}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "unexpected_answer"),
        ({**JUDGED, "verdict": "neither"}, "unexpected_answer"),
        ({**JUDGED, "coord": FAR_AWAY, "evidence": evidence(7)}, None),
        ({**JUDGED, "evidence": {**evidence(7), "heat_map": "data:,no picture"}}, "broken_image"),
        ({**JUDGED, "evidence": evidence(3000)}, "too_many_pixels"),
    ],
)
def test_hostile_service_costs_the_client_little(
    run: Run, answering: Callable[..., FakeService], photo: Path, tmp_path: Path, body: dict[str, Any], told: str | None
) -> None:
    answering(httpx2.Response(200, json=body))
    result = run("client", "--json", "--draw", tmp_path / "drawn", photo)
    assert result.exit_code == (Exit.UNANSWERED if told else Exit.SUSPICIOUS)
    assert lines(result)[0].get("error", {}).get("code") == told


def test_hostile_service_cannot_send_control_characters(
    run: Run, answering: Callable[..., FakeService], photo: Path
) -> None:
    order = "\x1b]0;owned\x07[/red][link=file:///]"
    remark = [{"code": "blurred", "detail": order}]
    answering(httpx2.Response(200, json={**JUDGED, "quality": remark}), httpx2.Response(400, json={"code": order}))
    for _ in range(2):
        result = run("client", photo)
        assert result.exit_code in (Exit.SUSPICIOUS, Exit.UNANSWERED)
        assert "owned" in result.stdout
        assert not {"\x1b", "\x07"} & set(result.output)


def test_sends_headers_and_no_file_name(
    run: Run, answering: Callable[..., FakeService], tmp_path: Path, photo_bytes: bytes
) -> None:
    path = tmp_path / "Juana Perez 52.111.222.png"
    path.write_bytes(photo_bytes)
    service = answering(httpx2.Response(200, json={**FACE, "faces": [FACE], "rotation": 0}))
    run("client", "--face", "--header", "X-Api-Key: secret: with colon", path)
    (request,) = service.requests
    assert request.headers["x-api-key"] == "secret: with colon"
    assert b"Juana" not in request.content
    assert photo_bytes in request.content
    assert run("client", "--header", "nonsense", path).exit_code == Exit.USAGE
    assert run("client", "--header", f"@{tmp_path}/gone", path).exit_code == Exit.USAGE


def test_reads_the_key_from_a_file(
    run: Run, answering: Callable[..., FakeService], photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "key.txt").write_text("X-API-Key: secret\n\nX-Request-ID: mine\n")
    service = answering(httpx2.Response(401, json={"code": "key_refused", "detail": "Send a key."}))
    result = run("client", "--json", "--header", f"@{tmp_path}/key.txt", photo)
    assert lines(result)[0]["error"] == {"code": "key_refused", "title": KeyRefused.title, "detail": "Send a key."}
    assert (service.requests[0].headers["x-api-key"], service.requests[0].headers["x-request-id"]) == ("secret", "mine")


def test_interrupted_verb_exits_with_an_error() -> None:
    environment = {**os.environ, "PYTHONPATH": str(SAMPLES.parents[1])}
    command = [sys.executable, "-c", STOPPED_WHILE_READING]
    assert subprocess.run(command, env=environment, check=False).returncode == Exit.TERMINATED


def test_every_verb_has_examples() -> None:
    for verb in ("face", "super", "scan", "client", "doctor"):
        told = CliRunner().invoke(app, [verb, "--help"]).stdout
        assert "Exits with 0" in told
        assert verb == "doctor" or re.search(rf"^ +img-super {verb} ", told, re.MULTILINE)


def test_shell_completion_knows_the_verbs() -> None:
    asked = {"_IMG_SUPER_COMPLETE": "complete_bash", "COMP_WORDS": "img-super do", "COMP_CWORD": "1"}
    told = CliRunner().invoke(app, [], env=asked, prog_name="img-super").stdout
    assert "doctor" in told
