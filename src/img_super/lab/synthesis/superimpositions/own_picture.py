"""Self-blends: the portrait, slightly changed, is laid over itself.

Blending is then the only evidence: the person, hair and light are the same.
Source: K. Shiohara, T. Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array, Float64Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import warp


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """How the copy differs from what it covers; shifts are relative to the face's width."""

    scale: float
    shift_x: float
    shift_y: float
    turn_deg: float
    shrink: float
    blur_px: float
    sharpen: float
    gains: Float64Array  # by channel
    gamma: float
    noise: float
    quality: int


def draw_own_picture(rng: np.random.Generator, grey: bool) -> OwnPicture:
    """Draw the differences; a grey card's copy keeps its three gains equal."""
    level = float(rng.normal(1, 0.06))
    colour = rng.normal(0, 0.0 if grey else 0.04, 3)
    soft = rng.random() < 0.5
    return OwnPicture(
        scale=float(rng.uniform(0.95, 1.06)),
        shift_x=float(rng.normal(0, 0.018)),
        shift_y=float(rng.normal(0, 0.018)),
        turn_deg=float(rng.normal(0, 0.8)),
        shrink=float(rng.uniform(0.4, 0.95)) if soft else 1.0,
        blur_px=float(max(0.0, rng.uniform(-0.6, 1.2))) if soft else 0.0,
        sharpen=0.0 if soft else float(max(0.0, rng.uniform(-0.4, 1.2))),
        gains=level + colour,
        gamma=float(rng.uniform(0.85, 1.18)),
        noise=float(max(0.0, rng.uniform(-4, 5))),
        quality=int(rng.integers(55, 98)),
    )


def changed(rng: np.random.Generator, image: Float32Array, change: OwnPicture, face_width_px: float) -> Float32Array:
    """The image, moved and changed."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), change.turn_deg, change.scale)
    matrix[:, 2] = matrix[:, 2] + np.array([change.shift_x, change.shift_y]) * face_width_px
    copy = warp(image, matrix.astype(np.float32), (width, height))
    if change.shrink < 1:
        small = max(8, round(width * change.shrink)), max(8, round(height * change.shrink))
        copy = pixels.resize(pixels.resize(copy, small), (width, height))
    copy = pixels.sharpen(pixels.blur(copy, change.blur_px), change.sharpen)
    copy = pixels.curve(copy, pixels.gamma_table(change.gamma))
    copy = pixels.scaled(copy, change.gains)
    if change.noise:
        copy = np.asarray(cv2.add(copy, pixels.noise(rng, copy.shape, change.noise, 0.5, 0.2)), np.float32)
    return pixels.save_and_read(copy, change.quality, "jpeg")
