"""A promotion and a rollback while requests come without a pause."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx2
import msgspec
import pytest

from benchmarks.running_service import Service, running_service
from img_super.api.keys import hash_of, new_key
from img_super.model_card import read_card, write_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.registry.registry import Registry
from tests.waiting import PATIENCE_S, PATIENT, until

JPEG = {"content-type": "image/jpeg"}
SHIPPED = read_card(SHIPPED_MODEL)
NEW = "9.9.9+cal.test"
ADMIN = new_key()
CALLERS = 3

Told = tuple[int, str, float]
"""Status, version and threshold of an answer."""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry.create(tmp_path / "models", SHIPPED_MODEL)
    shutil.copytree(SHIPPED_MODEL, tmp_path / "new")
    write_card(msgspec.structs.replace(SHIPPED, version=NEW, threshold=0.1234, policies={}), tmp_path / "new")
    registry.add(tmp_path / "new")
    return registry


@contextmanager
def under_load(service: Service, photo: bytes) -> Iterator[list[Told]]:
    """Three callers that post continuously, each over its own connections."""
    told: list[Told] = []
    ended = Event()

    def call() -> None:
        while not ended.is_set():
            answer = httpx2.post(f"{service.url}/super", content=photo, headers=JPEG, timeout=PATIENCE_S)
            body = answer.json()
            told.append((answer.status_code, body.get("model", {}).get("version", ""), body.get("threshold", -1)))

    with ThreadPoolExecutor(CALLERS) as callers:
        calls: list[Future[None]] = [callers.submit(call) for _ in range(CALLERS)]
        try:
            yield told
        finally:
            ended.set()
        for one in calls:
            one.result()


def wait_for(told: list[Told], version: str) -> None:
    """Wait until only this version answers."""
    until(lambda: [one for _, one, _ in told[-6:]] == [version] * 6)


@pytest.mark.parametrize("workers", [1, 2])
def test_promotion_loses_no_request_and_answers_name_the_model(
    registry: Registry, bona_fide_bytes: bytes, tmp_path: Path, workers: int
) -> None:
    (tmp_path / "admins").write_text(f"ops {hash_of(ADMIN)}\n")
    variables = {"IMG_SUPER_MODEL": str(registry.folder), "IMG_SUPER_ADMIN_KEYS_FILE": str(tmp_path / "admins")}
    with running_service("--workers", str(workers), "--threads", "1", **PATIENT, **variables) as service:
        with under_load(service, bona_fide_bytes) as told:
            wait_for(told, SHIPPED.version)
            registry.promote(NEW)
            answer = httpx2.post(f"{service.url}/model/reload", headers={"x-api-key": ADMIN}, timeout=PATIENCE_S)
            assert (answer.status_code, answer.json()["now"]["version"]) == (200, NEW)
            before = len(told)
            until(lambda: len(told) > before + 20)
            others = [version for _, version, _ in told[before + CALLERS :] if version != NEW]  # CALLERS in flight
            assert not others, f"{len(others)} answers of the old model after the new one was told to serve"
            registry.rollback()
            service.process.send_signal(signal.SIGHUP)
            wait_for(told, SHIPPED.version)
            weights = registry.model(NEW) / SHIPPED.files[SHIPPED.serves].name
            weights.write_bytes(weights.read_bytes()[:-1])
            _force(registry, NEW)
            refused = httpx2.post(f"{service.url}/model/reload", headers={"x-api-key": ADMIN}, timeout=PATIENCE_S)
            assert (refused.status_code, refused.json()["code"]) == (409, "model_refused")
            assert "sha256 differs" in refused.json()["detail"]
            wait_for(told, SHIPPED.version)
        expected = {(200, SHIPPED.version, SHIPPED.threshold), (200, NEW, 0.1234)}
        assert set(told) == expected, Counter(told)


def _force(registry: Registry, version: str) -> None:
    """Promote a model that `promote` would refuse, as if it had been damaged afterwards."""
    path = registry.folder / "registry.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(registry.state, current=version)))
