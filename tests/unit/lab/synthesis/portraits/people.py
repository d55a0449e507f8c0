"""A person made of ellipses, for tests that need no network."""

from __future__ import annotations

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis.portraits.portrait import Portrait


def person(
    wh: tuple[int, int] = (300, 400), centre_x: float = 150, chin_y: float = 240, face_px: float = 100, number: int = 0
) -> Portrait:
    """A face with hair and with shoulders that reach the picture's bottom, in front of a green wall."""
    oval = _oval(centre_x, chin_y, face_px)
    matte = np.zeros(wh[::-1], np.uint8)
    centre = (round(centre_x), round(chin_y - 0.75 * face_px))
    cv2.ellipse(matte, centre, (round(0.62 * face_px), round(0.8 * face_px)), 0, 0, 360, 255, -1)
    cv2.ellipse(matte, (round(centre_x), wh[1] + 10), (round(1.2 * face_px), wh[1] - round(chin_y)), 0, 0, 360, 255, -1)
    image = np.full((*wh[::-1], 3), (40, 160, 60), np.uint8)
    image[matte > 127] = (190, 140, 120)
    offsets = np.array([[-0.2, -0.8], [0.2, -0.8], [0.0, -0.55], [-0.15, -0.3], [0.15, -0.3]], np.float32)
    landmarks = np.array([centre_x, chin_y], np.float32) + face_px * offsets
    box = (centre_x - face_px / 2, chin_y - 1.3 * face_px, face_px, 1.3 * face_px)
    return Portrait(f"made/{number}", "made", image, matte, landmarks, oval, box)


def _oval(centre_x: float, chin_y: float, face_px: float) -> Float32Array:
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    x = centre_x + 0.5 * face_px * np.sin(angles)
    y = chin_y - 0.6 * face_px - 0.6 * face_px * np.cos(angles)
    return np.stack([x, y], axis=1).astype(np.float32)
