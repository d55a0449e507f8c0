from __future__ import annotations

import cv2
import numpy as np
import pytest

from img_super.domain import Box, RgbImage
from img_super.pipeline.quality import assess_quality

FACE = Box(200, 200, 300, 300)
SHARP = np.random.default_rng(1).integers(60, 200, (256, 256, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("crop", "face", "codes"),
    [
        (SHARP, FACE, []),
        (SHARP, Box(200, 200, 230, 240), ["small_portrait"]),
        (SHARP, Box(0, 200, 100, 300), ["cut_off"]),
        (cv2.GaussianBlur(SHARP, (0, 0), 6), FACE, ["blurred"]),
        (SHARP // 5, FACE, ["dark"]),
        (np.maximum(SHARP, np.tri(256, dtype=np.uint8)[..., None] * 255), FACE, ["glare"]),
    ],
)
def test_each_fault_is_named(crop: RgbImage, face: Box, codes: list[str]) -> None:
    found = assess_quality(crop, face, image_wh=(800, 600), small_face_px=64)
    assert [warning.code for warning in found] == codes
    assert all(warning.detail.endswith(".") for warning in found)
