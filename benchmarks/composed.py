"""Photos composed of fictitious people and documents, with known portrait positions.

People, designs and backgrounds are split into two halves: choices are made on the first, results reported on the
second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.photos import photos_in
from img_super.domain import Box, Float32Array, RgbImage
from img_super.lab.synthesis.documents.docxpand import DOCXPAND_FRAMES, without_portrait
from img_super.pipeline.decode import decode_image

CARD_WIDTH_PX: Final = 900
GHOST_SIZES: Final = (0.4, 1.2)
"""Of the portrait's."""

GHOST_OPACITIES: Final = (0.25, 0.6)
_EDGE_PX: Final = 5
_STREAKS_PX: Final = 6.0


class Half(IntEnum):
    """Which half of people, designs and backgrounds."""

    CHOSEN_ON = 0
    REPORTED = 1


DESIGNS: Final = {
    Half.CHOSEN_ON: ("id_card_td1_a", "id_card_td2_a", "pp_td3_a", "rp_card_td1"),
    Half.REPORTED: ("id_card_td1_b", "id_card_td2_b", "pp_td3_b", "pp_td3_c", "rp_card_td2"),
}


@dataclass(frozen=True, slots=True)
class Material:
    """Files of one half."""

    people: Sequence[Path]
    designs: Sequence[Path]
    backgrounds: Sequence[Path]

    @classmethod
    def of(cls, data: Path, half: Half, people: str = "portraits-cc0") -> Material:
        """From the folders of portraits, `card-designs-docxpand` and `backgrounds`."""
        designs = [data / "card-designs-docxpand" / name / "front.png" for name in DESIGNS[half]]
        return cls(photos_in(data / people)[half::2], designs, photos_in(data / "backgrounds")[half::2])


@dataclass(frozen=True, slots=True)
class Card:
    """A side of a document; the portrait's box in its own pixels, None on a back."""

    image: RgbImage
    portrait: Box | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card lies: its middle, its width, and by how many degrees it is turned."""

    x: float
    y: float
    width: float
    degrees: float = 0.0


@dataclass(frozen=True, slots=True)
class Composed:
    """A photo, where each document's portrait lies, and the upright boxes around the documents."""

    image: RgbImage
    portraits: tuple[Box, ...] = ()
    documents: tuple[Box, ...] = ()


@lru_cache(64)
def picture(path: Path) -> RgbImage:
    """A file's pixels."""
    return decode_image(path.read_bytes())


@lru_cache
def _reduced(design: Path) -> RgbImage:
    front = picture(design)
    return _resized(front, (CARD_WIDTH_PX, round(front.shape[0] * CARD_WIDTH_PX / front.shape[1])))


# Cards -------------------------------------------------------------------------------------------------------------


def card(design: Path, person: RgbImage, rng: np.random.Generator, ghost: float = 0.0) -> Card:
    """A design with a person in it, and a ghost so many times as large as the portrait."""
    image, frame = _front(design)
    photo = covering(person, (frame.width, frame.height))
    image[frame.y_min : frame.y_max, frame.x_min : frame.x_max] = photo
    if ghost:
        _draw_ghost(image, photo, frame, ghost, rng)
    return Card(image, frame)


def back(design: Path) -> Card:
    """A side without a portrait."""
    image, _ = _front(design)
    return Card(without_portrait(image, DOCXPAND_FRAMES[design.parent.name]), None)


def _front(design: Path) -> tuple[RgbImage, Box]:
    image, shares = _reduced(design).copy(), DOCXPAND_FRAMES[design.parent.name]
    return image, Box(*(round(share * image.shape[1 - index % 2]) for index, share in enumerate(shares)))


def _draw_ghost(image: RgbImage, photo: RgbImage, frame: Box, size: float, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    size = min(size, (width - frame.x_max - 4 * _EDGE_PX) / frame.width, (height - 4 * _EDGE_PX) / frame.height)
    wide, high = round(frame.width * size), round(frame.height * size)
    x = int(rng.integers(frame.x_max + _EDGE_PX, width - wide - _EDGE_PX))
    y = int(rng.integers(_EDGE_PX, height - high - _EDGE_PX))
    grey = cv2.cvtColor(_resized(photo, (wide, high)), cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    there, opacity = image[y : y + high, x : x + wide], rng.uniform(*GHOST_OPACITIES)
    there[:] = (there * (1 - opacity) + (0.75 * grey + 62) * opacity).astype(np.uint8)


# Photos ------------------------------------------------------------------------------------------------------------


def laid(cards: Sequence[Card], places: Sequence[Place], ground: RgbImage) -> Composed:
    """Cards on a ground, one over the other."""
    image, wh = ground.copy(), (ground.shape[1], ground.shape[0])
    portraits, documents = [], []
    for one, place in zip(cards, places, strict=True):
        to_photo = _to_photo(one, place)
        mask = cv2.warpAffine(np.full(one.image.shape[:2], 255, np.uint8), to_photo, wh)
        there = cv2.warpAffine(one.image, to_photo, wh, flags=cv2.INTER_AREA)
        cv2.copyTo(there, (mask > 127).astype(np.uint8), image)
        portraits += [] if one.portrait is None else [_around(one.portrait, to_photo)]
        documents.append(_around(Box(0, 0, one.image.shape[1], one.image.shape[0]), to_photo))
    return Composed(image, tuple(portraits), tuple(documents))


def one_document(material: Material, person: Path, rng: np.random.Generator, design: int) -> Composed:
    """A document that fills the photo nearly or half, with a ghost."""
    one = card(material.designs[design], picture(person), rng, rng.uniform(*GHOST_SIZES))
    height = round(1200 * one.image.shape[0] / one.image.shape[1]) + 60
    place = Place(600, height / 2, 1200 * rng.uniform(0.5, 0.96), rng.uniform(-8, 8))
    return laid([one], [place], ground(material, (1200, height), rng))


def two_documents(material: Material, people: tuple[Path, Path], rng: np.random.Generator) -> Composed:
    """Two documents beside each other, or one above the other."""
    return _both([card(_one_of(material.designs, rng), picture(person), rng) for person in people], material, rng)


def front_and_back(material: Material, person: Path, rng: np.random.Generator) -> Composed:
    """Both sides of a document in one photo; the front, which may have a ghost, comes first or last."""
    design = _one_of(material.designs, rng)
    sides = [card(design, picture(person), rng, rng.choice([0.0, 0.5])), back(design)]
    return _both(sides if rng.random() < 0.5 else sides[::-1], material, rng)


def _both(cards: Sequence[Card], material: Material, rng: np.random.Generator) -> Composed:
    tilt = [rng.uniform(-6, 6) for _ in cards]
    if rng.random() < 0.5:
        wide = 1200 * rng.uniform(0.38, 0.46)
        at = [Place(1200 * x, 900 * rng.uniform(0.3, 0.7), wide, tilt[index]) for index, x in enumerate((0.25, 0.75))]
        return laid(cards, at, ground(material, (1200, 900), rng))
    at = [Place(450, 1200 * y, 900 * rng.uniform(0.6, 0.8), tilt[index]) for index, y in enumerate((0.27, 0.74))]
    return laid(cards, at, ground(material, (900, 1200), rng))


def owner_with_card(material: Material, people: tuple[Path, Path], rng: np.random.Generator) -> Composed:
    """An owner above a card with another photo: he fills the photo, or stands further away."""
    owner, held = people
    one = card(_one_of(material.designs, rng), picture(held), rng, rng.choice([0.0, 0.5]))
    if rng.random() < 0.5:
        behind = covering(picture(owner), (1200, 1500))
    else:
        behind = _standing_back(picture(owner), round(1200 * rng.uniform(0.45, 0.75)), (1200, 1500))
    x, y, width = 1200 * rng.uniform(0.4, 0.7), 1500 * rng.uniform(0.76, 0.82), 1200 * rng.uniform(0.35, 0.55)
    return laid([one], [Place(x, y, width, rng.uniform(-10, 10))], behind)


def _standing_back(person: RgbImage, side: int, wh: tuple[int, int]) -> RgbImage:
    """A person of that width at the top of a photo; what is at his picture's edges goes on to the photo's.

    A picture with edges of its own would be a second photo, not an owner.
    """
    left = (wh[0] - side) // 2
    around = (0, wh[1] - side, left, wh[0] - side - left)
    behind = cv2.copyMakeBorder(_resized(person, (side, side)), *around, cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(behind, (0, 0), _STREAKS_PX)
    soft[:side, left : left + side] = behind[:side, left : left + side]
    return soft.astype(np.uint8, copy=False)


def ground(material: Material, wh: tuple[int, int], rng: np.random.Generator) -> RgbImage:
    """What documents lie on."""
    return covering(picture(_one_of(material.backgrounds, rng)), wh).copy()


def covering(image: RgbImage, wh: tuple[int, int]) -> RgbImage:
    """The image so large that it covers width and height; what reaches beyond, on both sides or below, is cut off."""
    scale = max(wanted / there for wanted, there in zip(wh, image.shape[1::-1], strict=True))
    large = _resized(image, tuple(max(w, round(side * scale)) for w, side in zip(wh, image.shape[1::-1], strict=True)))
    left = (large.shape[1] - wh[0]) // 2
    return large[: wh[1], left : left + wh[0]]


def _one_of(files: Sequence[Path], rng: np.random.Generator) -> Path:
    return files[int(rng.integers(len(files)))]


def _resized(image: RgbImage, wh: tuple[int, ...]) -> RgbImage:
    return cv2.resize(image, (wh[0], wh[1]), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _to_photo(one: Card, place: Place) -> Float32Array:
    height, width = one.image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), place.degrees, place.width / width)
    matrix[:, 2] += (place.x - width / 2, place.y - height / 2)
    return matrix.astype(np.float32)


def _around(box: Box, to_photo: Float32Array) -> Box:
    corners = np.array([(x, y, 1) for x in (box.x_min, box.x_max) for y in (box.y_min, box.y_max)], np.float32)
    x, y = to_photo @ corners.T
    return Box(int(x.min()), int(y.min()), int(x.max()), int(y.max()))
