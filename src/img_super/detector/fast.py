"""The fast detector: one pass of a small network, confirmed by YuNet, with the precise detector as fallback."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from math import inf
from typing import Final, NamedTuple

import numpy as np

from img_super.detector.closer_look import (
    LEAST_CONFIDENCE,
    NO_DOCUMENT,
    is_ghost_beside,
    is_portrait_apart,
    is_same_face,
    part_around,
    part_below,
    worth_a_look,
)
from img_super.detector.face_refiner import FaceRefiner, Part, RefinedFace
from img_super.detector.far_look import LEAST_CONFIDENCE as LEAST_FROM_FAR
from img_super.detector.far_look import TIMES, fades
from img_super.detector.letterbox import Letterboxed, from_far, letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import MAX_FACES, MIN_OTHER, FloatBox, FoundFace, read_candidates
from img_super.detector.pyramid import Pyramid
from img_super.detector.standing import MIN_FACE, Standing, has_own_document, may_have_own_document, standing
from img_super.domain import (
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

_TOO_SMALL: Final = 1.2
"""The network's corners fall short of the document's. Grown about the face so many times, the quad and the truth have
0.68 of their union in common on real captures, instead of 0.63."""

_ALMOST: Final = 0.5
"""The next face is tried, too, where it is at least this many times as likely the portrait."""

MAX_DOCUMENTS: Final = 12
"""Of a photo that shows more, those that stand best are judged: each costs a crop and a pass of the validator."""

MOST_DOUBTFUL: Final = 24
"""How many faces get a closer look for being another document's portrait."""


@dataclass(frozen=True, slots=True)
class Located:
    """A document in a photo, in photo pixels."""

    detection: Detection
    frame: Box  # the portrait photo's box
    # The document's, float32 [4, 2], from the upper left as displayed, clockwise; may lie outside.
    corners: Float32Array
    confidence: float  # of the network in the portrait's position, in [0, 1]


class ConfirmedFace(NamedTuple):
    """What the network found, and YuNet's face in that rotation."""

    standing: Standing
    look: RefinedFace
    rotation: Rotation


class Glance(NamedTuple):
    """The network's input and its outputs."""

    view: Letterboxed
    outputs: Mapping[str, Float32Array]

    def faces(self, least: float = MIN_FACE) -> Sequence[Standing]:
        """The likeliest portrait, however unlikely; then the other faces, most confident first."""
        return [standing(candidate, self.view) for candidate in read_candidates(self.outputs, least)]


class FirstPass(NamedTuple):
    """A photo and the result of the first pass."""

    photo: Pyramid
    glance: Glance
    faces: Sequence[Standing]
    in_order: Callable[[], Sequence[Standing]]
    """The likeliest portrait first; computed on demand, because it may take a close-up."""


class FastDetector:
    """Finds portrait, ghosts and rotation in one pass over a small photo. Safe to share between threads."""

    def __init__(self, weights: bytes, card: DetectorCard, finder: FaceRefiner, instead: Detector) -> None:
        """Take the card's `litert` weights, the refiner that confirms their result, and the fallback.

        Raises `BadModel`: the weights cannot be run or do not take the card's input.
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
        first = self._first_pass(image)
        located = self._located(first)
        if located:
            return located.detection
        precise = self._instead.detect(image)
        if precise is None:
            return None
        agreed = self._agreed(first, precise)
        if agreed:
            return self._with_others(first, agreed)
        return precise if precise.portrait.confidence >= ALONE else None

    def locate(self, image: RgbImage) -> Located | None:
        """The confident result, confirmed by YuNet; None means fallback."""
        return self._located(self._first_pass(image))

    def _first_pass(self, image: RgbImage) -> FirstPass:
        photo = Pyramid(image)
        glance = self._glance(photo)
        faces = glance.faces()
        return FirstPass(photo, glance, faces, cache(lambda: self._in_order(photo, glance, faces)))

    def _glance(self, photo: Pyramid, part: Box | None = None) -> Glance:
        """One pass over the photo, or over a part of it as if it were the whole."""
        shown = photo if part is None else photo.part(part)
        view = letterbox(shown, self.card.input_wh, (part.x_min, part.y_min) if part else (0, 0))
        return Glance(view, self._networks.get().run(view.pixels))

    def _far(self, glance: Glance) -> Sequence[Standing]:
        """The faces of the whole photo in the wide view."""
        view = from_far(glance.view, TIMES)
        return Glance(view, self._networks.get().run(view.pixels)).faces(LEAST_FROM_FAR)

    def _located(self, first: FirstPass) -> Located | None:
        if first.faces[0].candidate.face.confidence < self.card.min_confidence:
            return None
        best = self._surest(first.photo, _likely(first.in_order()))
        if best is None:
            return None
        portrait = best.standing
        frame = portrait.frame.pixels().clipped(first.photo.wh)
        detection = self._with_others(first, best)
        return Located(detection, frame, portrait.quad, portrait.candidate.face.confidence)

    def _with_others(self, first: FirstPass, best: ConfirmedFace) -> Detection:
        """The portrait, the portraits of other documents, and the faces beside them."""
        photo = first.photo
        beside = [face for face in first.in_order() if face is not best.standing]
        doubtful = [face for face in beside if may_have_own_document(face, best.standing)]
        documents = self._own_documents(first, doubtful[:MOST_DOUBTFUL], best)
        elsewhere = tuple(islice(documents, MAX_DOCUMENTS - 1))
        is_cut_off = len(first.faces) == MAX_FACES or len(doubtful) > MOST_DOUBTFUL
        has_more = is_cut_off or next(documents, None) is not None
        others = _faces([face for face in beside if face.candidate.face_confidence >= MIN_OTHER], photo.wh, elsewhere)
        own = _detection(self._finder.refined_face(photo, best.look, best.rotation), best, photo.wh)
        return replace(own, others=others, elsewhere=elsewhere, has_more=has_more)

    def _agreed(self, first: FirstPass, precise: Detection) -> ConfirmedFace | None:
        """The best-placed face that both detectors saw and YuNet is sure of.

        One pass sees a small head in a large photo too large for YuNet; by size, its ghost would be the portrait.
        """
        confirmed = (
            ConfirmedFace(standing, self._look_at(first.photo, face, precise), precise.rotation)
            for standing in first.in_order()
            for face in precise.faces
            if _shows(standing, face)
        )
        return next((face for face in confirmed if face.look.face.confidence >= ALONE), None)

    def _look_at(self, photo: Pyramid, face: Face, precise: Detection) -> RefinedFace:
        """The face from a close-up; unchanged if YuNet does not see it there."""
        box = FloatBox.of(face.box)
        as_it_was = RefinedFace(FoundFace(box, face.confidence), Part.around(box))
        return self._finder.find(photo, box, precise.rotation) or as_it_was

    def _own_documents(
        self, first: FirstPass, faces: Sequence[Standing], portrait: ConfirmedFace
    ) -> Iterator[Detection]:
        """The faces that a close-up shows to be other documents' portraits.

        In the whole photo, a small document's portrait looks like a ghost, and its face seems too large for YuNet.
        """
        photo, portraits, far = first.photo, [portrait.standing], cache(lambda: self._far(first.glance))
        for part in filter(lambda part: part.area, (part_around(face, photo.wh) for face in faces)):
            near = max(self._glance(photo, part).faces(), key=lambda face: face.weight)
            known = any(is_same_face(near, other) or is_ghost_beside(near, other) for other in portraits)
            if not known and has_own_document(near, portrait.standing) and not fades(near, far()):
                portraits.append(near)
                document = self._confirmed(photo, near, portrait.rotation)
                if document:
                    yield document

    def _in_order(self, photo: Pyramid, glance: Glance, faces: Sequence[Standing]) -> Sequence[Standing]:
        """The faces, the likeliest portrait first; a bystander is in no document."""
        standings = sorted(faces, key=lambda face: -face.weight)
        large, *others = standings
        bystander = large.document < NO_DOCUMENT
        apart = worth_a_look(glance.faces(LEAST_CONFIDENCE) if bystander else others, large)
        parts = [part_around(face, photo.wh) for face in apart]
        parts += [part_below(large, photo.wh)] if bystander else []
        near = (self._glance(photo, part).faces()[0] for part in parts if part.area)
        portrait = next((face for face in chain(near, apart) if _comes_first(face, large, others)), None)
        if portrait is None:
            return standings
        rest = [other for other in others if not is_same_face(other, portrait)]
        return [portrait, replace(large, document=-inf) if bystander else large, *rest]

    def _confirmed(self, photo: Pyramid, face: Standing, upright: Rotation) -> Detection | None:
        """Another document's portrait, if YuNet sees a face; its rotation may differ from the first one's."""
        for rotation in dict.fromkeys((*face.rotations[:1], upright)):
            look = self._finder.find(photo, face.box, rotation)
            if look and look.face.confidence >= LEAST:
                confirmed = ConfirmedFace(face, look, rotation)
                return _detection(self._finder.refined_face(photo, look, rotation), confirmed, photo.wh)
        return None

    def _surest(self, photo: Pyramid, candidates: Sequence[Standing]) -> ConfirmedFace | None:
        """The candidate and rotation with YuNet's highest confidence; stops at the first certain one.

        A candidate is tried only if the ones before it show no face.
        """
        best: ConfirmedFace | None = None
        for rotation in candidates[0].rotations:
            looks = ((face, self._finder.find(photo, face.box, rotation)) for face in candidates)
            face, look = next(((face, look) for face, look in looks if look), (None, None))
            if face and look and (best is None or look.face.confidence > best.look.face.confidence):
                best = ConfirmedFace(face, look, rotation)
            if best and best.look.face.confidence >= SURE:
                return best
        return best if best and best.look.face.confidence >= LEAST else None


def _likely(faces: Sequence[Standing]) -> Sequence[Standing]:
    """The best-placed one, then the next one if it is almost as likely."""
    confidences = [face.candidate.face.confidence for face in faces]
    return faces[:2] if len(faces) > 1 and confidences[1] >= _ALMOST * confidences[0] else faces[:1]


def _comes_first(face: Standing, large: Standing, others: Sequence[Standing]) -> bool:
    return is_portrait_apart(face, large) and not any(is_ghost_beside(face, other) for other in others)


def _shows(standing: Standing, face: Face) -> bool:
    """Whether a face is inside a portrait photo that one pass saw, whatever face size it gave."""
    return standing.frame.pixels().contains(*face.box.centre_xy)


def _detection(face: Face, portrait: ConfirmedFace, wh: tuple[int, int]) -> Detection:
    standing = portrait.standing
    middle = np.array((standing.box.x, standing.box.y))
    quad = tuple((float(x), float(y)) for x, y in middle + _TOO_SMALL * (standing.quad - middle))
    document = DocumentPlace(standing.frame.pixels().clipped(wh), quad) if standing.in_document else None
    return Detection(face, (), portrait.rotation, document, no_document=document is None)


def _faces(standings: Sequence[Standing], wh: tuple[int, int], documents: Sequence[Detection]) -> tuple[Face, ...]:
    """Faces beside a portrait, without those inside other documents' portrait photos."""
    frames = [document.document.frame for document in documents if document.document]
    beside = [face for face in standings if not any(frame.contains(face.box.x, face.box.y) for frame in frames)]
    faces = [Face(face.box.pixels().clipped(wh), face.candidate.face_confidence) for face in beside]
    faces += [document.portrait for document in documents]
    return tuple(sorted((face for face in faces if face.box.area), key=lambda face: face.box.area, reverse=True))


class SameFaceDetector:
    """The precise detector's boxes around the fast one's face, so that every route chooses the same portrait."""

    def __init__(self, precise: Detector, fast: FastDetector) -> None:
        self.identity: ModelIdentity = precise.identity
        self._precise, self._fast = precise, fast

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        quick = self._fast.detect(image)
        precise = self._precise.detect(image) if quick else None
        if quick is None or precise is None:
            return quick
        portrait = max(precise.faces, key=lambda face: face.box.iou(quick.portrait.box))
        if not portrait.box.is_same_face(quick.portrait.box):
            portrait = quick.portrait
        others = precise.faces if precise.rotation == quick.rotation else quick.others
        return replace(quick, portrait=portrait, others=tuple(face for face in others if face is not portrait))
