"""Finds the portrait of a small document when a larger face is outside of it. Pure functions.

A holder's face is larger than the portrait on the card, which is a dozen pixels wide in the network's view of the whole
photo. If hardly any document is visible around the likeliest face, or another face is far outside its document, the
network gets close-ups of the smaller faces. If it is sure of a document that does not contain the large face, that
document's portrait comes first. In a close-up a ghost looks like a portrait, too, but it is inside the portrait's
document or close to its visible part.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from img_super.detector.standing import Standing
from img_super.domain import Box

NO_DOCUMENT: Final = -0.5
"""A face with less of a document around it may be an owner's; all of 150 real captures have 1.2 and more."""

LEAST_CONFIDENCE: Final = 0.1
"""A face beside such a one is looked at more closely, however doubtful it is."""

MOST_LOOKS: Final = 2

_SEEN: Final = 1.0
_SMALLER: Final = 1.25
_MUCH_SMALLER: Final = 1.9
_LEAST_DOCUMENT: Final = -1.0
_LEAST_LOOKS: Final = 2.0
BEYOND: Final = 2.0
"""In sides of the portrait's face. Of some documents the network sees too little; ghosts lie up to 1.7 beyond."""

_AROUND: Final = 0.6
"""So much of the document's sides is shown beyond it, in all."""

_SURE_CONFIDENCE: Final = 0.4
_SURE_DOCUMENT: Final = 2.5
_SAME_FACE: Final = 0.6
"""Two middles that lie nearer to each other, in sides of the face, are of one face."""


def worth_a_look(faces: Sequence[Standing], large: Standing) -> Sequence[Standing]:
    """Faces that may be the portrait of a document outside the large face, likeliest first."""
    apart = [face for face in faces if face.looks >= _LEAST_LOOKS and _may_be_apart(face, large)]
    return sorted(apart, key=lambda face: -face.weight)[:MOST_LOOKS]


def _may_be_apart(face: Standing, large: Standing) -> bool:
    if large.document < NO_DOCUMENT:
        return face.document >= _LEAST_DOCUMENT and _is_smaller(face, large, _SMALLER)
    return (
        face.document >= _SEEN
        and _is_smaller(face, large, _SMALLER)
        and _beyond(face, large) >= BEYOND * large.box.size
    )


def _is_smaller(face: Standing, large: Standing, times: float) -> bool:
    return times * face.box.size <= large.box.size


def part_below(face: Standing, photo_wh: tuple[int, int]) -> Box:
    """The part of the photo below an upright face, where its owner holds the card."""
    box, (width, height) = face.box.pixels(), photo_wh
    parts = {
        0: Box(0, box.y_max, width, height),
        90: Box(box.x_max, 0, width, height),
        180: Box(0, 0, width, box.y_min),
        270: Box(0, 0, box.x_min, height),
    }
    return parts[face.rotations[0]].clipped(photo_wh)


def part_around(face: Standing, photo_wh: tuple[int, int]) -> Box:
    """The part of the photo around a document; empty if outside the photo."""
    boxes = (face.frame.pixels(), face.box.pixels())
    points = np.array(
        [*face.quad, *((box.x_min, box.y_min) for box in boxes), *((box.x_max, box.y_max) for box in boxes)]
    )
    inside = Box(*map(int, (*points.min(axis=0), *np.ceil(points.max(axis=0))))).clipped(photo_wh)
    x, y = round(_AROUND / 2 * inside.width), round(_AROUND / 2 * inside.height)
    return inside.grown(x, y).clipped(photo_wh)


def is_portrait_apart(near: Standing, large: Standing) -> bool:
    """Whether this is certainly the portrait of a document that does not contain the large face."""
    sure = near.candidate.face.confidence >= _SURE_CONFIDENCE and near.document >= _SURE_DOCUMENT
    times = _SMALLER if large.document < NO_DOCUMENT else _MUCH_SMALLER
    return sure and _is_smaller(near, large, times) and _beyond(large, near) > 0


def is_ghost_beside(face: Standing, portrait: Standing) -> bool:
    """Whether a face is small and close enough to a portrait's document to be its ghost.

    Engraved ghosts look just like portraits.
    """
    near = _beyond(face, portrait) < BEYOND * portrait.box.size
    return portrait.in_document and near and _is_smaller(face, portrait, _MUCH_SMALLER)


def is_same_face(face: Standing, other: Standing) -> bool:
    """Whether two looks show the same face."""
    apart = np.hypot(face.box.x - other.box.x, face.box.y - other.box.y)
    return bool(apart < _SAME_FACE * max(face.box.size, other.box.size))


def _beyond(face: Standing, portrait: Standing) -> float:
    """The distance of a face's centre from a portrait's document in pixels; negative inside."""
    return -cv2.pointPolygonTest(cv2.convexHull(portrait.quad), (face.box.x, face.box.y), measureDist=True)
