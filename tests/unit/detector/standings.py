"""Faces in a photo, described by tests."""

from __future__ import annotations

import numpy as np

from img_super.detector.letterbox import Letterboxed
from img_super.detector.outputs import FloatBox, FoundFace, FoundPortrait
from img_super.detector.standing import Standing
from img_super.domain import Rotation

VIEW = Letterboxed(np.zeros((160, 256, 3), np.uint8), 1, 0, (256, 160))


def face(x: float, y: float, side: float, document: float, likely: float = 0.6, rotation: Rotation = 0) -> Standing:
    """A face in a document of four by three face sizes."""
    box = FloatBox(x, y, side, side)
    corners = np.array([(x + 2 * side * a, y + 1.5 * side * b) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    candidate = FoundPortrait(
        FoundFace(box, likely), likely, FloatBox(x, y, 1.5 * side, 1.5 * side), corners.astype(np.float32), (rotation,)
    )
    return Standing(candidate, VIEW, looks=4, size=float(np.log(side)), contrast=50, colour=50, document=document)
