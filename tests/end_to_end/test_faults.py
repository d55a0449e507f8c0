"""What goes wrong around a service that runs: clients that leave, a full disk, little memory, a model that vanishes."""

from __future__ import annotations

import resource
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2
import numpy as np
import pytest

from benchmarks.running_service import Service, running_service
from tests.conftest import encode
from tests.waiting import PATIENCE_S, PATIENT, until

JPEG = {"content-type": "image/jpeg"}


@contextmanager
def limited_service(limit: Callable[[], None], *options: str) -> Iterator[Service]:
    """A service whose process has set itself a limit before it started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.running_service.subprocess.Popen", partial(subprocess.Popen, preexec_fn=limit))
        with running_service("--threads", "1", *options, **PATIENT) as service:
            yield service


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped one."""
    from img_super.pipeline.load import SHIPPED_MODEL

    return shutil.copytree(SHIPPED_MODEL, tmp_path_factory.mktemp("models") / "model")


@pytest.fixture(scope="module")
def with_full_disk(model: Path) -> Iterator[Service]:
    """Not one byte can be written to any file; what would write some is killed by SIGXFSZ."""
    with limited_service(partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0)), "--model", str(model)) as service:
        yield service


def post(service: Service, photo: bytes) -> httpx2.Response:
    return httpx2.post(f"{service.url}/super", content=photo, headers=JPEG, timeout=PATIENCE_S)


def in_hand(service: Service) -> float:
    lines = httpx2.get(f"{service.url}/metrics", timeout=PATIENCE_S).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("img_super_photos_w"))


def test_disconnecting_clients_leak_nothing(service: Service, bona_fide_bytes: bytes) -> None:
    head = (
        f"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: {len(bona_fide_bytes)}\r\n\r\n"
    )
    whole = head.encode() + bona_fide_bytes
    for share in (0.001, 0.5, 1, 1, 1):
        with socket.create_connection(service.address, timeout=PATIENCE_S) as connection:
            connection.sendall(whole[: int(len(whole) * share)])
    until(lambda: not in_hand(service))
    assert post(service, bona_fide_bytes).status_code == 200


def test_service_survives_a_full_disk(with_full_disk: Service, bona_fide_bytes: bytes) -> None:
    assert post(with_full_disk, bona_fide_bytes).status_code == 200
    large = {"image": bona_fide_bytes + bytes(2_000_000)}  # a form parser would spool it
    assert httpx2.post(f"{with_full_disk.url}/super", files=large, timeout=PATIENCE_S).status_code == 200
    assert with_full_disk.process.poll() is None


def test_service_survives_deletion_of_its_model(with_full_disk: Service, model: Path, bona_fide_bytes: bytes) -> None:
    shutil.rmtree(model)
    assert post(with_full_disk, bona_fide_bytes).status_code == 200


def test_low_memory_refuses_a_large_photo_and_answers_the_next(bona_fide_bytes: bytes) -> None:
    large = encode(np.zeros((6000, 6000, 4), np.uint8))
    with limited_service(partial(resource.setrlimit, resource.RLIMIT_DATA, (600_000_000, 600_000_000))) as squeezed:
        refused = post(squeezed, large)
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert post(squeezed, bona_fide_bytes).status_code == 200
