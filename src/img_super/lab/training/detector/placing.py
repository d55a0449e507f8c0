"""Places a photo into the network's input for training: rotated, mirrored, scaled and shifted, with its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.detector.letterbox import FILL
from img_super.detector.outputs import FloatBox
from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.whole_photos import LabelledPhoto

_FIT_SHARE: Final = 0.45
_ELSEWHERE_SHARE: Final = 0.05
_FACE_PX: Final = (9.0, 130.0)
_ZOOM: Final = (0.45, 2.8)
_ASKEW_DEG: Final = 6.0
_MOST_ASKEW_DEG: Final = 20.0


@dataclass(frozen=True, slots=True)
class Placing:
    """The map from an upright photo to the input.

    Attributes:
        quarters: quarter turns clockwise, 0 to 3; `askew_deg` further degrees clockwise.
        mirrored: left and right are swapped first.
        scale: input pixels per photo pixel.
        focus: the point of the photo (after mirroring) that maps to `target` in the input.
    """

    quarters: int
    askew_deg: float
    mirrored: bool
    scale: float
    focus: tuple[float, float]
    target: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Truth:
    """The labels of an input, in its pixels.

    Attributes:
        portrait: the portrait's face; it may lie outside.
        frame: the portrait photo's upright box.
        corners: the document's, float32 [4, 2], from the upper left as displayed, clockwise.
        quarters: by how many quarter turns clockwise the document was turned, 0 to 3.
        others: faces that are not the portrait.
    """

    portrait: FloatBox
    frame: FloatBox
    corners: Float32Array
    quarters: int
    others: tuple[FloatBox, ...]


def fitted(photo: LabelledPhoto, side_px: int, quarters: int) -> Placing:
    """The photo rotated and letterboxed as in serving."""
    height, width = photo.image.shape[:2]
    turned_wh = (height, width) if quarters % 2 else (width, height)
    scale = side_px / max(height, width)
    middle = turned_wh[0] * scale / 2, turned_wh[1] * scale / 2
    return Placing(quarters, 0.0, False, scale, (width / 2, height / 2), middle)


def draw_placing(rng: np.random.Generator, photo: LabelledPhoto, side_px: int) -> Placing:
    """Any quarter turn; often as in serving, otherwise at another scale with the portrait anywhere."""
    whole = fitted(photo, side_px, int(rng.integers(4)))
    askew = float(np.clip(rng.normal(0, _ASKEW_DEG), -_MOST_ASKEW_DEG, _MOST_ASKEW_DEG)) * bool(rng.random() < 0.6)
    mirrored, choice = bool(rng.random() < 0.5), rng.random()
    face_px = float(np.sqrt(photo.face.width * photo.face.height))
    if choice < _FIT_SHARE and whole.scale * face_px >= _FACE_PX[0]:
        return Placing(whole.quarters, askew, mirrored, whole.scale, whole.focus, whole.target)
    zoom = np.exp(rng.uniform(*np.log(_ZOOM)))
    scale = float(np.clip(whole.scale * zoom, _FACE_PX[0] / face_px, _FACE_PX[1] / face_px))
    margin = min(0.75 * face_px * scale, side_px / 2)
    target = rng.uniform(margin, side_px - margin, 2)
    if choice > 1 - _ELSEWHERE_SHARE:
        target += rng.choice([-1, 1], 2) * (side_px / 2 + margin)
    x = photo.image.shape[1] - photo.face.x if mirrored else photo.face.x
    return Placing(whole.quarters, askew, mirrored, scale, (x, photo.face.y), (float(target[0]), float(target[1])))


def matrix_of(placing: Placing, width_px: int) -> Float32Array:
    """The map [2, 3] from a photo's points (edges at 0 and `width_px`) to the input's."""
    turn = np.radians(90 * placing.quarters + placing.askew_deg)
    linear = placing.scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array(placing.target) - linear @ np.array(placing.focus)
    matrix = np.column_stack([linear, shift])
    if placing.mirrored:
        mirror = np.array([[-1, 0, width_px], [0, 1, 0], [0, 0, 1]])
        matrix = matrix @ mirror
    return matrix.astype(np.float32)


def placed_image(image: RgbImage, placing: Placing, side_px: int) -> RgbImage:
    """The input's pixels, grey outside the photo."""
    matrix = matrix_of(placing, image.shape[1]).astype(np.float64)
    shrink = min(1.0, 1.25 * placing.scale)
    if shrink < 0.9:  # a warp alone would skip pixels
        wh = max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink))
        matrix = matrix @ np.diag([image.shape[1] / wh[0], image.shape[0] / wh[1], 1])
        image = np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_AREA), np.uint8)
    matrix[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5  # OpenCV's origin is a pixel's centre
    grey = (FILL, FILL, FILL)
    placed = cv2.warpAffine(image, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR, borderValue=grey)
    return placed.astype(np.uint8, copy=False)


def placed_truth(photo: LabelledPhoto, placing: Placing) -> Truth:
    """The photo's labels in the input's pixels."""
    matrix = matrix_of(placing, photo.image.shape[1])
    corners = _moved(photo.card, matrix)
    if placing.mirrored:
        corners = corners[[1, 0, 3, 2]]
    frame = _moved(photo.frame, matrix)
    low, high = frame.min(0), frame.max(0)
    ghosts = () if photo.ghost is None else (_moved_box(photo.ghost, placing, matrix),)
    return Truth(
        portrait=_moved_box(photo.face, placing, matrix),
        frame=FloatBox(*(float(value) for value in (*(low + high) / 2, *(high - low)))),
        corners=np.roll(corners, placing.quarters, axis=0),
        quarters=placing.quarters,
        others=ghosts,
    )


def _moved(points: Float32Array, matrix: Float32Array) -> Float32Array:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _moved_box(box: FloatBox, placing: Placing, matrix: Float32Array) -> FloatBox:
    """The centre moves exactly; the sides are an upright face's, swapped if the face lies on its side."""
    x, y = (float(value) for value in _moved(np.array([[box.x, box.y]], np.float32), matrix)[0])
    wide, high = (box.height, box.width) if placing.quarters % 2 else (box.width, box.height)
    return FloatBox(x, y, wide * placing.scale, high * placing.scale)
