"""Interprets the one-pass network's outputs.

The network has outputs for every cell of 8 x 8 input pixels; those at a face's centre count.
Source of the idea: X. Zhou, D. Wang, P. Kraehenbuehl, "Objects as Points", 2019 (CenterNet).
Pixels are the network's input pixels, as floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, sqrt
from typing import Final

import cv2
import numpy as np

from img_super.domain import ROTATIONS, Box, Float32Array, Rotation

STRIDE: Final = 8
CHANNELS: Final = {"centres": 2, "boxes": 8, "corners": 8, "rotations": 4}
"""Outputs and their numbers a cell.

`centres`: how likely a portrait's face and another face (ghost, bystander) has its middle here, 0 to 1.
`boxes`: the face's box, then the portrait photo's box, each as offset of its middle from the cell's middle in cells,
    and the logarithm of its sides over `SIZE_UNIT_PX`.
`corners`: x and y of the document's corners over `CORNER_UNIT_PX` from the cell's middle, from the one that is the
    upper left as displayed, clockwise.
`rotations`: logits of the four values of `ROTATIONS`.
"""

PORTRAIT: Final = 0
OTHER: Final = 1
SIZE_UNIT_PX: Final = 32.0
CORNER_UNIT_PX: Final = 64.0
MIN_OTHER: Final = 0.3
"""Another face than the portrait counts from this confidence on."""

MAX_FACES: Final = 64
"""A photo may be full of them; each is compared with all others, and looked at."""

_LARGEST_LOG: Final = 2.5
"""Boxes of more than 12 units are not possible; keeps `exp` finite whatever the network says."""


@dataclass(frozen=True, slots=True)
class FloatBox:
    """A box by its centre and its sides."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box) -> FloatBox:
        """The same box by its centre."""
        return cls(*box.centre_xy, box.width, box.height)

    @property
    def size(self) -> float:
        """The geometric mean of its sides."""
        return sqrt(self.width * self.height)

    def pixels(self) -> Box:
        """The smallest pixel rectangle that covers it."""
        return Box.from_xywh(self.x - self.width / 2, self.y - self.height / 2, self.width, self.height)

    def scaled(self, scale: float) -> FloatBox:
        """The box in pixels `scale` times smaller."""
        return FloatBox(self.x * scale, self.y * scale, self.width * scale, self.height * scale)

    def moved(self, x: float, y: float) -> FloatBox:
        """The box shifted right and down."""
        return replace(self, x=self.x + x, y=self.y + y)

    def turned(self, rotation: Rotation, image_wh: tuple[float, float]) -> FloatBox:
        """Where the box lies after the image of size `image_wh` was turned clockwise by `rotation`."""
        x, y = turned_point((self.x, self.y), rotation, image_wh)
        wide, high = (self.width, self.height) if rotation in (0, 180) else (self.height, self.width)
        return FloatBox(x, y, wide, high)

    def overlap(self, other: FloatBox) -> float:
        """Intersection over the smaller area, in [0, 1]."""
        shared_width = min(self.x + self.width / 2, other.x + other.width / 2) - max(
            self.x - self.width / 2, other.x - other.width / 2
        )
        shared_height = min(self.y + self.height / 2, other.y + other.height / 2) - max(
            self.y - self.height / 2, other.y - other.height / 2
        )
        smaller = min(self.width * self.height, other.width * other.height)
        return max(0.0, shared_width) * max(0.0, shared_height) / smaller if smaller > 0 else 0.0


def turned_point(xy: tuple[float, float], rotation: Rotation, image_wh: tuple[float, float]) -> tuple[float, float]:
    """Where a point lies after the image of size `image_wh` was turned clockwise by `rotation`."""
    (x, y), (width, height) = xy, image_wh
    return {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[rotation]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face found by the network, with confidence in [0, 1]."""

    box: FloatBox
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundPortrait:
    """All outputs for a face that may be the portrait's."""

    face: FoundFace  # with the confidence of being the portrait's
    face_confidence: float  # confidence of being a face at all
    frame: FloatBox  # the portrait photo's box
    # The document's, float32 [4, 2], from the upper left as displayed, clockwise; may lie outside.
    corners: Float32Array
    rotations: tuple[Rotation, ...]  # see `domain.Rotation`, likeliest first


def cell_middle(column: int, row: int) -> tuple[float, float]:
    """The centre of a cell in input pixels."""
    return (column + 0.5) * STRIDE, (row + 0.5) * STRIDE


def read_portrait(outputs: Mapping[str, Float32Array]) -> FoundPortrait:
    """The likeliest portrait, however unlikely; `outputs` as for `read_candidates`."""
    return read_candidates(outputs)[0]


def read_candidates(outputs: Mapping[str, Float32Array], min_other: float = MIN_OTHER) -> list[FoundPortrait]:
    """The likeliest portrait, however unlikely; then other faces from `min_other`, most confident first.

    At most `MAX_FACES`. Others are peaks of either map that overlap neither the portrait nor a more confident face.
    `outputs`: by the names of `CHANNELS`, float32 [rows, columns, channels].
    """
    centres = outputs["centres"]
    either = np.ascontiguousarray(centres.max(axis=-1))
    peaks = (either >= min_other) & (either >= cv2.dilate(either, np.ones((3, 3), np.uint8)))
    likeliest = np.unravel_index(int(centres[..., PORTRAIT].argmax()), either.shape)
    others = sorted(zip(*np.nonzero(peaks), strict=True), key=lambda cell: -float(either[cell]))
    faces: list[FoundPortrait] = []
    for row, column in (likeliest, *others):
        box = _box(outputs["boxes"], (int(row), int(column)), 0)
        if all(box.overlap(surer.face.box) < 0.3 for surer in faces):
            faces.append(_portrait_at(outputs, (int(row), int(column)), box))
        if len(faces) == MAX_FACES:
            break
    return faces


def _portrait_at(outputs: Mapping[str, Float32Array], cell: tuple[int, int], box: FloatBox) -> FoundPortrait:
    likely = outputs["centres"][cell]
    likeliest = np.argsort(-outputs["rotations"][cell], kind="stable")
    corners = outputs["corners"][cell].reshape(4, 2) * CORNER_UNIT_PX + np.array(cell_middle(*cell[::-1]))
    return FoundPortrait(
        face=FoundFace(box, float(likely[PORTRAIT])),
        face_confidence=float(likely.max()),
        frame=_box(outputs["boxes"], cell, 4),
        corners=corners.astype(np.float32),
        rotations=tuple(ROTATIONS[int(number)] for number in likeliest),
    )


def _box(boxes: Float32Array, cell: tuple[int, int], first_channel: int) -> FloatBox:
    dx, dy, wide, high = (float(value) for value in boxes[cell][first_channel : first_channel + 4])
    x, y = cell_middle(*cell[::-1])
    width, height = (SIZE_UNIT_PX * exp(max(-_LARGEST_LOG, min(_LARGEST_LOG, side))) for side in (wide, high))
    return FloatBox(x + dx * STRIDE, y + dy * STRIDE, width, height)
