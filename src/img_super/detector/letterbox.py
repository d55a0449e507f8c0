"""Any photo made as large as the one-pass network takes it: its long side fits, the rest stays grey."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage

FILL: Final = 128
"""Grey beyond the photo; about zero to the network."""


def letterbox(image: RgbImage, side_px: int) -> tuple[RgbImage, float]:
    """The photo in the upper left of a grey square, RGB uint8 [side, side, 3], and how many of the photo's pixels make
    one of the square's: both sides are scaled alike, so a point of the square times this lies in the photo."""
    height, width = image.shape[:2]
    pixels_each = max(height, width) / side_px
    small_wh = (max(1, round(width / pixels_each)), max(1, round(height / pixels_each)))
    kind = cv2.INTER_AREA if pixels_each > 1 else cv2.INTER_LINEAR
    square = np.full((side_px, side_px, 3), FILL, np.uint8)
    square[: small_wh[1], : small_wh[0]] = cv2.resize(image, small_wh, interpolation=kind)
    return square, pixels_each
