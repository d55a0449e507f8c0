"""Chooses a document's portrait among the faces of one pass, by their placement. Pure functions.

A ghost may be as large as the portrait, and a card's holder is larger. The distinguishing features were measured on
composed photos (docs/modeling/log.md): a ghost is faint, with little contrast and colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log
from typing import Final

import cv2
import numpy as np

from img_super.detector.letterbox import Letterboxed
from img_super.detector.outputs import FloatBox, FoundPortrait
from img_super.domain import ROTATIONS, Float32Array, Rotation

MIN_FACE: Final = 0.2
"""A face of less confidence is not taken for a portrait."""

IN_DOCUMENT: Final = 2.0
"""What it counts that a document is seen around the face; the sum of all else differs by 3.5 in the median."""

DOCUMENT: Final = {"": -6.77, "likely": 2.76, "beside": 1.71, "corners": 0.72, "photo": -0.51, "inside": 5.93}
"""Whether a document is seen around a face: yes from 0 on. A logistic regression on composed photos and windows of real
cards: `python -m benchmarks.portraits DATA --fit`."""

_LEAST_CONFIDENCE: Final = 1e-4
_MIN_CONTRAST: Final = 1.0
_GREY: Final = 5.0
_DARK_UNIT: Final = 50.0

_OWN_DOCUMENT: Final = {"overlap": -22.0, "behind": -1.44, "likely": 2.6, "colour": 3.9, "contrast": 2.0}
_OWN_FROM: Final = 5.2
"""A logistic regression on 2,000 faces beside a portrait: 93 % of second documents, 0.9 % of ghosts."""

_PERHAPS_OWN_FROM: Final = 2.0
"""A small document's portrait, in the whole photo: 2.1 and more in 50 photos of two documents."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A face and the features that separate portraits from ghosts."""

    candidate: FoundPortrait  # the network's outputs, in pixels of `view`
    view: Letterboxed  # the network's input: the whole photo or a part of it
    looks: float  # likeness to a portrait rather than a ghost, independent of size
    size: float  # logarithm of its side in photo pixels
    contrast: float  # standard deviation of its brightness, 0 to 128
    colour: float  # mean difference between the strongest and the weakest colour, 0 to 255
    document: float  # how much of a document is visible around it; from 0, there is one

    @property
    def weight(self) -> float:
        """Rises with how likely this is a portrait rather than a ghost."""
        return self.looks + self.size + IN_DOCUMENT * self.in_document

    @property
    def in_document(self) -> bool:
        return self.document >= 0

    @property
    def box(self) -> FloatBox:
        """The face's box in photo pixels, like `frame` and `quad`."""
        return self.view.box_in_photo(self.candidate.face.box)

    @property
    def frame(self) -> FloatBox:
        return self.view.box_in_photo(self.candidate.frame)

    @property
    def quad(self) -> Float32Array:
        return self.view.quad_in_photo(self.candidate.corners)

    @property
    def rotations(self) -> tuple[Rotation, ...]:
        """Of the photo, likeliest first."""
        return tuple(ROTATIONS[(turned + self.view.rotation) // 90 % 4] for turned in self.candidate.rotations)


def standing(candidate: FoundPortrait, view: Letterboxed) -> Standing:
    """Compute a face's features in the network's input."""
    pixels = view.pixels
    box = candidate.face.box.pixels().clipped((pixels.shape[1], pixels.shape[0]))
    face = pixels[box.y_min : box.y_max, box.x_min : box.x_max].astype(np.float32)
    if not face.size:
        return Standing(candidate, view, -float("inf"), 0.0, 0.0, 0.0, -float("inf"))
    light = face.mean(axis=2)
    contrast, colour = max(_MIN_CONTRAST, float(light.std())), float(np.ptp(face, axis=2).mean())
    dark = float(np.percentile(light, 10))
    looks = log(max(candidate.face.confidence, 1e-6)) + log(contrast) + 0.5 * log(colour + _GREY) - dark / _DARK_UNIT
    size = 0.5 * log(max(1, box.area)) + log(view.pixels_each)
    document = weighted_sum(DOCUMENT, document_features(candidate, view.shown_wh))
    return Standing(candidate, view, looks, size, contrast, colour, document)


def weighted_sum(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """The weighted sum of features; the weight without a name is the bias."""
    return sum(weight * (features[name] if name else 1.0) for name, weight in weights.items())


def document_features(candidate: FoundPortrait, shown_wh: tuple[float, float]) -> dict[str, float]:
    """The features of a document around the portrait's photo, weighted by `DOCUMENT`."""
    width, height = shown_wh
    photo = max(1, candidate.frame.pixels().clipped((round(width), round(height))).area)
    edges = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    quad = cv2.convexHull(candidate.corners)
    shown_area, _ = cv2.intersectConvexConvex(quad, edges)
    return {
        "likely": log(max(candidate.face.confidence, _LEAST_CONFIDENCE)),
        "beside": log(max(shown_area - photo, 1) / photo),
        "corners": sum(0 <= x < width and 0 <= y < height for x, y in candidate.corners.tolist()),
        "photo": log(photo / (width * height)),
        "inside": shown_area / max(1.0, cv2.contourArea(quad)),
    }


def has_own_document(other: Standing, portrait: Standing) -> bool:
    """Whether a face is another document's portrait rather than this document's ghost."""
    return _own_document(other, portrait) >= _OWN_FROM


def may_have_own_document(other: Standing, portrait: Standing) -> bool:
    """Whether a close-up may show that."""
    return _own_document(other, portrait) >= _PERHAPS_OWN_FROM


def _own_document(other: Standing, portrait: Standing) -> float:
    if not other.in_document:
        return -inf
    differences = {
        "overlap": overlap(other.quad, portrait.quad),
        "behind": portrait.weight - other.weight,
        "likely": log(max(other.candidate.face.confidence, 1e-6)),
        "colour": other.colour / 50,
        "contrast": log(max(_MIN_CONTRAST, other.contrast)),
    }
    return weighted_sum(_OWN_DOCUMENT, differences)


def overlap(corners_a: Float32Array, corners_b: Float32Array) -> float:
    """The share of the smaller quad inside the other one, in [0, 1]."""
    quad_a, quad_b = cv2.convexHull(corners_a), cv2.convexHull(corners_b)
    shared, _ = cv2.intersectConvexConvex(quad_a, quad_b)
    smaller = min(cv2.contourArea(quad_a), cv2.contourArea(quad_b))
    return min(1.0, shared / smaller) if smaller > 0 else 0.0
