"""Slow clients, overload and SIGTERM, as the real service meets them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse

import httpx2
import pytest

from benchmarks.running_service import Service, running_service
from tests.waiting import PATIENCE_S, PATIENT, until

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One that takes few photos at once, and would go on for long after SIGTERM."""
    with running_service("--threads", "1", IMG_SUPER_QUEUE="2", IMG_SUPER_STOP_DELAY_S="600", **PATIENT) as service:
        yield service
        service.process.kill()  # how the delay ends, `unit/api/test_stopping.py` tells


def get(service: Service, address: str) -> httpx2.Response:
    return httpx2.get(service.url + address, timeout=PATIENCE_S)


def begun(service: Service, photo: bytes) -> HTTPConnection:
    """A request that lacks the last byte of its photo."""
    connection = HTTPConnection(*service.address, timeout=PATIENCE_S)
    connection.request("POST", "/super", photo[:-1], {**JPEG, "content-length": str(len(photo))})
    return connection


def answer_to(request: HTTPConnection) -> HTTPResponse:
    with closing(request):
        answer = request.getresponse()
        answer.read()
        return answer


def test_stalled_body_times_out(bona_fide_bytes: bytes) -> None:
    with running_service("--threads", "1", **{**PATIENT, "IMG_SUPER_BODY_TIMEOUT_S": "1"}) as service:
        assert answer_to(begun(service, bona_fide_bytes)).status == 408


def test_overload_answers_or_refuses_and_health_responds(service: Service, bona_fide_bytes: bytes) -> None:
    crowd = [begun(service, bona_fide_bytes) for _ in range(48)]
    for request in crowd:
        request.send(bona_fide_bytes[-1:])
    assert get(service, "/health/ready").status_code == 200
    answers = [answer_to(request) for request in crowd]
    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status == 503)


def test_sigterm_turns_readiness_off_while_requests_are_accepted(service: Service, bona_fide_bytes: bytes) -> None:
    """The last that this service is asked."""
    service.process.send_signal(signal.SIGTERM)
    until(lambda: get(service, "/health/ready").status_code != 200)
    ready = get(service, "/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
    assert get(service, "/health/live").status_code == 200
    answer = httpx2.post(f"{service.url}/super", content=bona_fide_bytes, headers=JPEG, timeout=PATIENCE_S)
    assert answer.status_code == 200
