"""A stand-in for a card: a grey face-like square on a light plane with text-like bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from img_super.domain import Float32Array, RgbImage


@dataclass(frozen=True)
class PlainCard:
    image: Float32Array
    gloss: Float32Array
    landmarks: Float32Array
    face_width_px: float


def plain_card() -> PlainCard:
    image = np.full((220, 320, 3), 215, np.float32)
    image[40:170, 40:140] = (180, 140, 120)
    image[60:200:12, 170:300] = 40
    landmarks = np.array([[70, 90], [110, 90], [90, 110], [75, 130], [105, 130]], np.float32)
    return PlainCard(image, np.full((220, 320), 0.6, np.float32), landmarks, 80.0)


def table() -> RgbImage:
    return np.random.default_rng(5).integers(20, 200, (120, 160, 3), np.uint8)
