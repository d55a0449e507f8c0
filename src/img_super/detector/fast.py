"""The fast detector: one pass of a small network, a second look by YuNet, the precise way when they are not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from img_super.detector.face_refiner import FaceRefiner, RefinedFace
from img_super.detector.letterbox import Letterboxed, letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import FoundPortrait, read_candidates
from img_super.detector.pyramid import Pyramid
from img_super.domain import ROTATIONS, Box, Detection, Detector, Face, Float32Array, ModelIdentity, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.model_card import DetectorCard
from img_super.per_thread import PerThread

SURE: Final = 0.88
"""YuNet sees a face that lies on its side or on its head with less confidence than this."""

ALMOST: Final = 0.5
"""Another face is tried, too, where it is at least this many times as likely the portrait as the likeliest one."""

LEAST: Final = 0.7
"""Below it, in whichever rotation, the precise detector is asked."""


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
    corners: Float32Array
    confidence: float


class Seen(NamedTuple):
    """What the network found, and how YuNet saw it in that rotation."""

    found: FoundPortrait
    look: RefinedFace
    rotation: Rotation


class FastDetector:
    """Finds portrait, ghosts and rotation in one pass over a small photo. Safe to share between threads."""

    def __init__(self, weights: bytes, card: DetectorCard, finder: FaceRefiner, instead: Detector) -> None:
        """
        Args:
            weights: those that the card lists as `litert`.
            finder: confirms what one pass found.
            instead: is asked when one pass is not sure.

        Raises:
            BadModel: the weights cannot be run or take another input than the card says.
        """
        self.card = card
        self.identity: ModelIdentity = card.identity("litert")
        self._instead = instead
        self._finder = finder
        self._networks = PerThread(lambda: LiteRtDetectionNetwork(weights))
        input_wh = self._networks.get().input_wh
        if input_wh != card.input_wh:
            raise BadModel(f"The network takes photos of {input_wh} px, its card says {card.input_wh} px.")

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        located = self.locate(image)
        return located.detection if located else self._instead.detect(image)

    def locate(self, image: RgbImage) -> Located | None:
        """What one pass is sure of and YuNet confirms; None asks for the precise way."""
        photo = Pyramid(image)
        small = letterbox(photo, self.card.input_wh)
        candidates = read_candidates(self._networks.get().run(small.pixels))
        if candidates[0].face.confidence < self.card.min_confidence:
            return None
        seen = self._seen_best(photo, small, _likely(candidates))
        if seen is None:
            return None
        found, look, rotation = seen
        others = _faces([other for other in candidates if other is not found], small, photo.wh)
        detection = Detection(self._finder.settled(photo, look, rotation), others, rotation)
        frame = small.box_in_photo(found.frame).pixels().clipped(photo.wh)
        return Located(detection, frame, small.quad_in_photo(found.corners), found.face.confidence)

    def _seen_best(self, photo: Pyramid, small: Letterboxed, candidates: Sequence[FoundPortrait]) -> Seen | None:
        """The candidate and the rotation that YuNet is surest of; the first one that leaves no doubt is taken.

        A candidate is looked at only where those before it show no face at all.
        """
        best: Seen | None = None
        for turned in candidates[0].rotations:
            rotation = ROTATIONS[(turned + small.rotation) // 90 % 4]
            places = ((one, small.box_in_photo(one.face.box)) for one in candidates)
            looks = ((one, self._finder.find(photo, place, rotation)) for one, place in places)
            found, look = next(((one, look) for one, look in looks if look), (None, None))
            if found and look and (best is None or look.face.confidence > best.look.face.confidence):
                best = Seen(found, look, rotation)
            if best and best.look.face.confidence >= SURE:
                return best
        return best if best and best.look.face.confidence >= LEAST else None


def _likely(candidates: Sequence[FoundPortrait]) -> list[FoundPortrait]:
    """The likeliest portrait, then another that is almost as likely."""
    first, *others = candidates
    second = max(others, key=lambda other: other.face.confidence, default=first)
    return [first, second] if others and second.face.confidence >= ALMOST * first.face.confidence else [first]


def _faces(found: Sequence[FoundPortrait], small: Letterboxed, wh: tuple[int, int]) -> tuple[Face, ...]:
    """Faces in the photo's pixels, the largest first."""
    faces = [Face(small.box_in_photo(one.face.box).pixels().clipped(wh), one.face_confidence) for one in found]
    return tuple(sorted((face for face in faces if face.box.area), key=lambda face: face.box.area, reverse=True))
