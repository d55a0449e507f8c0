from __future__ import annotations

import cv2
import numpy as np
import pytest

from img_super.lab.synthesis.portraits.portrait import Portrait


@pytest.fixture(scope="session")
def person() -> Portrait:
    """A drawn face on blue, large enough for every step without networks."""
    image = np.full((240, 200, 3), (60, 90, 160), np.uint8)
    matte = np.zeros((240, 200), np.uint8)
    for canvas, colour in ((image, (205, 160, 130)), (matte, 255)):
        cv2.ellipse(canvas, (100, 110), (42, 58), 0, 0, 360, colour, -1)
        cv2.ellipse(canvas, (100, 235), (85, 70), 0, 0, 360, colour, -1)
    turns = np.linspace(0, 2 * np.pi, 36, endpoint=False) - np.pi / 2
    outline = np.stack([100 + 42 * np.cos(turns), 110 + 58 * np.sin(turns)], -1).astype(np.float32)
    marks = np.array([[82, 100], [118, 100], [100, 118], [86, 140], [114, 140]], np.float32)
    for x, y in marks.astype(int):
        cv2.circle(image, (int(x), int(y)), 5, (40, 25, 20), -1)
    return Portrait("cc0/test/1", "cc0", image, matte, marks, outline, (58.0, 58.0, 84.0, 110.0))
