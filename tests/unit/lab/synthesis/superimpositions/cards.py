"""A grey-blue card with a person made of ellipses on it, and a different donor."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.documents.blank import Card, Overprint
from img_super.lab.synthesis.geometry import onto
from img_super.lab.synthesis.portraits.portrait import Portrait

FRAME = (60, 50, 180, 210)


def person(skin: tuple[int, int, int], wall: tuple[int, int, int]) -> Portrait:
    image, matte = np.full((294, 220, 3), wall, np.uint8), np.zeros((294, 220), np.uint8)
    for canvas, colour in ((image, skin), (matte, (255, 255, 255))):
        value = colour if canvas.ndim == 3 else 255
        cv2.ellipse(canvas, (110, 110), (48, 66), 0, 0, 360, value, -1)
        cv2.ellipse(canvas, (110, 266), (92, 72), 0, 0, 360, value, -1)
    for centre in ((92, 100), (128, 100)):
        cv2.circle(image, centre, 6, (20, 60, 90), -1)
    cv2.ellipse(image, (110, 142), (18, 6), 0, 0, 360, (150, 40, 60), -1)
    landmarks = np.array([[92, 100], [128, 100], [110, 120], [94, 142], [126, 142]], np.float32)
    turns = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    outline = np.stack([110 + 42 * np.sin(turns), 115 - 55 * np.cos(turns)], -1).astype(np.float32)
    return Portrait(f"made/{skin[0]}", "made", image, matte, landmarks, outline, (68.0, 60.0, 84.0, 110.0))


DONOR = person((120, 80, 60), (230, 230, 225))
HOST = person((225, 180, 150), (150, 190, 215))


@cache
def card(grey: bool = False) -> Card:
    """A card of 240 x 260 px; the host's portrait fills the frame; a stripe is printed over everything."""
    rng = np.random.default_rng(1)
    image = pixels.filled((260, 240), (205, 214, 226))
    scale = (FRAME[2] - FRAME[0]) / 220
    matrix = np.array([[scale, 0, FRAME[0]], [0, scale, FRAME[1]], [0, 0, 1]], np.float32)
    x_min, y_min, x_max, y_max = FRAME
    photo = cv2.resize(HOST.image, (x_max - x_min, y_max - y_min), interpolation=cv2.INTER_AREA)
    image[y_min:y_max, x_min:x_max] = pixels.as_float(np.asarray(photo, np.uint8))
    image = image + pixels.noise(rng, image.shape, 3.0, 0.5, 0.3)
    if grey:
        image = pixels.grey(image)
    stripe = np.zeros(image.shape[:2], np.uint8)
    stripe[110:118] = 255
    image[110:118] = (20.0, 20.0, 20.0)
    return Card(
        image=image,
        gloss=np.full(image.shape[:2], 0.5, np.float32),
        frame=FRAME,
        landmarks=onto(matrix, HOST.landmarks),
        outline=onto(matrix, HOST.outline),
        face_width_px=84 * scale,
        grey=grey,
        overprints=(Overprint("lines", stripe, (20.0, 20.0, 20.0)),),
        process=printing.draw_print_process(rng),
        facts={},
    )


def colourfulness(image: Float32Array) -> float:
    return float((image.max(axis=2) - image.min(axis=2)).mean())
