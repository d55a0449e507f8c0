"""Whose face is outside of the document: a closer look at a card that is small in the photo. Pure functions.

An owner who holds up his card is larger than its portrait, which is a dozen pixels wide in what the network sees of the
whole photo. Where hardly any document is seen around the likeliest face, or another one stands far beyond its document,
the parts of the photo around smaller faces are shown to the network as large as it takes them. Where it is sure of a
document that the large face is outside of, its portrait comes first. So near, a ghost looks like a portrait, too: what
keeps it behind is that it lies in the portrait's document or not far beside what is seen of it.
"""

from __future__ import annotations

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
    """Faces that may be the portrait of a document which the large one is outside of, the likeliest first."""
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
    """What of the photo is below a face that stands upright: there an owner holds his card."""
    box, (width, height) = face.box.pixels(), photo_wh
    parts = {
        0: Box(0, box.y_max, width, height),
        90: Box(box.x_max, 0, width, height),
        180: Box(0, 0, width, box.y_min),
        270: Box(0, 0, box.x_min, height),
    }
    return parts[face.rotations[0]].clipped(photo_wh)


def part_around(face: Standing, photo_wh: tuple[int, int]) -> Box:
    """What of the photo is shown of a document; empty where it lies beyond."""
    boxes = (face.frame.pixels(), face.box.pixels())
    points = np.array(
        [*face.quad, *((box.x_min, box.y_min) for box in boxes), *((box.x_max, box.y_max) for box in boxes)]
    )
    inside = Box(*map(int, (*points.min(axis=0), *np.ceil(points.max(axis=0))))).clipped(photo_wh)
    x, y = round(_AROUND / 2 * inside.width), round(_AROUND / 2 * inside.height)
    return inside.grown(x, y).clipped(photo_wh)


def is_portrait_apart(near: Standing, large: Standing) -> bool:
    """Whether this is the portrait of a document, no doubt, which the large face is outside of."""
    sure = near.candidate.face.confidence >= _SURE_CONFIDENCE and near.document >= _SURE_DOCUMENT
    times = _SMALLER if large.document < NO_DOCUMENT else _MUCH_SMALLER
    return sure and _is_smaller(near, large, times) and _beyond(large, near) > 0


def is_ghost_beside(face: Standing, portrait: Standing) -> bool:
    """Whether a face is so small and so near to what is seen of a portrait's document that it is this one's ghost.

    Ghosts that are engraved look as much like a portrait as one does.
    """
    near = _beyond(face, portrait) < BEYOND * portrait.box.size
    return portrait.in_document and near and _is_smaller(face, portrait, _MUCH_SMALLER)


def is_same_face(face: Standing, other: Standing) -> bool:
    """Whether two looks saw one face."""
    apart = np.hypot(face.box.x - other.box.x, face.box.y - other.box.y)
    return bool(apart < _SAME_FACE * max(face.box.size, other.box.size))


def _beyond(face: Standing, portrait: Standing) -> float:
    """How far a face's middle is outside of a portrait's document, in pixels; below 0 inside."""
    return -cv2.pointPolygonTest(cv2.convexHull(portrait.quad), (face.box.x, face.box.y), measureDist=True)
