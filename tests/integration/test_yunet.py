"""The real detection network on the shipped documents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, RgbImage, Rotation
from img_super.pipeline.decode import decode_image
from img_super.turn import inverse, turn
from tests.conftest import SAMPLES

PHOTOS = sorted(SAMPLES.glob("*.jpg"))


@pytest.fixture(scope="module")
def detector() -> YuNetDetector:
    return YuNetDetector()


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.name)
def test_finds_the_same_portrait_when_rotated(detector: YuNetDetector, photo: object, rotation: Rotation) -> None:
    image = decode_image(photo.read_bytes())  # type: ignore[attr-defined]
    upright = detector.detect(image)
    turned = detector.detect(turn(image, inverse(rotation)))
    assert upright is not None
    assert turned is not None
    assert (upright.rotation, turned.rotation) == (0, rotation)
    turned_wh = (image.shape[1], image.shape[0]) if rotation in (0, 180) else (image.shape[0], image.shape[1])
    assert turned.portrait.box.turned(rotation, turned_wh).iou(upright.portrait.box) > 0.8


def test_boxes_stay_inside_the_photo(detector: YuNetDetector, bona_fide_bytes: bytes) -> None:
    image = decode_image(bona_fide_bytes)
    found = detector.detect(image)
    assert found is not None
    box = found.portrait.box
    through_the_face = np.ascontiguousarray(image[box.y_min + box.height // 5 :, box.x_min + box.width // 6 :])
    cut = detector.detect(through_the_face)
    for face in cut.faces if cut else ():
        assert face.box == face.box.clipped((through_the_face.shape[1], through_the_face.shape[0]))


def test_small_portrait_missed_at_640_is_found_at_1280(detector: YuNetDetector, bona_fide_bytes: bytes) -> None:
    document = Image.fromarray(decode_image(bona_fide_bytes))
    small = document.resize((250, round(250 * document.height / document.width)), Image.Resampling.LANCZOS)
    table = Image.new("RGB", (2560, 1920), (90, 80, 70))
    table.paste(small.resize((small.width * 2, small.height * 2)), (1100, 800))
    found = detector.detect(np.asarray(table))
    assert found is not None
    assert 1100 <= found.portrait.box.centre_xy[0] <= 1100 + 2 * small.width


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (480, 640, 3), (1500, 2000, 3)])
def test_finds_nothing_in_an_empty_photo(detector: YuNetDetector, shape: tuple[int, int, int], shade: int) -> None:
    assert detector.detect(np.full(shape, shade, np.uint8)) is None


def test_is_thread_safe(detector: YuNetDetector, bona_fide_bytes: bytes) -> None:
    large = decode_image(bona_fide_bytes)
    images: list[RgbImage] = [large, np.ascontiguousarray(large[: large.shape[0] * 9 // 10]), turn(large, 90)]
    alone = [detector.detect(image) for image in images]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(detector.detect, images * 10))
    assert together == alone * 10
