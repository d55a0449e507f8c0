"""The quick way without a network of our own: YuNet on few pixels, upright first, and precisely around what it found.

People hold their documents upright. Whoever is sure of a face after a first look need not turn the photo three times.
"""

from __future__ import annotations

from typing import Final

from img_super.detector.choice import choose
from img_super.detector.heads import FloatBox
from img_super.detector.upright import UprightFinder
from img_super.detector.weights import YUNET
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, Box, Detection, ModelIdentity, RgbImage

LONG_SIDE_PX: Final = 320
SURE: Final = 0.85
"""A face that lies on its side or on its head is seen with less confidence than this."""


class StepwiseDetector:
    """Finds faces in up to four looks at 320 pixels; hands on what it is not sure of. Safe to share between threads."""

    identity: ModelIdentity = YUNET

    def __init__(self, instead: YuNetDetector) -> None:
        """`instead` is asked when nothing sure was found. Raises `BadModel` when YuNet's weights are missing."""
        self._instead = instead
        self._finder = UprightFinder()

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        return self.locate(image) or self._instead.detect(image)

    def locate(self, image: RgbImage) -> Detection | None:
        """What the first looks are sure of; None asks for the precise way."""
        height, width = image.shape[:2]
        for rotations in (ROTATIONS[:1], ROTATIONS):
            faces = self._instead.faces(image, LONG_SIDE_PX, rotations)
            found = choose(faces, (width, height))
            if found and max(face.confidence for face in found.faces) >= SURE:
                return self._refined(image, found)
        return None

    def _refined(self, image: RgbImage, found: Detection) -> Detection | None:
        face = self._finder.find(image, _about(found.portrait.box), found.rotation)
        return Detection(face, found.others, found.rotation) if face and face.box.area else None


def _about(box: Box) -> FloatBox:
    return FloatBox(*box.centre_xy, box.width, box.height)
