"""Slow clients, overload and SIGTERM, as the real service meets them."""

from __future__ import annotations

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2

from benchmarks.running_service import running_service

JPEG = {"content-type": "image/jpeg"}


def test_a_body_that_does_not_come_is_given_up() -> None:
    with running_service("--threads", "1", IMG_SUPER_BODY_TIMEOUT_S="1") as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            head = b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n"
            connection.sendall(head + b"\xff\xd8")
            answer = connection.recv(65_536).decode()
        assert answer.startswith("HTTP/1.1 408")


def test_under_overload_every_request_is_answered_or_refused_and_health_goes_on(bona_fide_bytes: bytes) -> None:
    with (
        running_service("--threads", "1", IMG_SUPER_QUEUE="2", IMG_SUPER_DEADLINE_S="600") as service,
        ThreadPoolExecutor(16) as threads,
    ):

        def post(_: int) -> httpx2.Response:
            return httpx2.post(f"{service.url}/super", content=bona_fide_bytes, headers=JPEG, timeout=60)

        sent = [threads.submit(post, i) for i in range(48)]
        while not all(future.done() for future in sent):
            assert httpx2.get(f"{service.url}/health/ready", timeout=5).status_code == 200
            time.sleep(0.05)
        answers = [future.result() for future in sent]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)


def test_sigterm_is_seen_at_once_while_requests_are_still_taken(bona_fide_bytes: bytes) -> None:
    with running_service("--threads", "1", IMG_SUPER_STOP_DELAY_S="15") as service:
        service.process.send_signal(signal.SIGTERM)
        ready = httpx2.get(f"{service.url}/health/ready", timeout=10)
        while ready.status_code == 200:  # until the signal has been seen
            ready = httpx2.get(f"{service.url}/health/ready", timeout=10)
        assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
        assert httpx2.get(f"{service.url}/health/live", timeout=10).status_code == 200
        answer = httpx2.post(f"{service.url}/super", content=bona_fide_bytes, headers=JPEG, timeout=10)
        assert answer.status_code == 200
        assert service.process.wait(timeout=120) == 0
