"""Several processes behind one port."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from benchmarks.faults import workers
from benchmarks.running_service import Service, running_service
from tests.waiting import PATIENCE_S, PATIENT, until

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service("--workers", "2", "--threads", "1", **PATIENT) as service:
        yield service
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=PATIENCE_S) == 0


def two_workers(service: Service) -> list[int]:
    return until(lambda: pids if len(pids := workers(service)) == 2 else [])


def answered(service: Service) -> float:
    """The number of `/super` requests answered with 200 by all workers."""
    lines = httpx2.get(f"{service.url}/metrics", timeout=PATIENCE_S).text.splitlines()
    name = 'img_super_requests_total{method="POST",route="/super",status="200"}'
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def post(service: Service, photo: bytes) -> int:
    """Over a new connection, so that either worker may take it."""
    return httpx2.post(f"{service.url}/super", content=photo, headers=JPEG, timeout=PATIENCE_S).status_code


def test_killed_worker_restarts_and_metrics_still_add_up(service: Service, bona_fide_bytes: bytes) -> None:
    before = two_workers(service)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: post(service, bona_fide_bytes), range(12))) == {200}
    assert answered(service) == 12
    os.kill(before[0], signal.SIGKILL)
    until(lambda: before[0] not in workers(service))
    with ThreadPoolExecutor(1) as threads:
        assert set(threads.map(lambda _: post(service, bona_fide_bytes), range(4))) == {200}
    until(lambda: set(two_workers(service)) != set(before))
    assert answered(service) == 16
