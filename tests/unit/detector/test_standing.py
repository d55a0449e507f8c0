from dataclasses import replace

import numpy as np
import pytest

from img_super.detector.letterbox import Letterboxed
from img_super.detector.outputs import FloatBox, FoundFace, FoundPortrait
from img_super.detector.standing import (
    DOCUMENT,
    document_features,
    has_own_document,
    overlap,
    standing,
)
from img_super.domain import Float32Array, RgbImage

WH = (256.0, 160.0)


def quad(x: float, y: float, width: float, height: float) -> Float32Array:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float32)


def portrait(x: float = 40, y: float = 60, likely: float = 0.6, corners: Float32Array | None = None) -> FoundPortrait:
    corners = quad(x - 30, y - 40, 120, 80) if corners is None else corners
    box = FloatBox(x, y, 16, 20)
    return FoundPortrait(FoundFace(box, likely), likely, FloatBox(x, y, 30, 40), corners, (0,))


def photo(*faces: tuple[int, int, int]) -> Letterboxed:
    """White, with chequered faces at (x, y), lighter if fainter."""
    pixels: RgbImage = np.full((160, 256, 3), 220, np.uint8)
    for x, y, dark in faces:
        pixels[y - 10 : y + 10 : 2, x - 8 : x + 8] = (dark, dark // 2, dark // 2)
    return Letterboxed(pixels, 1, 0, WH)


def test_faint_ghost_of_equal_size_ranks_behind_the_portrait() -> None:
    seen = photo((40, 60, 40), (110, 60, 190))
    ghost = portrait(110, likely=0.7)
    assert standing(portrait(), seen).weight > standing(ghost, seen).weight


def test_face_filling_the_photo_has_no_document() -> None:
    alone = replace(portrait(128, 80, corners=quad(-50, -60, 350, 280)), frame=FloatBox(128, 80, 160, 150))
    assert not standing(alone, photo()).in_document
    assert standing(portrait(), photo()).in_document


@pytest.mark.parametrize("corners", [quad(10, 10, 0, 0), quad(900, 900, 50, 50), np.full((4, 2), -1e6, np.float32)])
def test_any_corners_give_an_answer(corners: Float32Array) -> None:
    seen = document_features(portrait(corners=corners), WH)
    assert seen.keys() == DOCUMENT.keys() - {""}
    assert np.isfinite(list(seen.values())).all()
    assert not standing(portrait(corners=corners), photo()).in_document


def test_separate_portrait_has_a_document_and_a_ghost_none() -> None:
    seen = photo((40, 60, 40), (190, 60, 40), (90, 60, 190))
    first, second, ghost = (
        standing(portrait(x, likely=likely), seen) for x, likely in ((40, 0.6), (190, 0.6), (90, 0.3))
    )
    assert has_own_document(second, first)
    assert not has_own_document(ghost, first)


def test_overlap_is_relative_to_the_smaller_quad() -> None:
    assert overlap(quad(0, 0, 10, 10), quad(0, 0, 20, 20)) == 1
    assert overlap(quad(0, 0, 10, 10), quad(30, 0, 10, 10)) == 0
