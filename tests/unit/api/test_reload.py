from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import pytest
from fastapi.testclient import TestClient

from img_super.api import reload as reload_module
from img_super.api.app import create_app
from img_super.api.keys import hash_of, new_key
from img_super.api.together import Together
from img_super.domain import Box, Detection, Evidence, Face, ModelIdentity, RgbImage
from img_super.errors import BadModel
from img_super.model_card import ModelCard, Policy, PolicyName
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import TWO_FACES, FakeDetector, FakeValidator
from tests.waiting import PATIENCE_S, until

PNG = {"content-type": "image/png"}
ADMIN, CALLER = new_key(), new_key()
NEW = ModelIdentity("fake_validator", "3", "2" * 64)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "admins").write_text(f"ops {hash_of(ADMIN)}\n")
    (tmp_path / "callers").write_text(f"kyc {hash_of(CALLER)}\n")
    return Settings(threads=2, admin_keys_file=tmp_path / "admins", keys_file=tmp_path / "callers", model=tmp_path)


@pytest.fixture
def client(settings: Settings, pipeline: Pipeline) -> Iterator[TestClient]:
    with TestClient(create_app(settings, pipeline), raise_server_exceptions=False) as client:
        client.headers["x-api-key"] = CALLER
        yield client


@pytest.fixture
def promoted(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> FakeValidator:
    """The model that a reload finds."""
    validator = FakeValidator(card, 0.1, NEW)
    monkeypatch.setattr(reload_module, "load_validator", lambda *_: validator)
    return validator


def reload(client: TestClient, key: str = ADMIN) -> tuple[int, dict[str, object]]:
    answer = client.post("/model/reload", headers={"x-api-key": key})
    return answer.status_code, answer.json()


def version(client: TestClient, photo: bytes) -> str:
    return str(client.post("/super", content=photo, headers=PNG).json()["model"]["version"])


def test_next_request_uses_the_new_model(client: TestClient, promoted: FakeValidator, photo_bytes: bytes) -> None:
    assert version(client, photo_bytes) == "2"
    status, told = reload(client)
    assert (status, told["before"], told["now"]) == (
        200,
        {"name": "fake_validator", "version": "2", "sha256": "1" * 64},
        {"name": "fake_validator", "version": "3", "sha256": "2" * 64},
    )
    answer = client.post("/super", content=photo_bytes, headers=PNG).json()
    assert (answer["model"]["version"], answer["score"]) == ("3", 0.1)
    assert client.get("/model").json()["validator"]["version"] == "3"
    infos = [line for line in client.get("/metrics").text.splitlines() if line.startswith("img_super_model_info{")]
    assert sorted('model_version="3"' in line for line in infos) == [False, True]
    assert not any('model_version="2"' in line for line in infos)


def test_reload_needs_an_admin_key(client: TestClient, promoted: FakeValidator, photo_bytes: bytes) -> None:
    assert reload(client, CALLER)[0] == 401
    assert client.post("/model/reload", headers={"x-api-key": ""}).status_code == 401
    assert version(client, photo_bytes) == "2"
    assert client.get("/model", headers={"x-api-key": ADMIN}).status_code == 401


def test_reload_is_off_without_admin_keys(pipeline: Pipeline, promoted: FakeValidator) -> None:
    with TestClient(create_app(Settings(threads=1), pipeline)) as client:
        answer = client.post("/model/reload")
    assert (answer.status_code, answer.json()["code"]) == (404, "switched_off")
    assert "IMG_SUPER_ADMIN_KEYS_FILE" in answer.json()["detail"]


def test_unloadable_model_is_refused_without_revealing_a_path(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch, photo_bytes: bytes
) -> None:
    def damaged(*_: object) -> None:
        raise BadModel(f"The model's weights {settings.model}/a.tflite are not those that its card describes.")

    monkeypatch.setattr(reload_module, "load_validator", damaged)
    status, told = reload(client)
    assert (status, told["code"]) == (409, "model_refused")
    assert told["detail"] == (
        "The model's weights IMG_SUPER_MODEL/a.tflite are not those that its card describes. "
        "The previous model keeps serving."
    )
    assert version(client, photo_bytes) == "2"


def test_model_that_fails_its_trial_is_refused(
    client: TestClient, promoted: FakeValidator, monkeypatch: pytest.MonkeyPatch, photo_bytes: bytes
) -> None:
    def fails(crop: RgbImage) -> Evidence:
        raise RuntimeError("a tensor")

    monkeypatch.setattr(promoted, "validate", fails)
    status, told = reload(client)
    assert (status, "a tensor" in str(told)) == (409, False)
    assert version(client, photo_bytes) == "2"


def test_model_without_the_chosen_policy_is_refused(
    settings: Settings, pipeline: Pipeline, promoted: FakeValidator, card: ModelCard
) -> None:
    promoted.card = msgspec.structs.replace(card, policies={})
    known = msgspec.structs.replace(card, policies={PolicyName.STRICT: Policy(0.5, (0.4, 0.6))})
    strict = Pipeline(pipeline.detector, FakeValidator(known), policy=PolicyName.STRICT)
    with TestClient(create_app(settings, strict)) as client:
        status, told = reload(client)
    assert (status, told["code"]) == (409, "model_refused")
    assert "no policy strict" in str(told["detail"])


def test_running_request_keeps_its_model(
    client: TestClient, validator: FakeValidator, promoted: FakeValidator, photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    begun, may_end = Event(), Event()

    def slowly(crop: RgbImage) -> Evidence:
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return Evidence(0.75, validator.heat_map)

    # Otherwise the warm-up would be the first request.
    until(lambda: client.get("/health/ready").status_code == 200)
    monkeypatch.setattr(validator, "validate", slowly)
    with ThreadPoolExecutor(1) as others:
        first = others.submit(version, client, photo_bytes)
        assert begun.wait(PATIENCE_S)
        assert reload(client)[0] == 200
        assert version(client, photo_bytes) == "3"
        may_end.set()
        assert first.result() == "2"


def test_reload_reaches_every_worker(
    settings: Settings, pipeline: Pipeline, promoted: FakeValidator, photo_bytes: bytes, tmp_path: Path
) -> None:
    Together.begin(tmp_path, tmp_path)
    workers = [Together(tmp_path, process) for process in (os.getpid(), os.getppid())]
    apps = [create_app(settings.model_copy(update={"keys_file": None}), pipeline, worker) for worker in workers]
    with TestClient(apps[0]) as asked, TestClient(apps[1]) as other:
        assert (version(asked, photo_bytes), version(other, photo_bytes)) == ("2", "2")
        assert reload(asked)[0] == 200
        assert version(asked, photo_bytes) == "3"
        until(lambda: version(other, photo_bytes) == "3")
    assert not list(tmp_path.glob("*.worker"))


def test_shadow_model_scores_without_answering(
    settings: Settings,
    pipeline: Pipeline,
    detector: FakeDetector,
    card: ModelCard,
    monkeypatch: pytest.MonkeyPatch,
    photo_bytes: bytes,
) -> None:
    elsewhere = Detection(Face(Box(150, 20, 190, 80), 0.9), (), 0)
    detector.answer = replace(TWO_FACES, elsewhere=(elsewhere,))
    shadow = FakeValidator(msgspec.structs.replace(card, input_side_px=32), 0.1, replace(NEW, name="shadow"))
    monkeypatch.setattr("img_super.api.services.load_validator", lambda *_: shadow)
    with_shadow = settings.model_copy(update={"shadow_model": Path("models"), "keys_file": None})
    app = create_app(with_shadow, pipeline)
    with TestClient(app) as client:
        answer = client.post("/super", content=photo_bytes, headers=PNG).json()
        assert (answer["model"]["version"], answer["score"]) == ("2", 0.75)
        assert client.get("/model").json()["shadow"]["name"] == "shadow"
        app.state.services.shadow.close()
        text = client.get("/metrics").text
        app.state.services.shadow = None
    assert (
        'img_super_shadow_verdicts_total{shadow_verdict="bona_fide",verdict="attack"} 2.0' in text
    )  # one per document
    assert "img_super_shadow_info{" in text
    assert all(crop.shape == (32, 32, 3) for crop in shadow.seen)


def test_failing_or_busy_shadow_is_harmless(
    settings: Settings, pipeline: Pipeline, card: ModelCard, monkeypatch: pytest.MonkeyPatch, photo_bytes: bytes
) -> None:
    held = Event()

    def stuck(crop: RgbImage) -> Evidence:
        assert held.wait(PATIENCE_S)
        raise RuntimeError("broken")

    shadow = FakeValidator(card)
    monkeypatch.setattr(shadow, "validate", stuck)
    monkeypatch.setattr("img_super.api.services.load_validator", lambda *_: shadow)
    app = create_app(settings.model_copy(update={"shadow_model": Path("m"), "keys_file": None}), pipeline)
    with TestClient(app) as client:
        codes = {client.post("/super", content=photo_bytes, headers=PNG).status_code for _ in range(8)}
        assert codes == {200}
        skipped = next(
            line
            for line in client.get("/metrics").text.splitlines()
            if line.startswith("img_super_shadow_skipped_total")
        )
        held.set()
    assert float(skipped.split()[1]) >= 3
