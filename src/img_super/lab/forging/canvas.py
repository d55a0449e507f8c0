"""A genuine photo as the generator's attacks take it: a card without overprints, and the map from card to photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.forging.base import Base
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import corners_of, onto, warp
from img_super.lab.synthesis.superimpositions.matching import is_monochrome

_MARGIN: Final = 0.6
"""Of the card around the portrait's frame, in its widths."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A base ready to be forged.

    Attributes:
        photo: float32 RGB, 0 to 255; what is forged.
        card: the portrait and some card around it, seen from straight above.
        to_photo: [3, 3], from the card's pixels to the photo's.
        grey: the portrait shows no colour.
    """

    base: Base
    photo: Float32Array
    card: Card
    to_photo: Float32Array

    @property
    def grey(self) -> bool:
        return self.card.grey


def canvas_of(rng: np.random.Generator, base: Base) -> Canvas:
    """The canvas of a base; its print process is unknown and drawn at random."""
    photo = pixels.as_float(base.image)
    quad = base.frame_quad
    width = max(16, round(float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2))
    height = max(16, round(float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2))
    margin = round(_MARGIN * width)
    frame = (margin, margin, margin + width, margin + height)
    to_photo = np.asarray(cv2.getPerspectiveTransform(corners_of(frame), quad), np.float32)
    from_photo = np.asarray(np.linalg.inv(to_photo), np.float32)
    image = warp(photo, from_photo, (width + 2 * margin, height + 2 * margin))
    outline = onto(from_photo, base.person.outline)
    card = Card(
        image, np.zeros(image.shape[:2], np.float32), frame, onto(from_photo, base.person.landmarks), outline,
        float(np.ptp(outline[:, 0])), _is_grey(image, outline), (), printing.draw_print_process(rng), {},
    )  # fmt: skip
    return Canvas(base, photo, card, to_photo)


def _is_grey(image: Float32Array, outline: Float32Array) -> bool:
    low, high = np.maximum(outline.min(0), 0).astype(int), outline.max(0).astype(int) + 1
    face = np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]])
    inside = np.zeros(face.shape[:2], np.float32)
    cv2.fillConvexPoly(inside, np.round(outline - low).astype(np.int32), 1.0)
    return is_monochrome(face, inside)
