"""Faces as sums of principal components: like the output of small face-swap networks, at a hundredth of the cost.

Source: M. Turk, A. Pentland, "Eigenfaces for Recognition", 1991.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions.placing import similarity

SIDE_PX: Final = 96
TEMPLATE: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where eyes, nose and mouth lie in an aligned face of 112 px. Source: J. Deng et al., "ArcFace", 2019."""

_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class EigenFaces:
    """A linear model of aligned faces of 96 px: `mean` float32 [n], orthonormal `components` float32 [k, n]."""

    mean: Float32Array
    components: Float32Array

    def drawn_again(self, face: RgbImage, other: RgbImage, share: float, kept: int) -> RgbImage:
        """A face of any size, with so much of another one (0 to 1) in its first `kept` components; what the components
        do not hold is lost.
        """
        ours, theirs = (self._coded(image, kept) for image in (face, other))
        flat = self.mean + (ours + share * (theirs - ours)) @ self.components[:kept]
        small = flat.reshape(SIDE_PX, SIDE_PX, 3)
        large = cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        return pixels.to_bytes(np.asarray(large, np.float32))

    def _coded(self, image: RgbImage, kept: int) -> Float32Array:
        small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        return np.asarray(self.components[:kept] @ (small - self.mean), np.float32)


def fitted(people: Sequence[Portrait]) -> EigenFaces:
    """Fit the model from the Gram matrix, as there are fewer people than pixels."""
    faces = np.stack([aligned(person, SIDE_PX).astype(np.float32).ravel() for person in people])
    mean = faces.mean(0)
    faces -= mean
    values, vectors = np.linalg.eigh(faces @ faces.T)
    order = np.argsort(values)[::-1][: min(_MOST, len(people) - 1)]
    components = (vectors[:, order] / np.sqrt(values[order])).T @ faces
    return EigenFaces(mean, np.asarray(components, np.float32))


def aligned(person: Portrait, side_px: int) -> RgbImage:
    """The face aligned by five points, RGB uint8 [side, side, 3]."""
    matrix = similarity(person.landmarks, TEMPLATE * np.float32(side_px / 112))
    return np.asarray(cv2.warpAffine(person.image, matrix[:2], (side_px, side_px), flags=cv2.INTER_LINEAR), np.uint8)
