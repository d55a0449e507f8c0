"""Which of the detected faces is the portrait, and which way is up. Pure functions, no network."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Final

from img_super.domain import Detection, Face, Rotation

CENTRE_SIGMA: Final = 0.7
"""How far from the middle a portrait is expected, in half sides of the image (a Gaussian's sigma)."""


def choose(faces_by_rotation: Mapping[Rotation, Sequence[Face]], image_wh: tuple[int, int]) -> Detection | None:
    """Choose rotation and portrait; None when no rotation shows a face.

    The most confident face tells which way is up, because a face that lies on its side is seen with less
    confidence or not at all. Among the faces of that rotation the confidence does not tell portrait from ghost
    (a ghost sometimes has more); the prominence does.
    """
    rotations = [rotation for rotation, faces in faces_by_rotation.items() if faces]
    if not rotations:
        return None
    upright = max(rotations, key=lambda rotation: max(face.confidence for face in faces_by_rotation[rotation]))
    by_size = sorted(faces_by_rotation[upright], key=lambda face: face.box.area, reverse=True)
    portrait = max(by_size, key=lambda face: prominence(face, image_wh))
    return Detection(portrait, tuple(face for face in by_size if face is not portrait), upright)


def prominence(face: Face, image_wh: tuple[int, int]) -> float:
    """The face's area in pixels, weighted by how near to the middle of the image it is.

    People put the document into the middle of the photo: without the weight, a larger face in the newspaper on
    the table was taken for the portrait in 4 % of real captures. The weight is mild enough that a ghost image,
    half as wide as the portrait or less, does not win by lying nearer to the middle.
    """
    centre_x, centre_y = face.box.centre_xy
    offset_x, offset_y = (2 * c / side - 1 for c, side in zip((centre_x, centre_y), image_wh, strict=True))
    return face.box.area * exp(-(offset_x**2 + offset_y**2) / (2 * CENTRE_SIGMA**2))
