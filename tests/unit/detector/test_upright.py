from __future__ import annotations

import cv2
import pytest

from img_super.detector.heads import FloatBox
from img_super.detector.upright import UprightFinder, part_around
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, Box, RgbImage, Rotation
from img_super.pipeline.decode import decode_image
from img_super.turn import inverse, turn


@pytest.fixture(scope="module")
def finder() -> UprightFinder:
    return UprightFinder()


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
def test_a_rough_box_becomes_yunets(
    finder: UprightFinder, sample: tuple[RgbImage, Box], rotation: Rotation, shift: float, size: float
) -> None:
    image, box = sample
    turned = turn(image, inverse(rotation))
    expected = box.turned(inverse(rotation), (image.shape[1], image.shape[0]))
    found = finder.find(turned, about(expected, shift, size), rotation)
    assert found is not None
    assert found.box.iou(expected) > 0.8


def test_no_face_is_found_where_there_is_none(finder: UprightFinder, sample: tuple[RgbImage, Box]) -> None:
    image, box = sample
    assert finder.find(cv2.GaussianBlur(image, (0, 0), 60), about(box), 0) is None  # type: ignore[arg-type]
    assert finder.find(image, FloatBox(-500, -500, 40, 40), 0) is None


def test_a_face_elsewhere_is_not_taken(finder: UprightFinder, sample: tuple[RgbImage, Box]) -> None:
    image, box = sample
    beside = FloatBox(box.x_max + 0.4 * box.width, box.centre_xy[1], box.width, box.height)
    assert finder.find(image, beside, 0) is None


@pytest.mark.parametrize("middle", [(0.0, 0.0), (99.0, 59.0), (50.0, 30.0), (-300.0, 20.0)])
def test_the_searched_part_stays_inside_the_photo(middle: tuple[float, float]) -> None:
    part = part_around(FloatBox(*middle, 40, 50), (100, 60))
    assert part == part.clipped((100, 60))
