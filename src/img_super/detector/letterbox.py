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
    square = np.full((side_px, side_px, 3), FILL, np.uint8)
    small = shrunk(image, small_wh) if pixels_each > 1 else cv2.resize(image, small_wh, interpolation=cv2.INTER_LINEAR)
    square[: small_wh[1], : small_wh[0]] = small
    return square, pixels_each


def shrunk(image: RgbImage, wh: tuple[int, int]) -> RgbImage:
    """The image reduced by areas to width and height: in exact halves as far as that goes.

    OpenCV has a way of its own for exact halves, twenty times as fast as any other factor.
    """
    small = image
    while all(side % 2 == 0 and side >= 2 * wanted for side, wanted in zip(small.shape[1::-1], wh, strict=True)):
        half_wh = (small.shape[1] // 2, small.shape[0] // 2)
        small = cv2.resize(small, half_wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    if small.shape[1::-1] == wh:
        return small
    return cv2.resize(small, wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
