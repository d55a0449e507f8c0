"""The result of an attack: the photo, the mask and the species."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage, UInt8Array
from img_super.lab.forging.canvas import Canvas
from img_super.lab.synthesis import pixels

SMALLEST_CLONED_PX: Final = 8


@dataclass(frozen=True, slots=True)
class Laid:
    """A forged photo.

    Attributes:
        photo: float32 RGB, 0 to 255.
        mask: float32 height x width, 0 to 1: what was laid over.
        species: the attack's name.
    """

    photo: Float32Array
    mask: Float32Array
    species: str


def cloned(canvas: Canvas, over: RgbImage, mask: UInt8Array, species: str, manner: int = cv2.NORMAL_CLONE) -> Laid:
    """What lies under the mask (0 or 255) laid on by its gradients; the mask's box has `SMALLEST_CLONED_PX` and more.

    Source: P. Perez et al., "Poisson Image Editing", 2003.
    """
    x, y, width, height = cv2.boundingRect(mask)
    middle = x + width // 2, y + height // 2
    # OpenCV writes into the mask that it is given.
    photo = cv2.seamlessClone(over, pixels.to_bytes(canvas.photo), mask.copy(), middle, manner)
    return Laid(pixels.as_float(np.asarray(photo, np.uint8)), np.asarray(mask, np.float32) / np.float32(255), species)
