"""The fast detector: one pass of a small network, a second look by YuNet, the precise way when they are not sure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from img_super.detector.heads import FloatArray, FloatBox, FoundFace, read_portrait
from img_super.detector.letterbox import letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.upright import UprightFinder
from img_super.domain import Box, Detection, Face, ModelIdentity, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.per_thread import PerThread
from img_super.registry.card import DetectorCard

SURE: Final = 0.88
"""YuNet sees a face that lies on its side or on its head with less confidence than this."""

LEAST: Final = 0.7
"""Below it, in whichever rotation, the precise detector is asked."""


class AsksInstead(Protocol):
    """The detector that is asked when one pass is not sure."""

    def detect(self, image: RgbImage) -> Detection | None: ...


@dataclass(frozen=True, slots=True)
class Located:
    """A document in a photo, in the photo's pixels.

    Attributes:
        frame: the portrait photo's box.
        corners: the document's, float32 [4, 2], from the upper left as displayed, clockwise; may lie outside.
        confidence: of the network in the portrait's place, in [0, 1].
    """

    detection: Detection
    frame: Box
    corners: FloatArray
    confidence: float


class FastDetector:
    """Finds portrait, ghosts and rotation in one pass over 320 pixels. Safe to share between threads."""

    def __init__(self, weights: bytes, card: DetectorCard, instead: AsksInstead) -> None:
        """Take the weights that the card lists as `litert`.

        Raises:
            BadModel: the weights cannot be run or take another input than the card says, or YuNet's are missing.
        """
        self.card = card
        self.identity: ModelIdentity = card.identity("litert")
        self._instead = instead
        self._finder = UprightFinder()
        self._networks = PerThread(lambda: LiteRtDetectionNetwork(weights))
        side_px = self._networks.get().side_px
        if side_px != card.input_side_px:
            raise BadModel(f"The network takes photos of {side_px} px, its card says {card.input_side_px} px.")

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        located = self.locate(image)
        return located.detection if located else self._instead.detect(image)

    def locate(self, image: RgbImage) -> Located | None:
        """What one pass is sure of and YuNet confirms; None asks for the precise way."""
        square, pixels_each = letterbox(image, self.card.input_side_px)
        found = read_portrait(self._networks.get().run(square))
        if found.face.confidence < self.card.min_confidence:
            return None
        confirmed = self._confirmed(image, scaled(found.face.box, pixels_each), found.rotations)
        if confirmed is None:
            return None
        face, rotation = confirmed
        wh = image.shape[1], image.shape[0]
        others = _others(found.others, pixels_each, wh)
        frame = _box(scaled(found.frame, pixels_each)).clipped(wh)
        corners = found.corners * np.float32(pixels_each)
        return Located(Detection(face, others, rotation), frame, corners, found.face.confidence)

    def _confirmed(
        self, image: RgbImage, about: FloatBox, rotations: tuple[Rotation, ...]
    ) -> tuple[Face, Rotation] | None:
        """YuNet's face and the rotation in which it is seen best; the first one that leaves no doubt is taken."""
        best: tuple[Face, Rotation] | None = None
        for rotation in rotations:
            face = self._finder.find(image, about, rotation)
            if face and face.box.area and (best is None or face.confidence > best[0].confidence):
                best = face, rotation
            if best and best[0].confidence >= SURE:
                return best
        return best if best and best[0].confidence >= LEAST else None


def scaled(box: FloatBox, scale: float) -> FloatBox:
    """The box in pixels of which `scale` make one of its own."""
    return replace(box, x=box.x * scale, y=box.y * scale, width=box.width * scale, height=box.height * scale)


def _others(found: tuple[FoundFace, ...], scale: float, wh: tuple[int, int]) -> tuple[Face, ...]:
    faces = [Face(_box(scaled(other.box, scale)).clipped(wh), other.confidence) for other in found]
    return tuple(sorted((face for face in faces if face.box.area), key=lambda face: face.box.area, reverse=True))


def _box(box: FloatBox) -> Box:
    return Box.from_xywh(box.x - box.width / 2, box.y - box.height / 2, box.width, box.height)
