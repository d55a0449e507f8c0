"""Quarter turns of images, in one place, so that boxes and pixels always turn the same way."""

from typing import Final, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Rotation

Pixels = TypeVar("Pixels", npt.NDArray[np.uint8], npt.NDArray[np.float32])

_CV2_TURNS: Final[dict[Rotation, int]] = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_INVERSES: Final[dict[Rotation, Rotation]] = {0: 0, 90: 270, 180: 180, 270: 90}


def turn(image: Pixels, rotation: Rotation) -> Pixels:
    """Turn an image or a map clockwise by `rotation` degrees; the same array for 0."""
    return image if rotation == 0 else cv2.rotate(image, _CV2_TURNS[rotation]).astype(image.dtype, copy=False)


def inverse(rotation: Rotation) -> Rotation:
    """The rotation that undoes `rotation`."""
    return _INVERSES[rotation]
