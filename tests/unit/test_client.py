"""The Python client: typed answers, errors as exceptions, retries when busy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from img_super import client as clients
from img_super.api import schemas
from img_super.client import Client, NoAnswer, OtherProblem
from img_super.errors import KeyRefused, NoFace, Overloaded, RateExceeded, RequestError

Answering = Callable[..., list[httpx2.Request]]
OPEN_CLIENT = httpx2.Client
FACE = {"x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4, "confidence": 0.9}
FOUND = {**FACE, "faces": [FACE], "rotation": 90, "of_a_newer_service": 1}
BUSY = httpx2.Response(503, headers={"Retry-After": "3"}, json={"code": "overloaded"})

TWINS = [
    (clients.LocatedFace, schemas.DetectedFace),
    (clients.LocatedPortrait, schemas.FaceAnswer),
    (clients.Remark, schemas.Quality),
    (clients.Remark, schemas.ReasonGiven),
    (clients.DocumentAnswer, schemas.JudgedDocument),
    (clients.HeatMap, schemas.EvidenceMap),
    (clients.PhotoAnswer, schemas.SuperAnswer),
]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("img_super.client.time.sleep", waited.append)
    return waited


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Fake these network answers in turn; return the requests."""

    def answer(*answers: httpx2.Response | Exception) -> list[httpx2.Request]:
        left, asked = list(answers), []

        def handle(request: httpx2.Request) -> httpx2.Response:
            request.read()
            asked.append(request)
            given = left.pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        transport = httpx2.MockTransport(handle)
        monkeypatch.setattr(httpx2, "Client", lambda **given: OPEN_CLIENT(**given, transport=transport))
        return asked

    return answer


@pytest.mark.parametrize(("ours", "theirs"), TWINS, ids=lambda one: one.__name__)
def test_answer_has_the_fields_of_the_service(ours: Any, theirs: type[Any]) -> None:
    told = msgspec.inspect.type_info(ours)
    assert isinstance(told, msgspec.inspect.DataclassType | msgspec.inspect.StructType)
    assert {field.name for field in told.fields} == set(theirs.model_fields)
    assert {field.name for field in told.fields if not field.required} == {
        name for name, field in theirs.model_fields.items() if not field.is_required()
    }


def test_unknown_fields_are_ignored(answering: Answering) -> None:
    answering(httpx2.Response(200, json=FOUND))
    found = Client().face(b"photo")
    assert (found.width, found.confidence, found.rotation, len(found.faces)) == (2, 0.9, 90, 1)


def test_sends_keys_and_no_file_names(answering: Answering, tmp_path: Path) -> None:
    path = tmp_path / "Juana Perez 52.111.222.jpg"
    path.write_bytes(b"of a document")
    (asked,) = [answering(httpx2.Response(200, json=FOUND))]
    Client("https://kyc.example.org/identity", key="secret", headers={"X-Request-ID": "mine"}).face(path)
    assert str(asked[0].url) == "https://kyc.example.org/identity/face"
    assert (asked[0].headers["authorization"], asked[0].headers["x-request-id"]) == ("Bearer secret", "mine")
    assert b"of a document" in asked[0].content
    assert b"Juana" not in asked[0].content


def test_retries_after_retry_after(answering: Answering, waits: list[float]) -> None:
    limited = httpx2.Response(429, headers={"Retry-After": "3600"}, json={"code": "rate_exceeded"})
    asked = answering(BUSY, limited, httpx2.Response(200, json=FOUND))
    assert Client().face(b"photo").rotation == 90
    assert (len(asked), waits) == (3, [3, 10])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (BUSY, Overloaded),
        (httpx2.Response(429, headers={"Retry-After": "3"}, json={"code": "rate_exceeded"}), RateExceeded),
    ],
)
def test_retries_are_limited(
    answering: Answering, waits: list[float], answer: httpx2.Response, error: type[Any]
) -> None:
    asked = answering(*[answer] * 9)
    with pytest.raises(error) as told:
        Client().face(b"photo")
    assert (len(asked), waits, told.value.retry_after_s) == (5, [3, 3, 3, 3], 3)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(503, json={"code": "overloaded"}),
        httpx2.Response(503, headers={"Retry-After": "Mon, 30 Nov 2026 14:00:00 GMT"}),
        httpx2.Response(503, headers={"Retry-After": "9" * 5000}),
        httpx2.Response(500, headers={"Retry-After": "3"}),
    ],
    ids=["without a time", "with a date", "with a time that has no end", "with another fault"],
)
def test_only_busy_answers_are_retried(answering: Answering, waits: list[float], answer: httpx2.Response) -> None:
    asked = answering(answer)
    with pytest.raises(RequestError):
        Client().face(b"photo")
    assert (len(asked), waits) == (1, [])


def test_errors_are_the_packages_exceptions(answering: Answering) -> None:
    problem = {"code": "no_face", "title": "No face was found", "detail": "Photograph it whole.", "status": 422}
    answering(httpx2.Response(422, json=problem), httpx2.Response(401, json={"code": "key_refused"}))
    client = Client()
    with pytest.raises(NoFace, match=r"Photograph it whole\."):
        client.super(b"photo")
    with pytest.raises(KeyRefused):
        client.super(b"photo")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx2.Response(502, text="<h1>Bad Gateway</h1>"), "http_502"),
        (httpx2.Response(200, text="<h1>Sign in</h1>"), "http_200"),
        (httpx2.Response(200, content=b'{"a": "\xff"}'), "http_200"),
        (httpx2.Response(200, content=b'{"a": ' + b"[" * 100_000), "http_200"),
        (httpx2.Response(500, content=b'{"a": ' + b"[" * 100_000), "http_500"),
        (httpx2.Response(307, headers={"Location": "https://elsewhere.example/super"}), "http_307"),
        (httpx2.Response(200, json={"score": "high"}), "unexpected_answer"),
        (httpx2.Response(418, json={"code": "of_a_newer_service", "detail": 3}), "http_418"),
        (httpx2.Response(500, json={"code": "internal_error", "title": "Oh", "detail": "Again."}), "internal_error"),
    ],
)
def test_unexpected_answers_are_errors_with_a_code(answering: Answering, answer: httpx2.Response, code: str) -> None:
    answering(answer)
    with pytest.raises(OtherProblem) as told:
        Client().super(b"photo")
    assert told.value.code == code
    assert told.value.title


def test_bad_photo_of_a_batch_is_reported_in_its_place(answering: Answering) -> None:
    problem = {"code": "not_an_image", "title": "No image", "detail": "Send a JPEG.", "status": 415}
    asked = answering(httpx2.Response(200, json={"items": [{"problem": problem}, {}]}))
    told = Client().super_batch([b"a text", b"photo"])
    assert [one.code for one in told if isinstance(one, RequestError)] == ["not_an_image", "unexpected_answer"]
    assert asked[0].content.count(b'name="image"') == 2


def test_unreachable_service_has_its_own_error(answering: Answering) -> None:
    answering(httpx2.ReadTimeout("timed out"), httpx2.ConnectError(""))
    with Client() as client:
        for words in ("timed out", "ConnectError"):
            with pytest.raises(NoAnswer, match=words):
                client.check()
    with pytest.raises(NoAnswer):
        Client("http://[::1")


def test_compressed_answers_are_not_unpacked(answering: Answering) -> None:
    packed = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(b"of any length"))
    asked = answering(packed)
    with pytest.raises(NoAnswer, match="compressed"):
        Client(headers={"Accept-Encoding": "gzip"}).face(b"photo")
    assert asked[0].headers["accept-encoding"] == "identity"


def test_endless_answer_is_cut_off(answering: Answering) -> None:
    class Endless(httpx2.SyncByteStream):
        sent = 0

        def __iter__(self) -> Iterator[bytes]:
            while self.sent < 64 * 2**20:
                self.sent += 2**20
                yield bytes(2**20)

    endless = Endless()
    answering(httpx2.Response(200, stream=endless), httpx2.Response(200, content=b" " * 16 * 2**20))
    with pytest.raises(NoAnswer, match="longer than 16 MiB"):
        Client().face(b"photo")
    assert endless.sent <= 17 * 2**20
    with pytest.raises(OtherProblem):  # read completely, but not JSON
        Client().face(b"photo")


@pytest.mark.parametrize("key", ["secret\nX-Other: 1", "se\u00f1al secret"])
def test_invalid_key_is_not_revealed(key: str) -> None:
    with pytest.raises(NoAnswer) as told:
        Client(key=key).check()
    assert "header" in str(told.value)
    assert "secret" not in str(told.value)


def test_line_end_of_a_key_is_stripped(answering: Answering) -> None:
    asked = answering(httpx2.Response(200, json=FOUND))
    Client(key="secret\n").face(b"photo")
    assert asked[0].headers["authorization"] == "Bearer secret"
