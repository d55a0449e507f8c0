"""YuNet with its landmarks, which the service's detector does not report."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from img_super.detector.weights import read_yunet_weights
from img_super.domain import RgbImage
from img_super.lab.synthesis.portraits.portrait import FloatArray

_MIN_CONFIDENCE: Final = 0.6
_MAX_OVERLAP: Final = 0.3
_MOST_FACES: Final = 50
_LANDMARK_COLUMNS: Final = slice(4, 14)


class FaceFinder:
    """YuNet on an upright image."""

    def __init__(self) -> None:
        weights = np.frombuffer(read_yunet_weights(), dtype=np.uint8)
        empty = np.empty(0, dtype=np.uint8)
        self._network = cv2.FaceDetectorYN.create(
            "onnx", weights, empty, (320, 320), _MIN_CONFIDENCE, _MAX_OVERLAP, _MOST_FACES
        )

    def find(self, image: RgbImage) -> FloatArray:
        """Rows of YuNet (x, y, width, height, five landmarks, confidence), float32 [n, 15], pixels of `image`."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(np.ascontiguousarray(image[:, :, ::-1]))
        return np.empty((0, 15), np.float32) if rows is None else rows.astype(np.float32)

    def largest(self, image: RgbImage) -> FloatArray | None:
        """The row of the largest face, float32 [15]; None where no face is found."""
        rows = self.find(image)
        return max(rows, key=lambda row: float(row[2] * row[3]), default=None)


def landmarks_of(row: FloatArray) -> FloatArray:
    """The five landmarks of one of YuNet's rows, float32 [5, 2]."""
    return np.asarray(row[_LANDMARK_COLUMNS], np.float32).reshape(5, 2)


def box_of(row: FloatArray) -> tuple[float, float, float, float]:
    """The face's box of one of YuNet's rows: x, y, width, height."""
    x, y, width, height = (float(value) for value in row[:4])
    return x, y, width, height
