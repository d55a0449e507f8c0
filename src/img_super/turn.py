"""Turning images by quarter turns, in one place, so that boxes and pixels always turn the same way."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage, Rotation

_CV2_TURNS: Final[dict[Rotation, int]] = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_INVERSES: Final[dict[Rotation, Rotation]] = {0: 0, 90: 270, 180: 180, 270: 90}


def turn(image: RgbImage, rotation: Rotation) -> RgbImage:
    """Turn an image clockwise by `rotation` degrees; the same array when there is nothing to turn."""
    return image if rotation == 0 else cv2.rotate(image, _CV2_TURNS[rotation]).astype(np.uint8, copy=False)


def inverse(rotation: Rotation) -> Rotation:
    """The rotation that undoes `rotation`."""
    return _INVERSES[rotation]
