"""The kinds of photos for measuring the choice of the portrait, made on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from benchmarks.composed import (
    Composed,
    Half,
    Material,
    covering,
    front_and_back,
    one_document,
    owner_with_card,
    picture,
    two_documents,
)
from img_super.domain import ROTATIONS, Box, Rotation
from img_super.lab.dataset.real_captures import KEPT_FROM_TRAINING
from img_super.turn import turn

Photos: TypeAlias = Iterator[Callable[[], Composed]]
Pair: TypeAlias = Callable[[Material, tuple[Path, Path], np.random.Generator], Composed]

SEED: Final = 20
_WIDE: Final = ((1280, 960), (960, 1280), (1600, 900), (1000, 1000))


def _rng(half: Half, number: int) -> np.random.Generator:
    return np.random.default_rng([SEED, half, number])


def ghosts(data: Path, half: Half, people: Sequence[Path] | None = None) -> Photos:
    """One document with a ghost of 0.4 to 1.2 of the portrait: every person on every design."""
    material = Material.of(data, half)
    designs = range(len(material.designs))
    pairs = [(person, design) for person in people or material.people for design in designs]
    for number, (person, design) in enumerate(pairs):
        yield partial(one_document, material, person, _rng(half, number), design)


def ghosts_of_all(data: Path, half: Half) -> Photos:
    """The same with the people of both halves."""
    return ghosts(data, half, [person for one in Half for person in Material.of(data, one).people])


def tight_ghosts(data: Path, half: Half) -> Photos:
    """The same with portraits that are all face."""
    material = Material.of(data, half, "portraits-gan")
    for number, person in enumerate(material.people[:200]):
        yield partial(one_document, material, person, _rng(half, number), number % len(material.designs))


def in_pairs(make: Pair, data: Path, half: Half) -> Photos:
    """Photos of two people each."""
    material = Material.of(data, half)
    for number, person in enumerate([*material.people, *material.people]):
        other = material.people[(7 * number + 3) % len(material.people)]
        yield partial(make, material, (person, other), _rng(half, number))


def both_sides(data: Path, half: Half) -> Photos:
    """Front and back of one document."""
    material = Material.of(data, half)
    for number, person in enumerate(material.people):
        yield partial(front_and_back, material, person, _rng(half, number))


def plain(data: Path, half: Half, people: str = "portraits-cc0") -> Photos:
    """Portraits without a document, as they are and cut into other shapes."""
    for number, person in enumerate(Material.of(data, half, people).people[:150]):
        yield partial(_plain, person, None)
        yield partial(_plain, person, _WIDE[number % len(_WIDE)])


def _plain(person: Path, wh: tuple[int, int] | None) -> Composed:
    image = picture(person)
    return Composed(image if wh is None else covering(image, wh))


def textures(data: Path, half: Half) -> Photos:
    """Wallpapers and textures, of both halves: nothing is chosen on them."""
    del half
    return (partial(_texture, file) for one in Half for file in Material.of(data, one).backgrounds)


def _texture(file: Path) -> Composed:
    return Composed(picture(file))


def captures(data: Path, half: Half) -> Photos:
    """Real captures, in four turns; nothing is chosen on them."""
    del half
    folder = data / "real-captures"
    for name, label in json.loads((folder / "labels.json").read_text()).items():
        for rotation in ROTATIONS:
            yield partial(_turned, folder / name, Box.from_xywh(*label["face_box_xywh"]), rotation)


def _turned(file: Path, face: Box, rotation: Rotation) -> Composed:
    image = picture(file)
    return Composed(turn(image, rotation), (face.turned(rotation, (image.shape[1], image.shape[0])),))


def cards(data: Path, half: Half) -> Photos:
    """Windows of real photos of cards, cut at five sizes of the face: all of them, or those that may be chosen on."""
    for name, label in json.loads((data / "real-bases" / "labels.json").read_text()).items():
        kept = half is Half.REPORTED or label["document"] not in KEPT_FROM_TRAINING
        if label["document"].startswith("midv500") and kept:
            yield partial(_window, data / "real-bases" / name, Box(*map(int, label["face_xyxy"])))


def _window(file: Path, face: Box) -> Composed:
    image = picture(file)
    return Composed(image, (face,), (Box(0, 0, image.shape[1], image.shape[0]),))


KINDS: Final[dict[str, Callable[[Path, Half], Photos]]] = {
    "ghosts": ghosts,
    "ghosts-all": ghosts_of_all,
    "ghosts-tight": tight_ghosts,
    "two-documents": partial(in_pairs, two_documents),
    "owner": partial(in_pairs, owner_with_card),
    "both-sides": both_sides,
    "plain": plain,
    "plain-tight": partial(plain, people="portraits-gan"),
    "textures": textures,
    "captures": captures,
    "cards": cards,
}
