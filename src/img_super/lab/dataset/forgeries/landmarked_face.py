"""Who is in a picture, as forgeries need it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Float32Array, RgbImage, UInt8Array

Points = Float32Array
Matrix = npt.NDArray[np.floating]
Mask = UInt8Array

TEMPLATE_112: Final = np.array([(38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)], np.float32)
"""Eyes, nose and mouth in an aligned face of 112 px. Source: J. Deng et al., "ArcFace", 2019."""


@dataclass(frozen=True, slots=True)
class LandmarkedFace:
    """An upright portrait: image, the five landmarks (float32 [5, 2], pixels), the face as x, y, width, height."""

    image: RgbImage
    landmarks: Points
    face_xywh: tuple[float, float, float, float]


def onto_landmarks(source: Points, target: Points, with_shear: bool = False) -> Matrix:
    """The affine map [2, 3] that takes our landmarks to theirs: turned, scaled and shifted, or sheared as well.

    Raises `ValueError`: they lie on one line or in one point.
    """
    estimate = cv2.estimateAffine2D if with_shear else cv2.estimateAffinePartial2D
    matrix, _ = estimate(source, target, method=cv2.LMEDS)
    if matrix is None:
        raise ValueError("landmarks that no map takes onto each other")
    return np.asarray(matrix, np.float64)


def moved(image: RgbImage, matrix: Matrix, photo: RgbImage) -> RgbImage:
    """The image through a map, of the photo's size."""
    return np.asarray(cv2.warpAffine(image, matrix, photo.shape[1::-1], flags=cv2.INTER_AREA), np.uint8)
