from __future__ import annotations

import logging

import pytest
from fastapi.testclient import TestClient

from img_super.api.request_log import ACCESS_LOG
from tests.conftest import FakeDetector

PNG = {"content-type": "image/png"}
CANARY = "c2VjcmV0IHBob3Rv"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "img_super")
    return caplog


def access(log: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [vars(record)["fields"] for record in log.records if record.name == ACCESS_LOG]


def test_request_is_one_line_with_the_id_of_its_answer(
    client: TestClient, photo_bytes: bytes, log: pytest.LogCaptureFixture
) -> None:
    answer = client.post("/super?evidence=true", content=photo_bytes, headers={**PNG, "x-request-id": "order-17"})
    assert answer.headers["x-request-id"] == "order-17"
    (line,) = access(log)
    assert isinstance(line.pop("ms"), float)
    expected = {"method": "POST", "route": "/super", "status": 200, "client": "testclient", "request_id": "order-17"}
    assert line == expected
    assert "testclient  POST /super  200  " in log.text


def test_errors_show_their_code(client: TestClient, log: pytest.LogCaptureFixture) -> None:
    client.post("/super", content=b"hello", headers=PNG)
    (line,) = access(log)
    assert (line["status"], line["code"]) == (415, "not_an_image")


def test_health_and_metrics_are_not_logged(client: TestClient, log: pytest.LogCaptureFixture) -> None:
    for address in ("/health/live", "/health/ready", "/metrics"):
        assert client.get(address).status_code in (200, 503)
    assert access(log) == []


def test_unknown_paths_and_queries_are_not_logged(client: TestClient, log: pytest.LogCaptureFixture) -> None:
    client.get(f"/{CANARY}")
    client.post(f"/super?image={CANARY}&evidence={CANARY}")
    client.request(CANARY, "/face")
    TestClient(client.app, root_path="/identity").get(f"/identity/{CANARY}")
    assert [(line["method"], line["route"]) for line in access(log)] == [
        ("GET", "(unknown)"),
        ("POST", "/super"),
        ("OTHER", "/face"),
        ("GET", "(unknown)"),
    ]
    assert CANARY not in log.text


def test_unexpected_error_is_logged_with_the_request_id(
    client: TestClient,
    detector: FakeDetector,
    monkeypatch: pytest.MonkeyPatch,
    photo_bytes: bytes,
    log: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(detector, "detect", fail)
    answer = client.post("/super", content=photo_bytes, headers=PNG)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    (told,) = [record for record in log.records if record.msg.startswith("Unexpected error")]
    assert told.getMessage().endswith(answer.headers["x-request-id"])
    assert told.exc_info is not None
    (line,) = access(log)
    assert (line["status"], line["code"]) == (500, "internal_error")
