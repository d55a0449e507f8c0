"""Paints over the original head before another one is laid, as careful forgers do."""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array, Float64Array
from img_super.lab.synthesis import pixels

_SMALL_PX = 72


@dataclass(frozen=True, slots=True)
class Repainting:
    """How the background is painted."""

    # `flat` (one colour over the frame), `inpainted` (the original head filled from around it), `smeared` (the same,
    # drawn inwards row by row), `tinted` (one colour of the forger's choice).
    kind: str
    reach: float  # size of the painted part relative to head and shoulders
    colour: Float64Array  # of `tinted`, 0 to 255
    softness: float  # of its edge, in face widths
    grain: float  # share of the surroundings' grain that the paint gets, 0 to 1


def draw_repainting(rng: np.random.Generator, care: float) -> Repainting:
    """Draw the painting; careful forgers add grain."""
    kind = str(rng.choice(["flat", "inpainted", "smeared", "tinted"], p=[0.35, 0.4, 0.1, 0.15]))
    level = rng.uniform(150, 252)
    return Repainting(
        kind=kind,
        reach=float(rng.uniform(0.95, 1.3)),
        colour=np.clip(level + rng.normal(0, (10, 10, 14)), 0, 255),
        softness=float(rng.choice([0.003, rng.uniform(0.005, 0.06)])),
        grain=float(care * rng.uniform(0.5, 1.0)) if rng.random() < 0.4 + 0.5 * care else 0.0,
    )


def repainted(
    rng: np.random.Generator, base: Float32Array, repainting: Repainting, oval: Float32Array, frame: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """The picture with its original head painted over, and the paint's alpha.

    `base`: the picture; `oval`: [n, 2], the outline of the original face in its pixels; `frame`: [4, 2], the frame's
    corners in its pixels.
    """
    hw = base.shape[:2]
    frame_mask = np.zeros(hw, np.float32)
    cv2.fillConvexPoly(frame_mask, np.round(frame).astype(np.int32), 1.0, cv2.LINE_AA)
    face_px = float(np.ptp(oval[:, 0]))
    head = _head_and_shoulders(hw, oval, repainting.reach) * frame_mask
    paint = _paint(base, repainting, head, frame_mask)
    alpha = frame_mask if repainting.kind in ("flat", "tinted") else head
    alpha = pixels.blur(alpha, repainting.softness * face_px) * frame_mask
    if repainting.grain:
        grain = pixels.noise(rng, hw, repainting.grain * 4.0, 0.7, 0.1)
        paint = np.asarray(cv2.add(paint, grain), np.float32)
    return pixels.blend(base, paint, alpha), alpha


def _head_and_shoulders(hw: tuple[int, ...], oval: Float32Array, reach: float) -> Float32Array:
    """The approximate area of a face's hair, neck and shoulders; 1 inside."""
    (left, top), (right, bottom) = oval.min(0), oval.max(0)
    middle, width, height = (left + right) / 2, (right - left) * reach, (bottom - top) * reach
    mask = np.zeros(hw, np.float32)
    _fill(mask, (middle, top + 0.36 * height), (0.72 * width, 0.78 * height))
    _fill(mask, (middle, bottom + 0.85 * height), (1.25 * width, 0.7 * height))
    return mask


def _fill(canvas: Float32Array, centre: tuple[float, float], axes: tuple[float, float]) -> None:
    cv2.ellipse(
        canvas, (round(centre[0]), round(centre[1])), (round(axes[0]), round(axes[1])), 0, 0, 360, 1.0, -1, cv2.LINE_AA
    )


def _paint(base: Float32Array, repainting: Repainting, head: Float32Array, frame_mask: Float32Array) -> Float32Array:
    hw = base.shape[:2]
    if repainting.kind == "tinted":
        return pixels.filled(hw, repainting.colour)
    if repainting.kind == "flat":
        background = base[(frame_mask > 0.9) & (head < 0.1)]
        return pixels.filled(hw, np.median(background, axis=0) if len(background) > 8 else (225, 225, 225))
    return _filled_from_around(base, head, repainting.kind == "smeared")


def _filled_from_around(base: Float32Array, head: Float32Array, smeared: bool) -> Float32Array:
    """Inpainting on a reduced picture: smooth, like retouching tools.

    Source: A. Telea, "An Image Inpainting Technique Based on the Fast Marching Method", 2004.
    """
    shrink = min(1.0, _SMALL_PX / max(base.shape[:2]))
    wh = max(8, round(base.shape[1] * shrink)), max(8, round(base.shape[0] * shrink))
    small = pixels.to_bytes(np.asarray(cv2.resize(base, wh, interpolation=cv2.INTER_AREA), np.float32))
    hole = np.asarray(np.asarray(cv2.resize(head, wh, interpolation=cv2.INTER_AREA)) > 0.05, np.uint8)
    method = cv2.INPAINT_NS if smeared else cv2.INPAINT_TELEA
    painted = np.asarray(cv2.inpaint(small, hole, 4, method), np.float32)
    return np.asarray(cv2.resize(painted, base.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32)
