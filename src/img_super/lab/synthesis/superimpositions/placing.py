"""Places a donor: onto the covered portrait's landmarks, or into the frame, more or less exactly."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis.geometry import onto

_GRID: Final = 17
"""Nodes across of the field that bends a face."""


def similarity(source: Float32Array, target: Float32Array) -> Float32Array:
    """The similarity [3, 3] that maps our points closest to theirs (least squares).

    Source: S. Umeyama, "Least-Squares Estimation of Transformation Parameters", 1991.
    """
    source_middle, target_middle = source.mean(0), target.mean(0)
    centred, target_centred = source - source_middle, target - target_middle
    dot = float((centred * target_centred).sum())
    cross = float((centred[:, 0] * target_centred[:, 1] - centred[:, 1] * target_centred[:, 0]).sum())
    cos, sin = np.array([dot, cross]) / max(float((centred**2).sum()), 1e-6)
    linear = np.array([[cos, -sin], [sin, cos]], np.float32)
    return _with_shift(linear, source_middle, target_middle)


def affine(source: Float32Array, target: Float32Array) -> Float32Array:
    """The affine map [3, 3] that maps our points closest to theirs (least squares)."""
    source_middle, target_middle = source.mean(0), target.mean(0)
    linear = np.linalg.lstsq(source - source_middle, target - target_middle, rcond=None)[0].T
    return _with_shift(np.asarray(linear, np.float32), source_middle, target_middle)


def _with_shift(linear: Float32Array, source_middle: Float32Array, target_middle: Float32Array) -> Float32Array:
    matrix = np.eye(3, dtype=np.float32)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target_middle - linear @ source_middle
    return matrix


def jittered(
    rng: np.random.Generator, matrix: Float32Array, middle: Float32Array, scale: float, shift_px: float, turn_deg: float
) -> Float32Array:
    """The map, then randomly scaled about `middle` (target pixels), rotated and shifted with these spreads."""
    centre = (float(middle[0]), float(middle[1]))
    jitter = cv2.getRotationMatrix2D(centre, float(rng.normal(0, turn_deg)), scale)
    jitter[:, 2] = jitter[:, 2] + rng.normal(0, shift_px, 2)
    return np.asarray(np.vstack([jitter, [0, 0, 1]]) @ matrix, np.float32)


def bent(picture: Float32Array, matrix: Float32Array, source: Float32Array, target: Float32Array) -> Float32Array:
    """The picture warped in its own pixels, so that `matrix` maps our points onto theirs.

    Gaussian weights around the points spread the residuals: smooth, and cheap on a coarse grid.
    Source of the idea: D. Ruprecht, H. Mueller, "Image Warping with Scattered Data Interpolation", 1995.
    """
    anchors = onto(np.linalg.inv(matrix).astype(np.float32), target)
    residual = source - anchors
    height, width = picture.shape[:2]
    rows, columns = np.linspace(0, height - 1, _GRID), np.linspace(0, width - 1, _GRID)
    nodes = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 1, 2)
    spread = 0.22 * float(np.ptp(anchors[:, 0]))
    weights = np.exp(-((nodes - anchors[None]) ** 2).sum(-1) / (2 * spread**2))
    field = weights @ residual / (weights.sum(1, keepdims=True) + 0.3)
    coarse = (nodes[:, 0] + field).reshape(_GRID, _GRID, 2).astype(np.float32)
    return np.asarray(
        cv2.remap(picture, _spread(coarse, (width, height)), np.empty(0), cv2.INTER_LINEAR, borderMode=1), np.float32
    )


def _spread(coarse: Float32Array, wh: tuple[int, int]) -> Float32Array:
    """A field on nodes from the picture's first to its last pixels, interpolated at every pixel."""
    steps = np.array([wh[0] - 1, wh[1] - 1], np.float32) / (_GRID - 1)
    to_pixels = np.array([[steps[0], 0, 0], [0, steps[1], 0]], np.float32)
    return np.asarray(cv2.warpAffine(coarse, to_pixels, wh, borderMode=cv2.BORDER_REPLICATE), np.float32)
