"""What the numbers of the one-pass network mean: the cells of its answer, and what is read from them.

The network answers for every cell of 8 x 8 input pixels. What it says where a face has its middle counts.
Source of the idea: X. Zhou, D. Wang, P. Kraehenbuehl, "Objects as Points", 2019 (CenterNet).
Pixels here are those of the network's input, as floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import ROTATIONS, Rotation

FloatArray = npt.NDArray[np.float32]

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
_LARGEST_LOG: Final = 2.5
"""Boxes of more than 12 units are not possible; keeps `exp` finite whatever the network says."""


@dataclass(frozen=True, slots=True)
class FloatBox:
    """A box by its middle and its sides."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: FloatBox) -> float:
        """Intersection over the smaller area, in [0, 1]."""
        wide = min(self.x + self.width / 2, other.x + other.width / 2) - max(
            self.x - self.width / 2, other.x - other.width / 2
        )
        high = min(self.y + self.height / 2, other.y + other.height / 2) - max(
            self.y - self.height / 2, other.y - other.height / 2
        )
        smaller = min(self.width * self.height, other.width * other.height)
        return max(0.0, wide) * max(0.0, high) / smaller if smaller > 0 else 0.0


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face by the network: where, and how sure it is, in [0, 1]."""

    box: FloatBox
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundPortrait:
    """Everything the network says of the likeliest portrait.

    Attributes:
        frame: the portrait photo's box.
        corners: the document's, float32 [4, 2], from the upper left as displayed, clockwise; may lie outside.
        rotations: see `domain.Rotation`, the likeliest first.
        others: faces that are not the portrait, most confident first.
    """

    face: FoundFace
    frame: FloatBox
    corners: FloatArray
    rotations: tuple[Rotation, ...]
    others: tuple[FoundFace, ...]


def cell_middle(column: int, row: int) -> tuple[float, float]:
    """The middle of a cell in input pixels."""
    return (column + 0.5) * STRIDE, (row + 0.5) * STRIDE


def read_portrait(outputs: Mapping[str, FloatArray], min_other: float = 0.3) -> FoundPortrait:
    """The likeliest portrait, however unlikely it is, and the other faces of at least `min_other` confidence.

    Args:
        outputs: by the names of `CHANNELS`, float32 [rows, columns, channels].
    """
    centres = outputs["centres"]
    row, column = np.unravel_index(int(centres[..., PORTRAIT].argmax()), centres.shape[:2])
    cell = int(row), int(column)
    face = FoundFace(_box(outputs["boxes"], cell, 0), float(centres[cell][PORTRAIT]))
    likeliest = np.argsort(-outputs["rotations"][cell], kind="stable")
    corners = outputs["corners"][cell].reshape(4, 2) * CORNER_UNIT_PX + np.array(cell_middle(*cell[::-1]))
    return FoundPortrait(
        face=face,
        frame=_box(outputs["boxes"], cell, 4),
        corners=corners.astype(np.float32),
        rotations=tuple(ROTATIONS[int(number)] for number in likeliest),
        others=_others(outputs, face, min_other),
    )


def _others(outputs: Mapping[str, FloatArray], portrait: FoundFace, min_other: float) -> tuple[FoundFace, ...]:
    """Peaks of either map that do not lie over the portrait or over a surer face."""
    either = np.ascontiguousarray(outputs["centres"].max(axis=-1))
    peaks = (either >= min_other) & (either >= cv2.dilate(either, np.ones((3, 3), np.uint8)))
    cells = sorted(zip(*np.nonzero(peaks), strict=True), key=lambda cell: -float(either[cell]))
    found: list[FoundFace] = []
    for row, column in cells:
        cell = int(row), int(column)
        face = FoundFace(_box(outputs["boxes"], cell, 0), float(either[cell]))
        if all(face.box.overlap(known.box) < 0.3 for known in (portrait, *found)):
            found.append(face)
    return tuple(found)


def _box(boxes: FloatArray, cell: tuple[int, int], first: int) -> FloatBox:
    dx, dy, wide, high = (float(value) for value in boxes[cell][first : first + 4])
    x, y = cell_middle(*cell[::-1])
    width, height = (SIZE_UNIT_PX * exp(max(-_LARGEST_LOG, min(_LARGEST_LOG, side))) for side in (wide, high))
    return FloatBox(x + dx * STRIDE, y + dy * STRIDE, width, height)
