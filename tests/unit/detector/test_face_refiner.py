from __future__ import annotations

from dataclasses import astuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img_super.detector.face_refiner import SIDE_PX, FaceRefiner, Part
from img_super.detector.outputs import FloatBox
from img_super.detector.pyramid import Pyramid
from img_super.detector.yunet import YuNet, YuNetDetector
from img_super.domain import ROTATIONS, Box, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import SHIPPED_DETECTOR
from img_super.turn import inverse, turn


@pytest.fixture(scope="module")
def finder() -> FaceRefiner:
    return FaceRefiner((SHIPPED_DETECTOR / "yunet.tflite").read_bytes())


@pytest.fixture(scope="module")
def sample(bona_fide_bytes: bytes) -> tuple[RgbImage, Box]:
    image = decode_image(bona_fide_bytes)
    found = YuNetDetector().detect(image)
    assert found is not None
    return image, found.portrait.box


def about(box: Box, shift: float = 0.0, size: float = 1.0) -> FloatBox:
    x, y = box.centre_xy
    return FloatBox(x + shift * box.width, y - shift * box.height, size * box.width, size * box.height)


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize(("shift", "size"), [(0.0, 1.0), (0.2, 1.2), (-0.15, 0.85)])
def test_rough_box_becomes_yunets(
    finder: FaceRefiner, sample: tuple[RgbImage, Box], rotation: Rotation, shift: float, size: float
) -> None:
    image, box = sample
    turned = turn(image, inverse(rotation))
    expected = box.turned(inverse(rotation), (image.shape[1], image.shape[0]))
    found = finder.find(Pyramid(turned), about(expected, shift, size), rotation)
    assert found is not None
    assert found.face.box.pixels().iou(expected) > 0.8


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_detectors_converge_on_the_same_box(
    finder: FaceRefiner, sample: tuple[RgbImage, Box], rotation: Rotation
) -> None:
    image, box = sample
    turned = turn(image, inverse(rotation))
    rough = box.turned(inverse(rotation), (image.shape[1], image.shape[0]))
    settled = set()
    for shift, size in ((0.0, 1.0), (0.1, 1.1), (-0.1, 0.95), (0.2, 0.9)):
        look = finder.find(Pyramid(turned), about(rough, shift, size), rotation)
        assert look is not None
        settled.add(finder.refined_face(Pyramid(turned), look, rotation))
    assert len(settled) == 1


def test_agrees_with_yunet_in_opencv(finder: FaceRefiner, sample: tuple[RgbImage, Box]) -> None:
    image, box = sample
    look = finder.find(Pyramid(image), about(box), 0)
    assert look is not None
    face = max(YuNet().find(look.part.pixels(Pyramid(image))), key=lambda face: face.confidence)
    x, y, width, height = face.xywh
    expected = look.part.in_photo(FloatBox(x + width / 2, y + height / 2, width, height))
    assert look.face.confidence == pytest.approx(face.confidence, abs=1e-4)
    assert astuple(look.face.box) == pytest.approx(astuple(expected), abs=0.02)


def test_finds_no_face_where_there_is_none(finder: FaceRefiner, sample: tuple[RgbImage, Box]) -> None:
    image, box = sample
    assert finder.find(Pyramid(cv2.GaussianBlur(image, (0, 0), 60)), about(box), 0) is None  # type: ignore[arg-type]
    assert finder.find(Pyramid(image), FloatBox(-500, -500, 40, 40), 0) is None


def test_ignores_faces_elsewhere(finder: FaceRefiner, sample: tuple[RgbImage, Box]) -> None:
    image, box = sample
    beside = FloatBox(box.x_max + 0.4 * box.width, box.centre_xy[1], box.width, box.height)
    assert finder.find(Pyramid(image), beside, 0) is None


sides = st.integers(1, 400)


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-300, 900), y=st.floats(-300, 900), size=st.floats(1, 700))
def test_window_shows_the_surroundings(x: float, y: float, size: float) -> None:
    photo = np.full((640, 480, 3), 255, np.uint8)
    part = Part.around(FloatBox(x, y, size, size))
    each = 2**part.halvings
    assert 32 <= size / each < 64 or (part.halvings == 0 and size < 32)
    assert abs(part.x_min + SIDE_PX * each / 2 - x) <= 16 * each
    assert abs(part.y_min + SIDE_PX * each / 2 - y) <= 16 * each
    assert part.x_min % (32 * each) == part.y_min % (32 * each) == 0
    pixels = part.pixels(Pyramid(photo))
    assert pixels.shape == (SIDE_PX, SIDE_PX, 3)
    column = np.clip(np.arange(SIDE_PX) * each + part.x_min, -1, 480)
    seen = (column >= 0) & (column + each <= 480)
    rows = pixels.max(axis=(0, 2)) == 255
    assert not rows[~seen].any()
    assert rows[seen].all() or not rows.any()


@settings(max_examples=40, deadline=None)
@given(x=st.floats(-50, 200), y=st.floats(-50, 200), size=st.floats(1, 300), wh=st.tuples(sides, sides))
def test_window_and_halving_commute(x: float, y: float, size: float, wh: tuple[int, int]) -> None:
    photo = np.random.default_rng(sum(wh)).integers(0, 256, (wh[1], wh[0], 3), dtype=np.uint8)
    part = Part.around(FloatBox(x, y, size, size))
    left, top, side = max(0, part.x_min), max(0, part.y_min), SIDE_PX << part.halvings
    cut = photo[top : max(0, part.y_min + side), left : max(0, part.x_min + side)]
    expected = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    if min(cut.shape[:2]) >= 2**part.halvings:
        small = Pyramid(cut).after(part.halvings)
        column, row = (left - part.x_min) >> part.halvings, (top - part.y_min) >> part.halvings
        expected[row : row + small.shape[0], column : column + small.shape[1]] = small
    assert np.array_equal(part.pixels(Pyramid(photo)), expected)


def test_other_weights_are_refused() -> None:
    with pytest.raises(BadModel, match="not of 128 px"):
        FaceRefiner((SHIPPED_DETECTOR / "portrait_detector.tflite").read_bytes())
