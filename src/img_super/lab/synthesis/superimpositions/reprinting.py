"""Lays the security print over the donor again, as careful forgers do: lines that nearly meet, missing stamp parts."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import shifted, warp
from img_super.lab.synthesis.superimpositions.matching import Matching

_STAMPED: Final = ("stamp", "signature", "hologram")
_CLEAR: Final = 0.12
_ENOUGH: Final = 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """A layer of security print as the forger lays it: alpha in picture pixels, and colour."""

    alpha: Float32Array
    colour: Float32Array


def lines_again(
    card: Card, matching: Matching, from_card: Float32Array, wh: tuple[int, int], light: Float32Array
) -> tuple[Line, ...]:
    """The card's overprints that the forger lays again, slightly misplaced.

    `from_card`: [3, 3], from the card's pixels to the picture's; `light`: the brightness of each channel of the card
    there, 1 = as on the card.
    """
    offset = matching.lines_dx * card.face_width_px, matching.lines_dy * card.face_width_px
    matrix = np.asarray(from_card @ shifted(*offset), np.float32)
    lines = []
    for overprint in card.overprints:
        strength = matching.stamps if any(word in overprint.kind for word in _STAMPED) else matching.lines
        if strength > 0:
            alpha = warp(np.asarray(overprint.alpha, np.float32), matrix, wh, cv2.BORDER_CONSTANT)
            colour = np.asarray(np.clip(np.asarray(overprint.colour) * light, 0, 255), np.float32)
            lines.append(Line(alpha * np.float32(strength / 255), colour))
    return tuple(lines)


def between(lines: tuple[Line, ...], alpha: Float32Array) -> Float32Array:
    """Where the original portrait shows without security print, as a reference for the donor."""
    if not lines:
        return alpha
    clear = alpha.copy()
    for line in lines:
        clear[line.alpha > _CLEAR] = 0
    return clear if clear.sum() > _ENOUGH * alpha.sum() else alpha


def reprinted(picture: Float32Array, covered: Float32Array, lines: tuple[Line, ...]) -> Float32Array:
    """`picture` with the lines over what is covered."""
    for line in lines:
        picture = pixels.blend(picture, line.colour, np.asarray(cv2.multiply(line.alpha, covered), np.float32))
    return picture
