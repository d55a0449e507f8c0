"""YuNet with its landmarks, which the service's detector does not report."""

from typing import Final

import numpy as np

from img_super.detector.weights import read_yunet_weights
from img_super.detector.yunet import create_network
from img_super.domain import Float32Array, RgbImage

_LANDMARK_COLUMNS: Final = slice(4, 14)


class FaceFinder:
    """YuNet on an upright image."""

    def __init__(self) -> None:
        self._network = create_network(read_yunet_weights())

    def find(self, image: RgbImage) -> Float32Array:
        """Rows of YuNet (x, y, width, height, five landmarks, confidence), float32 [n, 15], pixels of `image`."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(np.ascontiguousarray(image[:, :, ::-1]))
        return np.empty((0, 15), np.float32) if rows is None else rows.astype(np.float32)

    def largest(self, image: RgbImage) -> Float32Array | None:
        """The row of the largest face, float32 [15]; None where no face is found."""
        rows = self.find(image)
        return max(rows, key=lambda row: float(row[2] * row[3]), default=None)


def landmarks_of(row: Float32Array) -> Float32Array:
    """The five landmarks of one of YuNet's rows, float32 [5, 2]."""
    return np.asarray(row[_LANDMARK_COLUMNS], np.float32).reshape(5, 2)


def box_of(row: Float32Array) -> tuple[float, float, float, float]:
    """The face's box of one of YuNet's rows: x, y, width, height."""
    x, y, width, height = (float(value) for value in row[:4])
    return x, y, width, height
