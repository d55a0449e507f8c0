"""Lays an attack on the card or into the photo, working only on the part of the picture that it touches."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import Box4, corners_of, onto, overlap, scale_of, shifted, warp
from img_super.lab.synthesis.superimpositions.attack import Attack, Forgery
from img_super.lab.synthesis.superimpositions.blending import blended
from img_super.lab.synthesis.superimpositions.matching import fitted
from img_super.lab.synthesis.superimpositions.own_picture import changed
from img_super.lab.synthesis.superimpositions.paper import Sheet, glued
from img_super.lab.synthesis.superimpositions.repainting import repainted
from img_super.lab.synthesis.superimpositions.reprinting import between, lines_again, reprinted

_REACH: Final = 0.12
"""What is worked on beyond the donor's outline, in face widths: shadows, colours beside it."""

_SCANNED_SHARE: Final = 0.3
_GREY_PRINTED: Final = 0.8
_COLOUR_PRINTED: Final = 0.05
_SAME_PRINTER: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Place:
    """The part of a picture to work on, and the map from card pixels to it."""

    box: Box4
    from_card: Float32Array

    @property
    def part(self) -> tuple[slice, slice]:
        return np.s_[self.box[1] : self.box[3], self.box[0] : self.box[2]]

    @property
    def wh(self) -> tuple[int, int]:
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


def on_card(rng: np.random.Generator, card: Card, attack: Attack) -> Forgery:
    """Lay the attack on the printed card: paper with its own print, or (stage `file`) a digital edit of its image."""
    image, gloss, mask = card.image.copy(), card.gloss.copy(), np.zeros(card.image.shape[:2], np.float32)
    place = _place(attack, np.eye(3, dtype=np.float32), image.shape[:2])
    if min(place.wh) < 2:
        return Forgery(image, gloss, mask, attack.facts)
    base = np.ascontiguousarray(image[place.part])
    if attack.paper is None:
        picture, covered = _edited(rng, base, card, attack, place)
    else:
        picture, covered, gloss[place.part] = _glued(rng, base, gloss[place.part], card, attack, place)
    image[place.part], mask[place.part] = np.clip(picture, 0, 255), covered
    return Forgery(image, gloss, mask, attack.facts)


def on_photo(
    rng: np.random.Generator, photo: Float32Array, card: Card, attack: Attack, to_photo: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """Lay the attack into a photo of the card with an image editor; returns the photo and where it is covered.

    `to_photo`: [3, 3], from the card's pixels to the photo's.
    """
    mask = np.zeros(photo.shape[:2], np.float32)
    place = _place(attack, to_photo, photo.shape[:2])
    if min(place.wh) < 2:
        return photo, mask
    forged = photo.copy()
    base = np.ascontiguousarray(photo[place.part])
    picture, covered = _edited(rng, base, card, attack, place)
    forged[place.part], mask[place.part] = np.clip(picture, 0, 255), covered
    return forged, mask


def _place(attack: Attack, to_target: Float32Array, hw: tuple[int, ...]) -> _Place:
    """The donor's bounds (and the frame's, if its background is painted) with a margin, inside the picture."""
    height, width = attack.cut.alpha.shape
    corners = onto(attack.cut.matrix, corners_of((0, 0, width, height)))
    if len(attack.cut.clip):
        corners = np.clip(corners, attack.cut.clip.min(0) - 1, attack.cut.clip.max(0) + 1)
    if attack.repainting is not None:
        corners = np.concatenate([corners, corners_of(attack.clip_box)])
    corners = onto(to_target, corners.astype(np.float32))
    reach = 3 + _REACH * attack.face_width_px * scale_of(to_target)
    low, high = np.floor(corners.min(0) - reach), np.ceil(corners.max(0) + reach)
    box = overlap((int(low[0]), int(low[1]), int(high[0]), int(high[1])), (hw[1], hw[0]))
    return _Place(box, np.asarray(shifted(-box[0], -box[1]) @ to_target, np.float32))


def _alpha(attack: Attack, place: _Place) -> Float32Array:
    cut = attack.cut
    matrix = np.asarray(place.from_card @ cut.matrix, np.float32)
    alpha = warp(cut.alpha, matrix, place.wh, cv2.BORDER_CONSTANT)
    if len(cut.clip):
        alpha = np.asarray(
            cv2.multiply(alpha, pixels.polygon(alpha.shape, onto(place.from_card, cut.clip))), np.float32
        )
    return np.asarray(alpha > 0.5, np.float32) if cut.aliased else np.clip(alpha, 0, 1)


def _picture(rng: np.random.Generator, base: Float32Array, attack: Attack, place: _Place) -> Float32Array:
    if attack.own is not None:
        return changed(rng, base, attack.own, attack.face_width_px * scale_of(place.from_card))
    return warp(attack.cut.picture, np.asarray(place.from_card @ attack.cut.matrix, np.float32), place.wh)


def _edited(
    rng: np.random.Generator, base: Float32Array, card: Card, attack: Attack, place: _Place
) -> tuple[Float32Array, Float32Array]:
    """A digital edit: the donor is matched and blended, and the security print is laid over it again."""
    alpha, picture = _alpha(attack, place), _picture(rng, base, attack, place)
    lines = lines_again(card, attack.matching, place.from_card, place.wh, _light(base, card))
    if attack.own is None:
        if rng.random() < _SCANNED_SHARE:  # some donors are taken from another print
            picture = printing.print_picture(picture, _process(rng, card, attack.care), rng)
        picture = fitted(rng, picture, base, between(lines, alpha), attack.matching)
    paint_alpha = np.zeros_like(alpha)
    if attack.repainting is not None:
        frame, oval = onto(place.from_card, corners_of(attack.clip_box)), onto(place.from_card, card.outline)
        base, paint_alpha = repainted(rng, base, attack.repainting, oval, frame)
    forged, covered = blended(base, picture, alpha, attack.blend)
    covered = np.asarray(cv2.max(covered, paint_alpha), np.float32)
    if attack.own is None:
        forged = reprinted(forged, covered, lines)
    return forged, covered


def _light(base: Float32Array, card: Card) -> Float32Array:
    """The brightness of the card's channels in the picture, 1 = as on the card."""
    x_min, y_min, x_max, y_max = card.frame
    in_photo = np.array(cv2.mean(base)[:3], np.float32)
    on_card = np.array(cv2.mean(np.ascontiguousarray(card.image[max(0, y_min) : y_max, max(0, x_min) : x_max]))[:3])
    return np.asarray(np.clip(in_photo / (on_card + 1), 0.05, 1.6), np.float32)


def _glued(
    rng: np.random.Generator, base: Float32Array, gloss: Float32Array, card: Card, attack: Attack, place: _Place
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Paper or film with its own print; return the card, the covered area, and the gloss."""
    alpha, picture = _alpha(attack, place), _picture(rng, base, attack, place)
    lines = lines_again(card, attack.matching, place.from_card, place.wh, np.ones(3, np.float32))
    picture = fitted(rng, picture, base, between(lines, alpha), attack.matching)
    picture = printing.print_picture(picture, _process(rng, card, attack.care), rng)
    picture = reprinted(picture, alpha, lines)
    if attack.paper is None:
        return pixels.blend(base, picture, alpha), alpha, gloss
    corners = attack.cut.corners
    if len(corners):
        corners = onto(np.asarray(place.from_card @ attack.cut.matrix, np.float32), corners)
    sheet = glued(rng, Sheet(base, picture, alpha, gloss), attack.paper, corners)
    return pixels.blend(sheet.base, sheet.picture, sheet.alpha), sheet.alpha, sheet.gloss


def _process(rng: np.random.Generator, card: Card, care: float) -> printing.PrintProcess:
    """The donor's printer; careful forgers use one similar to the card's."""
    if rng.random() < _SAME_PRINTER * care:
        return card.process
    return printing.draw_print_process(rng, _GREY_PRINTED if card.grey else _COLOUR_PRINTED)
