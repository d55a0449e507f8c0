from __future__ import annotations

import base64
from http import HTTPStatus

import pytest
from fastapi.testclient import TestClient

from img_super.api.error_handlers import STATUSES
from img_super.errors import InputError
from tests.conftest import FakeDetector


@pytest.mark.parametrize("error", STATUSES, ids=lambda error: error.code)
def test_each_error_becomes_its_problem(
    client: TestClient,
    detector: FakeDetector,
    monkeypatch: pytest.MonkeyPatch,
    photo_bytes: bytes,
    error: type[InputError],
) -> None:
    def fail(_: object) -> None:
        raise error()

    monkeypatch.setattr(detector, "detect", fail)
    answer = client.post("/face", content=photo_bytes, headers={"content-type": "image/png"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"urn:problem-type:img-super:{error.code}",
        "title": error.title,
        "status": STATUSES[error].value,
        "detail": error.advice,
        "code": error.code,
    }
    assert answer.status_code == STATUSES[error]


def test_unexpected_error_reveals_no_internals(
    client: TestClient, detector: FakeDetector, monkeypatch: pytest.MonkeyPatch, photo_bytes: bytes
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret /path/to/weights")

    monkeypatch.setattr(detector, "detect", fail)
    answer = client.post("/super", json={"image": base64.b64encode(photo_bytes).decode()})
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [("GET", "/nowhere", "not_found", 404), ("GET", "/face", "method_not_allowed", 405)],
)
def test_router_errors_are_problems(client: TestClient, method: str, path: str, code: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_service_survives_errors(client: TestClient, photo_bytes: bytes) -> None:
    for body in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0"):
        assert 400 <= client.post("/super", content=body, headers={"content-type": "image/png"}).status_code < 500
    assert client.post("/super", content=photo_bytes, headers={"content-type": "image/png"}).status_code == 200
