"""Laying a portrait onto a canvas: where it goes, what of it is seen, how its edges fade.

The genuine portrait and the superimposed one are laid by the same functions with the same ranges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels
from img_super.synthesis.designs import Frame
from img_super.synthesis.portraits import Portrait

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture on the canvas: RGB float32 and alpha, both as large as the canvas."""

    picture: FloatArray
    alpha: FloatArray


def window(portrait: Portrait, aspect: float, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """The part of a portrait that a document shows: x_min, y_min, x_max, y_max, of the given width by height."""
    image_height, image_width = portrait.image.shape[:2]
    x, y, width, height = portrait.face_xywh
    tall = min(height * rng.uniform(1.45, 2.1), image_height, image_width / aspect)
    wide = tall * aspect
    left = x + width / 2 - wide / 2 + rng.normal(0, 0.02) * wide
    top = y + height * 0.46 - tall * rng.uniform(0.42, 0.5)
    left = min(max(left, 0), image_width - wide)
    top = min(max(top, 0), image_height - tall)
    return (left, top, left + wide, top + tall)


def place(shown: tuple[float, float, float, float], frame: Frame) -> FloatArray:
    """The affine map (float32 [2, 3]) that takes the shown part of a portrait onto the frame."""
    scale_x = (frame[2] - frame[0]) / (shown[2] - shown[0])
    scale_y = (frame[3] - frame[1]) / (shown[3] - shown[1])
    return np.array(
        [[scale_x, 0, frame[0] - shown[0] * scale_x], [0, scale_y, frame[1] - shown[1] * scale_y]], np.float32
    )


def onto(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Points [n, 2] through an affine [2, 3] or projective [3, 3] map."""
    full = np.vstack([matrix, [0, 0, 1]]) if matrix.shape[0] == 2 else matrix
    return np.asarray(cv2.perspectiveTransform(points[None].astype(np.float32), full.astype(np.float64))[0], np.float32)


def warp(image: FloatArray, matrix: FloatArray, wh: tuple[int, int], border: int = cv2.BORDER_REPLICATE) -> FloatArray:
    """Warp by an affine or projective map; shrinks by a blur first, so that nothing aliases."""
    full = (np.vstack([matrix, [0, 0, 1]]) if matrix.shape[0] == 2 else matrix).astype(np.float64)
    scale = float(np.sqrt(abs(np.linalg.det(full[:2, :2])))) / abs(full[2, 2])
    if scale < 0.8:
        image = pixels.blur(image, 0.42 * (1 / scale - 0.6))
    return np.asarray(cv2.warpPerspective(image, full, wh, flags=cv2.INTER_LINEAR, borderMode=border), np.float32)


def frame_alpha(
    rng: np.random.Generator, hw: tuple[int, int], frame: Frame, softness_px: float, rounding: float | None = None
) -> FloatArray:
    """Alpha of a rectangle, sometimes with round corners, with the given softness of its edge."""
    alpha = np.zeros(hw, np.float32)
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    if rounding is None:
        rounding = float(rng.choice([0.0, 0.0, 0.0, rng.uniform(0.03, 0.2), 0.5]))
    if rounding >= 0.5:
        centre = ((frame[0] + frame[2]) // 2, (frame[1] + frame[3]) // 2)
        cv2.ellipse(alpha, centre, (width // 2, height // 2), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    else:
        inset = max(1, round(rounding * width))
        inner = (frame[0] + inset, frame[1] + inset), (frame[2] - inset - 1, frame[3] - inset - 1)
        cv2.rectangle(alpha, *inner, 1.0, -1)
        if inset > 1:
            cv2.rectangle(alpha, *inner, 1.0, 2 * inset - 1, cv2.LINE_AA)
        else:
            cv2.rectangle(alpha, (frame[0], frame[1]), (frame[2] - 1, frame[3] - 1), 1.0, -1)
    return pixels.blur(alpha, softness_px)


def head_alpha(portrait: Portrait, rng: np.random.Generator, face_width_px: float) -> FloatArray:
    """The cut-out in the portrait's own pixels: grown or eaten, softer or harder, 0 to 1."""
    matte = portrait.matte
    scale = portrait.face_xywh[2] / max(1.0, face_width_px)
    steps = round(rng.normal(0, 1.3) * scale)
    if steps:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(steps) + 1, 2 * abs(steps) + 1))
        matte = (cv2.dilate if steps > 0 else cv2.erode)(matte, kernel).astype(np.uint8)
    softness = float(np.exp(rng.uniform(np.log(0.3), np.log(5.0)))) * scale
    return pixels.blur(np.asarray(matte / np.float32(255), np.float32), softness)
