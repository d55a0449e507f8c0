"""Fakes behind the real interfaces, and the photos that ship."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

import img_super
from img_super.api.app import create_app
from img_super.domain import Box, Detection, Evidence, Face, FloatMap, ModelIdentity, RgbImage
from img_super.figures import Figure, SetFigures
from img_super.model_card import Calibration, ModelCard, WeightsFile
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings

# A machine that is busy is no reason to fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

SAMPLES = Path(img_super.__file__).parent / "samples"


TWO_FACES = Detection(Face(Box(40, 30, 100, 110), 0.9), (Face(Box(150, 60, 170, 90), 0.95),), 0)
FAKE_DETECTOR = ModelIdentity("fake_detector", "1", "0" * 64)
FAKE_VALIDATOR = ModelIdentity("fake_validator", "2", "1" * 64)


@dataclass
class FakeDetector:
    """Answers what it was told to, whatever it sees."""

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
    """A small PNG of noise; the fakes do not mind."""
    return encode(np.random.default_rng(7).integers(0, 256, (120, 200, 3), dtype=np.uint8))


@pytest.fixture(scope="session")
def bona_fide_bytes() -> bytes:
    return (SAMPLES / "bona_fide.jpg").read_bytes()


def encode(pixels: RgbImage, image_format: str = "PNG", **options: object) -> bytes:
    """An image file of these pixels."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, image_format, **options)
    return file.getvalue()
