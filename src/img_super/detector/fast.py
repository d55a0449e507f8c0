"""The fast detector: one pass of a small network, a second look by YuNet, the precise way when they are not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple

from img_super.detector.face_refiner import FaceRefiner, RefinedFace
from img_super.detector.letterbox import Letterboxed, letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import MIN_OTHER, FoundPortrait, read_candidates
from img_super.detector.pyramid import Pyramid
from img_super.detector.standing import MIN_FACE, Standing, has_own_document, standing
from img_super.domain import (
    ROTATIONS,
    Box,
    Detection,
    Detector,
    DocumentPlace,
    Face,
    Float32Array,
    ModelIdentity,
    RgbImage,
    Rotation,
)
from img_super.errors import BadModel
from img_super.model_card import DetectorCard
from img_super.per_thread import PerThread

SURE: Final = 0.88
"""YuNet sees a face that lies on its side or on its head with less confidence than this."""

ALONE: Final = 0.82
"""A face that the precise detector alone sees counts from here on: 13 of 15 false faces are below."""

LEAST: Final = 0.7
"""Below it, in whichever rotation, the precise detector is asked."""

_ALMOST: Final = 0.5
"""The next face is tried, too, where it is at least this many times as likely the portrait."""

_SAME_FACE_IOU: Final = 0.3

MAX_DOCUMENTS: Final = 12
"""Of a photo that shows more, those that stand best are judged: each costs a crop and a pass of the validator."""


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

    standing: Standing
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
        photo = Pyramid(image)
        small, faces = self._one_pass(photo)
        located = self._located(photo, small, faces)
        if located:
            return located.detection
        found = self._instead.detect(image)
        if found is None or found.portrait.confidence < ALONE:
            return None
        alone = _seen_without_document(found.portrait.box, small, faces)
        return replace(found, no_document=True) if alone else found

    def locate(self, image: RgbImage) -> Located | None:
        """What one pass is sure of and YuNet confirms; None asks for the precise way."""
        photo = Pyramid(image)
        return self._located(photo, *self._one_pass(photo))

    def _one_pass(self, photo: Pyramid) -> tuple[Letterboxed, Sequence[Standing]]:
        """What the network is shown, and the faces that it sees: first the likeliest, however unlikely it is."""
        small = letterbox(photo, self.card.input_wh)
        faces = read_candidates(self._networks.get().run(small.pixels), MIN_FACE)
        return small, [standing(face, small.pixels, small.shown_wh) for face in faces]

    def _located(self, photo: Pyramid, small: Letterboxed, faces: Sequence[Standing]) -> Located | None:
        if faces[0].found.face.confidence < self.card.min_confidence:
            return None
        standings = sorted(faces, key=lambda one: -one.weight)
        seen = self._seen_best(photo, small, _likely(standings))
        if seen is None:
            return None
        portrait = seen.standing
        apart = [one for one in standings if one is not portrait and has_own_document(one, portrait)]
        looks = (self._confirmed(photo, small, one, seen.rotation) for one in apart)
        elsewhere = tuple(islice((other for other in looks if other), MAX_DOCUMENTS - 1))
        others = [one.found for one in faces if one is not portrait and one.found.face_confidence >= MIN_OTHER]
        own = _detection(self._finder.settled(photo, seen.look, seen.rotation), small, seen, photo.wh)
        detection = replace(own, others=_faces(others, small, photo.wh), elsewhere=elsewhere)
        frame = small.box_in_photo(portrait.found.frame).pixels().clipped(photo.wh)
        corners = small.quad_in_photo(portrait.found.corners)
        return Located(detection, frame, corners, portrait.found.face.confidence)

    def _confirmed(self, photo: Pyramid, small: Letterboxed, other: Standing, upright: Rotation) -> Detection | None:
        """Another document's portrait, where YuNet sees a face; it may lie turned otherwise than the first one."""
        turned = [ROTATIONS[(rotation + small.rotation) // 90 % 4] for rotation in other.found.rotations[:1]]
        for rotation in dict.fromkeys((*turned, upright)):
            look = self._finder.find(photo, small.box_in_photo(other.found.face.box), rotation)
            if look and look.face.confidence >= LEAST:
                seen = Seen(other, look, rotation)
                return _detection(self._finder.settled(photo, look, rotation), small, seen, photo.wh)
        return None

    def _seen_best(self, photo: Pyramid, small: Letterboxed, candidates: Sequence[Standing]) -> Seen | None:
        """The candidate and the rotation that YuNet is surest of; the first one that leaves no doubt is taken.

        A candidate is looked at only where those before it show no face at all.
        """
        best: Seen | None = None
        for turned in candidates[0].found.rotations:
            rotation = ROTATIONS[(turned + small.rotation) // 90 % 4]
            places = ((one, small.box_in_photo(one.found.face.box)) for one in candidates)
            looks = ((one, self._finder.find(photo, place, rotation)) for one, place in places)
            one, look = next(((one, look) for one, look in looks if look), (None, None))
            if one and look and (best is None or look.face.confidence > best.look.face.confidence):
                best = Seen(one, look, rotation)
            if best and best.look.face.confidence >= SURE:
                return best
        return best if best and best.look.face.confidence >= LEAST else None


def _likely(faces: Sequence[Standing]) -> Sequence[Standing]:
    """The one that stands best, then the next one if it is almost as likely."""
    likely = [one.found.face.confidence for one in faces]
    return faces[:2] if len(faces) > 1 and likely[1] >= _ALMOST * likely[0] else faces[:1]


def _seen_without_document(box: Box, small: Letterboxed, faces: Sequence[Standing]) -> bool:
    """Whether one pass saw this face, too, and no document around it."""
    same = [one for one in faces if small.box_in_photo(one.found.face.box).pixels().iou(box) >= _SAME_FACE_IOU]
    return bool(same) and not same[0].in_document


def _detection(face: Face, small: Letterboxed, seen: Seen, wh: tuple[int, int]) -> Detection:
    """A portrait with its document, where enough of one is seen."""
    found = seen.standing.found
    frame = small.box_in_photo(found.frame).pixels().clipped(wh)
    quad = tuple((float(x), float(y)) for x, y in small.quad_in_photo(found.corners))
    around = DocumentPlace(frame, quad) if seen.standing.in_document else None
    return Detection(face, (), seen.rotation, around, no_document=around is None)


def _faces(found: Sequence[FoundPortrait], small: Letterboxed, wh: tuple[int, int]) -> tuple[Face, ...]:
    """Faces in the photo's pixels, the largest first."""
    faces = [Face(small.box_in_photo(one.face.box).pixels().clipped(wh), one.face_confidence) for one in found]
    return tuple(sorted((face for face in faces if face.box.area), key=lambda face: face.box.area, reverse=True))


class SameFaceDetector:
    """The precise detector's boxes around the face that the fast one chose: every route means the same portrait."""

    def __init__(self, precise: Detector, fast: FastDetector) -> None:
        self.identity: ModelIdentity = precise.identity
        self._precise, self._fast = precise, fast

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        chosen = self._fast.detect(image)
        seen = self._precise.detect(image) if chosen else None
        if chosen is None or seen is None:
            return chosen
        portrait = max(seen.faces, key=lambda face: face.box.iou(chosen.portrait.box))
        if portrait.box.iou(chosen.portrait.box) < _SAME_FACE_IOU:
            portrait = chosen.portrait
        others = tuple(face for face in (seen.faces if seen.rotation == chosen.rotation else chosen.others))
        return replace(chosen, portrait=portrait, others=tuple(face for face in others if face is not portrait))
