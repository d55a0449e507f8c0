"""The one-pass detector that ships, beside the precise one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.detector.fast import FastDetector, SameFaceDetector
from img_super.detector.refined_detector import RefinedDetector
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.pipeline import load
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import DetectorName, load_pipeline, load_quick_detector
from img_super.turn import inverse, turn
from tests.conftest import SAMPLES

PHOTOS = sorted(SAMPLES.glob("*.jpg"))


@pytest.fixture(scope="module")
def fast() -> FastDetector:
    return fast_detector()


def fast_detector() -> FastDetector:
    """As `/super` asks it."""
    detector = load_quick_detector(YuNetDetector(), DetectorName.FAST)
    assert isinstance(detector, FastDetector)
    return detector


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.name)
def test_fast_agrees_with_precise(fast: FastDetector, photo: Path, rotation: Rotation) -> None:
    image = turn(decode_image(photo.read_bytes()), inverse(rotation))
    quick, expected = fast.detect(image), YuNetDetector().detect(image)
    assert quick is not None
    assert expected is not None
    assert quick.rotation == expected.rotation == rotation
    assert quick.portrait.box.iou(expected.portrait.box) > 0.75


def test_one_pass_rarely_falls_back(fast: FastDetector) -> None:
    images = [decode_image(photo.read_bytes()) for photo in PHOTOS]
    alone = [fast.locate(turn(image, rotation)) is not None for image in images for rotation in ROTATIONS]
    assert sum(alone) >= len(alone) - 1


def test_returns_document_corners_and_portrait_box(fast: FastDetector, bona_fide_bytes: bytes) -> None:
    image = decode_image(bona_fide_bytes)
    located = fast.locate(image)
    assert located is not None
    face, frame = located.detection.portrait.box, located.frame
    assert frame.area > 1.3 * face.area
    assert frame.contains(*face.centre_xy)
    assert located.corners.shape == (4, 2)
    low, high = located.corners.min(0), located.corners.max(0)
    assert low[0] < face.x_min < face.x_max < high[0]
    assert (np.ptp(located.corners, axis=0) > 1.5 * face.width).all()
    assert located.detection.document is not None
    answered = np.array(located.detection.document.quad)
    assert cv2.pointPolygonTest(answered.astype(np.float32), tuple(map(float, located.corners.mean(0))), True) > 0
    assert np.ptp(answered, axis=0) == pytest.approx(1.2 * np.ptp(located.corners, axis=0), rel=0.01)  # they fall short


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (480, 640, 3)])
def test_falls_back_to_the_precise_detector_when_nothing_is_found(shape: tuple[int, ...], shade: int) -> None:
    image: RgbImage = np.full(shape, shade, np.uint8)
    asking = fast_detector()
    assert asking.locate(image) is None
    assert asking.detect(image) is None


def test_is_thread_safe(fast: FastDetector) -> None:
    images = [decode_image(photo.read_bytes()) for photo in PHOTOS] * 6
    alone = [fast.detect(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fast.detect, images)) == alone


def test_super_uses_the_configured_detector_and_face_the_precise_one() -> None:
    quick, precise = (load_pipeline(detector=name) for name in DetectorName)
    assert isinstance(quick.quick_detector, FastDetector)
    assert isinstance(precise.quick_detector, RefinedDetector)
    assert isinstance(quick.detector, SameFaceDetector)
    assert type(precise.detector) is YuNetDetector


def test_samples_score_alike_with_both() -> None:
    pipelines = [load_pipeline(detector=name) for name in DetectorName]
    for photo in PHOTOS:
        one, other = (pipeline.super(photo.read_bytes()) for pipeline in pipelines)
        assert one.detection.portrait == other.detection.portrait
        assert one.decision == other.decision


def test_modified_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in load.SHIPPED_DETECTOR.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + (b" " if file.suffix == ".tflite" else b""))
    monkeypatch.setattr(load, "SHIPPED_DETECTOR", tmp_path)
    with pytest.raises(BadModel, match="sha256"):
        fast_detector()
