"""An endless stream of batches of pairs, made on demand; the same seed gives the same batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from img_super.lab.forging.base import RENDERED, Base, StoredBase, opened
from img_super.lab.forging.forge import Pair, Stock, forged_pair
from img_super.lab.synthesis.portraits.portrait import Portrait

_ENGRAVED_WEIGHT: Final = 2 / 3
"""Of a banknote's design relative to a card's: few people and designs, and no photo on them."""

_ALIKE_SHARE: Final = 0.6
_VARIANT_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Crops uint8 [2n, side, side, 3], genuine ones first, their attacks in the same order; masks uint8 [n, 56, 56]."""

    crops: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]
    species: list[str]


@dataclass(frozen=True, slots=True)
class Bases:
    """The bases: rendered documents, and real captures by document, each design weighted equally.

    Attributes:
        real_share: how many of all bases are real captures.
    """

    rendered: Sequence[StoredBase]
    real: Mapping[str, Sequence[StoredBase]]
    real_share: float

    def draw(self, rng: np.random.Generator) -> Base:
        """One of them."""
        if not self.real or (self.rendered and rng.random() >= self.real_share):
            return opened(self.rendered[int(rng.integers(len(self.rendered)))])
        return self._real(rng, sorted(self.real))

    def like(self, rng: np.random.Generator, base: Base) -> Base:
        """One that is rendered, too, or a real capture of the same set, of any document."""
        if base.source == RENDERED:
            return opened(self.rendered[int(rng.integers(len(self.rendered)))])
        kind = base.document.split("/")[0]
        return self._real(rng, [name for name in sorted(self.real) if name.startswith(kind)])

    def _real(self, rng: np.random.Generator, names: Sequence[str]) -> Base:
        weights = np.array([1.0 if name.startswith("midv") else _ENGRAVED_WEIGHT for name in names])
        chosen = self.real[str(rng.choice(names, p=weights / weights.sum()))]
        return opened(chosen[int(rng.integers(len(chosen)))])


def by_document(bases: Sequence[StoredBase]) -> dict[str, list[StoredBase]]:
    """The bases of each document."""
    found: dict[str, list[StoredBase]] = {}
    for base in bases:
        found.setdefault(base.document, []).append(base)
    return found


def pair_batches(
    seed: Sequence[int], bases: Bases, stock: Stock, pairs: int, sides_px: Sequence[int], donors_from_bases: float
) -> Iterator[PairBatch]:
    """Batches of one of these sides each.

    Args:
        donors_from_bases: how many donors are portraits of other bases, as printed and photographed there.
    """
    rng = np.random.default_rng(seed)
    while True:
        side_px = int(rng.choice(sides_px))
        made = [_pair(rng, bases, stock, side_px, donors_from_bases) for _ in range(pairs)]
        crops = np.stack([pair.genuine for pair in made] + [pair.attack for pair in made])
        yield PairBatch(crops, np.stack([pair.mask for pair in made]), [pair.species for pair in made])


def _pair(rng: np.random.Generator, bases: Bases, stock: Stock, side_px: int, donors_from_bases: float) -> Pair:
    while True:
        base = bases.draw(rng)
        try:
            return forged_pair(rng, base, _donor(rng, bases, base, stock, donors_from_bases), stock, side_px)
        except np.linalg.LinAlgError:  # collinear points: a false detection
            continue


def _donor(rng: np.random.Generator, bases: Bases, base: Base, stock: Stock, share: float) -> Portrait:
    """A person's photo, or another base's portrait: often from the same source, printed and captured alike.

    Where there are variants of the base's portrait, mostly one of them: what a neural face swapper would draw.
    """
    variants = stock.variants.get(base.document)
    if variants and rng.random() < _VARIANT_SHARE:
        return variants[int(rng.integers(len(variants)))]
    if rng.random() >= share:
        return stock.donors[int(rng.integers(len(stock.donors)))]
    alike = rng.random() < _ALIKE_SHARE
    return (bases.like(rng, base) if alike else bases.draw(rng)).person
