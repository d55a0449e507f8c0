"""Maps between the pixels of portrait, card and photo. Matrices are float32, [2, 3] affine or [3, 3] projective."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.pixels import Pixels

Box4 = tuple[int, int, int, int]
"""x_min, y_min, x_max, y_max, pixels, half-open."""

_SAME: Final = np.eye(3)


def projective(matrix: Float32Array) -> Float32Array:
    """The same map as [3, 3]."""
    return np.asarray(np.vstack([matrix, [0, 0, 1]]) if matrix.shape[0] == 2 else matrix, np.float32)


def onto(matrix: Float32Array, points: Float32Array) -> Float32Array:
    """Map points [n, 2]."""
    moved = cv2.perspectiveTransform(points[None].astype(np.float32), projective(matrix).astype(np.float64))
    return np.asarray(moved[0], np.float32)


def shifted(dx: float, dy: float) -> Float32Array:
    """A translation, in pixels."""
    return np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]], np.float32)


def scale_of(matrix: Float32Array) -> float:
    """The approximate number of target pixels per source pixel, in a row."""
    (a, b, _), (c, d, _), (_, _, e) = projective(matrix).tolist()
    return float(abs(a * d - b * c) ** 0.5 / abs(e))


def warp(image: Pixels, matrix: Float32Array, wh: tuple[int, int], border: int = cv2.BORDER_REPLICATE) -> Pixels:
    """Warp into `wh` pixels; blurs first if the map shrinks. Bytes stay bytes, which takes half the time."""
    full = projective(matrix).astype(np.float64)
    if wh == image.shape[1::-1] and np.array_equal(full, _SAME):
        return image
    image = without_aliasing(image, scale_of(matrix))
    if full[2, :2].any():
        warped = cv2.warpPerspective(image, full, wh, borderMode=border)
    else:  # an affine map takes OpenCV half the time
        warped = cv2.warpAffine(image, full[:2] / full[2, 2], wh, borderMode=border)
    return warped.astype(image.dtype, copy=False)


def without_aliasing(image: Pixels, scale: float) -> Pixels:
    """The image blurred as needed before downscaling by `scale`."""
    return pixels.blur(image, 0.5 * (1 / scale - 0.6)) if scale < 0.8 else image


def slid(image: Float32Array, dx: float, dy: float) -> Float32Array:
    """The image shifted by fractions of pixels with replicated edges, in a tenth of a warp's time."""
    height, width = image.shape[:2]
    middle = ((width - 1) / 2 - dx, (height - 1) / 2 - dy)
    return np.asarray(cv2.getRectSubPix(image, (width, height), middle), np.float32)


def overlap(box: Box4, wh: tuple[int, int]) -> Box4:
    """The part of a box inside a picture."""
    return max(0, box[0]), max(0, box[1]), min(wh[0], box[2]), min(wh[1], box[3])


def corners_of(box: Box4) -> Float32Array:
    """A box's corners, from the upper left clockwise, [4, 2]."""
    x_min, y_min, x_max, y_max = box
    return np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]], np.float32)
