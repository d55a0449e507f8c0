"""Training targets of each cell, from an input's labels. The inverse of `detector.heads`."""

from __future__ import annotations

from typing import Final

import numpy as np

from img_super.detector.outputs import (
    CHANNELS,
    CORNER_UNIT_PX,
    OTHER,
    PORTRAIT,
    SIZE_UNIT_PX,
    STRIDE,
    FloatBox,
)
from img_super.domain import ROTATIONS, Float32Array, Rotation
from img_super.lab.training.detector.placing import Truth

WEIGHTS: Final = {"centres": 1, "boxes": 2, "corners": 1, "rotations": 1}
"""So many numbers a cell follow the answers of each output: how much the loss counts them. Boxes: face, then frame."""

_SIGMA_FACES: Final = 0.14
_SMALLEST_SIGMA_CELLS: Final = 0.6
_COUNTS_FROM: Final = 0.4
"""Cells at which the middle is at least so likely also learn boxes, corners and rotation."""

_WHOLLY_SEEN: Final = 0.9
_FARTHEST_CORNER: Final = 0.6
"""A document whose corners lie farther outside, in sides of the input, is one whose corners nobody could tell."""


def rotation_after(quarters: int) -> Rotation:
    """The rotation that undoes this many clockwise quarter turns."""
    return ROTATIONS[-quarters % 4]


def targets_of(truth: Truth, side_px: int) -> dict[str, Float32Array]:
    """Answers with their weights, float32 [cells, cells, answers + weights] for each output."""
    cells = side_px // STRIDE
    target = {name: np.zeros((cells, cells, count + WEIGHTS[name]), np.float32) for name, count in CHANNELS.items()}
    target["centres"][..., -1] = 1
    for face in truth.others:
        _put_face(target, face, OTHER, side_px)
    weight = _put_face(target, truth.portrait, PORTRAIT, side_px)
    if weight is None:
        return target
    learns = weight > 0
    target["boxes"][..., 4:8][learns] = _box_answers(truth.frame, cells)[learns]
    target["boxes"][..., 9] = weight
    target["rotations"][..., ROTATIONS.index(rotation_after(truth.quarters))] = learns
    target["rotations"][..., -1] = weight
    reach = _FARTHEST_CORNER * side_px
    if (truth.corners > -reach).all() and (truth.corners < side_px + reach).all():
        target["corners"][..., :8][learns] = _corner_answers(truth.corners, cells)[learns]
        target["corners"][..., -1] = weight
    return target


def _put_face(target: dict[str, Float32Array], face: FloatBox, kind: int, side_px: int) -> Float32Array | None:
    """Write a face; return each cell's weight. A partly visible face is neither present nor absent."""
    cells = side_px // STRIDE
    seen = _seen_share(face, side_px)
    if seen <= 0:
        return None
    likely = _likelihood(face, cells)
    if seen < _WHOLLY_SEEN:
        target["centres"][..., -1][likely > 0.05] = 0
        return None
    target["centres"][..., kind] = np.maximum(target["centres"][..., kind], likely)
    weight = np.where(likely >= _COUNTS_FROM, likely, 0).astype(np.float32)
    learns = weight > 0
    target["boxes"][..., :4][learns] = _box_answers(face, cells)[learns]
    target["boxes"][..., 8] = np.where(learns, weight, target["boxes"][..., 8])
    return weight


def _seen_share(face: FloatBox, side_px: int) -> float:
    """The visible share of a face, 0 to 1."""
    wide = min(side_px, face.x + face.width / 2) - max(0, face.x - face.width / 2)
    high = min(side_px, face.y + face.height / 2) - max(0, face.y - face.height / 2)
    return max(0.0, wide) * max(0.0, high) / max(1e-6, face.width * face.height)


def _likelihood(face: FloatBox, cells: int) -> Float32Array:
    """1 in the cell of the face's centre, falling off around it."""
    sigma = max(_SMALLEST_SIGMA_CELLS, _SIGMA_FACES * float(np.sqrt(face.width * face.height)) / STRIDE)
    column, row = (min(cells - 1, max(0, int(value / STRIDE))) for value in (face.x, face.y))
    offsets_x, offsets_y = np.arange(cells) - column, np.arange(cells) - row
    return np.exp(-(offsets_x[None] ** 2 + offsets_y[:, None] ** 2) / (2 * sigma**2)).astype(np.float32)


def _middles(cells: int) -> tuple[Float32Array, Float32Array]:
    """x and y of the cells' centres, each [cells, cells]."""
    ends = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    return np.meshgrid(ends, ends, indexing="xy")


def _box_answers(box: FloatBox, cells: int) -> Float32Array:
    x, y = _middles(cells)
    sides = [np.full_like(x, np.log(max(1.0, side) / SIZE_UNIT_PX)) for side in (box.width, box.height)]
    return np.stack([(box.x - x) / STRIDE, (box.y - y) / STRIDE, *sides], axis=-1).astype(np.float32)


def _corner_answers(corners: Float32Array, cells: int) -> Float32Array:
    middles = np.stack(_middles(cells), axis=-1)[:, :, None]
    return np.asarray((corners - middles) / CORNER_UNIT_PX, np.float32).reshape(cells, cells, 8)
