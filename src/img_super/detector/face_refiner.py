"""Refines a detected face's box with YuNet on a small upright part of the photo.

The validation network was trained on crops around YuNet's boxes and is sensitive to their exact position; YuNet's box
moves by 3 % of the face with the origin of its grid. So every detector of `/super` ends here, on parts of the photo
aligned to a coarse grid: whichever detector found the face, and however roughly, the result is the same box.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, floor, log2
from typing import Final

import numpy as np

from img_super.detector.litert import LiteRtRunner
from img_super.detector.outputs import FloatBox, FoundFace
from img_super.detector.pyramid import Pyramid
from img_super.detector.yunet import MIN_CONFIDENCE
from img_super.domain import Face, Float32Array, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.per_thread import PerThread
from img_super.turn import inverse, turn

SIDE_PX: Final = 128
"""Side of the square that is looked at."""

STRIDES: Final = (8, 16, 32)
"""YuNet answers for cells of these sizes, the smallest first, row by row: class, object, x, y, and the logarithms of
width and height over the stride."""

CELLS: Final = sum((SIDE_PX // stride) ** 2 for stride in STRIDES)
_LEAST_FACE_PX: Final = 32
"""Faces in the square are this size to twice this size, by halving the photo; smaller only where the photo's are."""

_GRID_PX: Final = 32
"""Squares begin at multiples of this, in their own pixels; so do YuNet's coarsest cells."""

_MIN_IOU: Final = 0.35
_LARGEST_LOG: Final = 5.0


@dataclass(frozen=True, slots=True)
class Part:
    """A square of a photo, `SIDE_PX` wide after this many halvings; it may extend beyond the photo."""

    x_min: int
    y_min: int
    halvings: int

    @classmethod
    def around(cls, about: FloatBox) -> "Part":
        """The square to search for a face: 2 to 4 times as wide as the face, which is near its centre."""
        halvings = max(0, floor(log2(max(1.0, about.size) / _LEAST_FACE_PX)))
        step = _GRID_PX << halvings
        x_min, y_min = (step * round((middle - (SIDE_PX << halvings) / 2) / step) for middle in (about.x, about.y))
        return cls(x_min, y_min, halvings)

    def pixels(self, photo: Pyramid) -> RgbImage:
        """RGB uint8 [side, side, 3], black beyond the photo."""
        square = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
        if min(photo.wh) >> self.halvings == 0:
            return square
        x_min, y_min = self.x_min >> self.halvings, self.y_min >> self.halvings
        left, top = max(0, x_min), max(0, y_min)
        inside = photo.after(self.halvings)[top : max(0, y_min + SIDE_PX), left : max(0, x_min + SIDE_PX)]
        x, y = left - x_min, top - y_min
        square[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
        return square

    def in_photo(self, box: FloatBox) -> FloatBox:
        """A box of the square in the photo's pixels."""
        return box.scaled(1 << self.halvings).moved(self.x_min, self.y_min)


@dataclass(frozen=True, slots=True)
class RefinedFace:
    """A face that YuNet found in a part of a photo, in photo pixels."""

    face: FoundFace
    part: Part


class FaceRefiner:
    """Finds the face again. Safe to share between threads."""

    def __init__(self, weights: bytes) -> None:
        """Take the weights that the detector's card lists as `yunet`. Raises `BadModel` if they are not YuNet's."""
        self._networks = PerThread(lambda: _network(weights))
        self._networks.get()

    def find(self, photo: Pyramid, about: FloatBox, rotation: Rotation) -> RefinedFace | None:
        """The most confident face at `about` (photo pixels), upright after `rotation`; None if there is none."""
        part, expected = Part.around(about), about.pixels()
        for face in faces(self._networks.get().run(turn(part.pixels(photo), rotation))["cells"]):
            box = part.in_photo(face.box.turned(inverse(rotation), (SIDE_PX, SIDE_PX)))
            if box.pixels().iou(expected) >= _MIN_IOU:
                return RefinedFace(FoundFace(box, face.confidence), part)
        return None

    def refined_face(self, photo: Pyramid, look: RefinedFace, rotation: Rotation) -> Face:
        """The face as found in the part of the photo around it; searched again if that is another part."""
        if Part.around(look.face.box) != look.part:
            look = self.find(photo, look.face.box, rotation) or look
        return Face(look.face.box.pixels().clipped(photo.wh), look.face.confidence)


def faces(cells: Float32Array) -> Iterator[FoundFace]:
    """Faces of cells (float32 [`CELLS`, 6]) from `MIN_CONFIDENCE`, most confident first, in the square's pixels."""
    confidences = np.sqrt(cells[:, 0] * cells[:, 1])
    for cell in np.argsort(-confidences, kind="stable"):
        if not confidences[cell] >= MIN_CONFIDENCE:
            return
        (left, top), stride = _CORNERS[cell].tolist(), float(_STRIDE_OF[cell])
        _, _, x, y, width, height = cells[cell].tolist()
        wide, high = (stride * exp(min(side, _LARGEST_LOG)) for side in (width, height))
        yield FoundFace(FloatBox(left + x * stride, top + y * stride, wide, high), float(confidences[cell]))


def _grid(stride: int) -> Float32Array:
    """The upper left corner of every cell, float32 [cells, 2] as x, y."""
    rows, columns = np.indices((SIDE_PX // stride,) * 2)
    return np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float32) * np.float32(stride)


_CORNERS: Final = np.concatenate([_grid(stride) for stride in STRIDES])
_STRIDE_OF: Final = np.concatenate([np.full((SIDE_PX // stride) ** 2, stride, np.float32) for stride in STRIDES])


def _network(weights: bytes) -> LiteRtRunner:
    network = LiteRtRunner(weights)
    if network.input_wh != (SIDE_PX, SIDE_PX):
        raise BadModel(f"YuNet takes photos of {network.input_wh} here, not of {SIDE_PX} px.")
    network.expect({"cells": (1, CELLS, 6)})
    return network
