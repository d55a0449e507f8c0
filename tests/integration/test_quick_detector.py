"""The quick way to the portrait beside the precise one, on the documents that ship."""

from __future__ import annotations

import numpy as np
import pytest

from img_super.detector.stepwise import StepwiseDetector
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, RgbImage, Rotation
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import DetectorName, load_pipeline
from img_super.turn import inverse, turn
from tests.conftest import SAMPLES

PHOTOS = sorted(SAMPLES.glob("*.jpg"))


@pytest.fixture(scope="module")
def precise() -> YuNetDetector:
    return YuNetDetector()


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.name)
def test_the_quick_way_finds_what_the_precise_one_finds(
    precise: YuNetDetector, photo: object, rotation: Rotation
) -> None:
    image = turn(decode_image(photo.read_bytes()), inverse(rotation))  # type: ignore[attr-defined]
    quick, expected = StepwiseDetector(precise).detect(image), precise.detect(image)
    assert quick is not None
    assert expected is not None
    assert quick.rotation == expected.rotation == rotation
    assert quick.portrait.box.iou(expected.portrait.box) > 0.8


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (480, 640, 3)])
def test_no_face_is_found_where_there_is_none(precise: YuNetDetector, shape: tuple[int, ...]) -> None:
    image: RgbImage = np.full(shape, 128, np.uint8)
    assert StepwiseDetector(precise).detect(image) is None


def test_super_asks_whom_the_setting_names_and_face_the_precise_one() -> None:
    fast, precise = (load_pipeline(detector=name) for name in DetectorName)
    assert isinstance(fast.quick_detector, StepwiseDetector)
    assert precise.quick_detector is precise.detector
    assert type(fast.detector) is type(precise.detector) is YuNetDetector


def test_the_answer_to_a_sample_is_the_same_by_both() -> None:
    fast, precise = (load_pipeline(detector=name) for name in DetectorName)
    for photo in PHOTOS:
        answers = [pipeline.super(photo.read_bytes()).decision for pipeline in (fast, precise)]
        assert answers[0].superimposed == answers[1].superimposed
        assert answers[0].score == pytest.approx(answers[1].score, abs=0.2)
