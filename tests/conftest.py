"""Fakes of the real interfaces, and the shipped photos."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

import img_super
from img_super.api.app import create_app
from img_super.domain import Box, Detection, DocumentPlace, Evidence, Face, FloatMap, ModelIdentity, RgbImage
from img_super.figures import Figure, SetFigures
from img_super.model_card import Calibration, ModelCard, WeightsFile
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.side_by_side import Rooms, long_first

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_ADVICE = re.compile(r"apt install (\S+)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        long_first(items)


def pytest_collection_finish() -> None:
    """Every process collects all tests but most run none of a network, so these import Keras only when they run."""
    if loaded := {"tensorflow", "torch"} & sys.modules.keys():
        raise pytest.UsageError(f"a test's module loads {sorted(loaded)}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Rooms:
    config.option.loadscopereorder = False  # the order is that of `long_first`
    return Rooms(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    _tell_where_the_time_went(terminalreporter)
    _tell_what_was_skipped(terminalreporter)


def _tell_where_the_time_went(terminalreporter: Any) -> None:
    """By folder, if there are several."""
    seconds: Counter[str] = Counter()
    for report in (one for kind in ("passed", "failed", "") for one in terminalreporter.stats.get(kind, [])):
        seconds["/".join(report.nodeid.split("/")[:2])] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("seconds by folder, of all processes")
        for folder, spent in seconds.most_common():
            terminalreporter.line(f"{spent:7.0f}  {folder}")


def _tell_what_was_skipped(terminalreporter: Any) -> None:
    """Report tests skipped for lack of a program, and how to install it."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    lacking: Counter[str] = Counter()
    for reason, tests in reasons.items():
        if advice := _ADVICE.search(reason):
            lacking[advice[1]] += tests
    if lacking:
        terminalreporter.section("skipped for want of a program")
        for package, tests in sorted(lacking.items()):
            terminalreporter.line(f"{package}: {tests} tests")
        terminalreporter.line(f"apt install {' '.join(sorted(lacking))}")


SAMPLES = Path(img_super.__file__).parent / "samples"


TWO_FACES = Detection(Face(Box(40, 30, 100, 110), 0.9), (Face(Box(150, 60, 170, 90), 0.95),), 0)
FAKE_DETECTOR = ModelIdentity("fake_detector", "1", "0" * 64)
FAKE_VALIDATOR = ModelIdentity("fake_validator", "2", "1" * 64)


WITH_OWNER = Detection(
    Face(Box(20, 30, 60, 80), 0.9),
    (Face(Box(160, 30, 200, 80), 0.9),),
    0,
    DocumentPlace(Box(10, 20, 60, 90), ((5, 10), (95, 10), (95, 100), (5, 100))),
)
"""A portrait in its document, and a face outside of it."""


@dataclass
class FakeDetector:
    """Returns a fixed answer."""

    answer: Detection | None = TWO_FACES
    identity: ModelIdentity = FAKE_DETECTOR
    seen: list[RgbImage] = field(default_factory=list)

    def detect(self, image: RgbImage) -> Detection | None:
        self.seen.append(image)
        return self.answer


@dataclass
class FakeValidator:
    """Gives every crop the same score."""

    card: ModelCard
    score: float = 0.75
    identity: ModelIdentity = FAKE_VALIDATOR
    heat_map: FloatMap = field(default_factory=lambda: np.zeros((4, 4), np.float32))
    seen: list[RgbImage] = field(default_factory=list)

    def validate(self, crop: RgbImage) -> Evidence:
        self.seen.append(crop)
        return Evidence(self.score, self.heat_map)


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        name="fake_validator",
        version="2",
        created="2026-01-01",
        files={"litert": WeightsFile("weights.tflite", "1" * 64)},
        input_side_px=64,
        min_face_px=32,
        calibration=Calibration(1.0, 0.0),
        threshold=0.6,
        undetermined=(0.4, 0.7),
        figures={"somewhere": SetFigures(auc=Figure(0.9, (0.8, 0.95)))},
        data="drawn",
        limits=["many"],
        terms="none",
    )


@pytest.fixture
def detector() -> FakeDetector:
    return FakeDetector()


@pytest.fixture
def validator(card: ModelCard) -> FakeValidator:
    return FakeValidator(card)


@pytest.fixture
def pipeline(detector: FakeDetector, validator: FakeValidator) -> Pipeline:
    return Pipeline(detector, validator)


@pytest.fixture
def settings() -> Settings:
    return Settings(threads=2, max_body_bytes=200_000)


@pytest.fixture
def client(settings: Settings, pipeline: Pipeline) -> Iterator[TestClient]:
    with TestClient(create_app(settings, pipeline), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def photo_bytes() -> bytes:
    """A small PNG of noise, good enough for the fakes."""
    return encode(np.random.default_rng(7).integers(0, 256, (120, 200, 3), dtype=np.uint8))


@pytest.fixture(scope="session")
def bona_fide_bytes() -> bytes:
    return (SAMPLES / "bona_fide.jpg").read_bytes()


def encode(pixels: RgbImage, image_format: str = "PNG", **options: object) -> bytes:
    """An image file of these pixels."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, image_format, **options)
    return file.getvalue()


def write_data_set(folder: Path, count: int, side_px: int = 32, seed: int = 1) -> Path:
    """Attacks have a bright square in the middle, which a few steps can learn."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    crops = rng.integers(0, 120, (count, side_px, side_px, 3), dtype=np.uint8)
    masks = np.zeros((count, 56, 56), np.uint8)
    crops[labels == 1, 8:24, 8:24] = 250
    masks[labels == 1, 14:42, 14:42] = 255
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "shard-00000.npz", crops=crops, masks=masks)
    rows = [
        {"shard": "shard-00000", "position": i, "label": int(label), "species": "face_swap" if label else "",
         "document": f"d{i // 2}", "more": 1}
        for i, label in enumerate(labels)
    ]  # fmt: skip
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data"), 32)
