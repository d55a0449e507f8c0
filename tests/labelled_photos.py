"""A photo drawn in plain colours, whose positions give the expected labels."""

from __future__ import annotations

import cv2
import numpy as np

from img_super.detector.outputs import FloatBox
from img_super.lab.dataset.whole_photos import Faces, LabelledPhoto

FACE_RGB = (255, 0, 0)
GHOST_RGB = (0, 0, 255)
CORNERS_RGB = ((250, 250, 0), (0, 250, 250), (250, 0, 250), (250, 250, 250))


def labelled_photo(width: int = 200, height: int = 140) -> LabelledPhoto:
    """A card with a face, a ghost, and another colour in each corner."""
    image = np.full((height, width, 3), 60, np.uint8)
    card = np.array([[20, 20], [180, 20], [180, 120], [20, 120]], np.float32)
    for (x, y), colour in zip(card, CORNERS_RGB, strict=True):
        cv2.circle(image, (int(x), int(y)), 6, colour, -1)
    image[50:90, 40:70] = FACE_RGB
    image[60:80, 140:155] = GHOST_RGB
    frame = np.array([[35, 40], [75, 40], [75, 100], [35, 100]], np.float32)
    return LabelledPhoto(image, FloatBox(55, 70, 30, 40), frame, card, FloatBox(147.5, 70, 15, 20))


def white_faces() -> Faces:
    """Faces that are plain white."""
    return Faces(np.full((2, 40, 40, 3), 255, np.uint8), np.array([[0.3, 0.25, 0.4, 0.5]] * 2, np.float32))
