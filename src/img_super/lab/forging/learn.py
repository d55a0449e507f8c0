"""Connects forging with training: batches from processes, folded training, the network written back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from img_super.lab.dataset.manifest import read_manifest
from img_super.lab.forging import eigenfaces
from img_super.lab.forging.base import StoredBase, opened, read_bases
from img_super.lab.forging.forge import Stock
from img_super.lab.forging.processes import in_processes
from img_super.lab.forging.rendered import BaseRow
from img_super.lab.forging.stream import Bases, PairBatch, by_document, pair_batches
from img_super.lab.forging.tool_swaps import OneOf, Redraw, aligned
from img_super.lab.synthesis.portraits.drawn import SOURCE, draw_variants
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.sources import Wanted, load_sources
from img_super.lab.training.folded import autoencoders, carry, super_resolution
from img_super.lab.training.folded.train import FoldedRecipe, train
from img_super.pipeline.crop import resize_to_input
from img_super.validator.saved_network import open_network

_PRINTED_EVERY: Final = 6
"""Of the rendered bases, whose faces autoencoders learn beside people's photos."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Starts a stream of batches in the calling process; its material is read once, beforehand."""

    recipe: FoldedRecipe
    bases: Bases
    stock: Stock

    def __call__(self, worker: int) -> Iterator[PairBatch]:
        recipe = self.recipe
        seed = (recipe.seed, worker)
        return pair_batches(seed, self.bases, self.stock, recipe.pairs, recipe.sides_px, recipe.donors_from_bases)


def read_streams(recipe: FoldedRecipe, bases: Path, data: Path, cache: Path) -> Streams:
    """Read the bases of `forge bases` and the people of training. Raises `NothingToDrawFrom` without people."""
    people = load_sources(data, cache, Wanted("train")).portraits
    real = by_document(read_bases(bases / "real"))
    rendered = read_bases(bases / "rendered")
    variants = _variants(bases / "rendered", recipe.variants, cache)
    stock = Stock(people, eigenfaces.fitted(people), _redraw(recipe, people, rendered, cache), variants)
    return Streams(recipe, Bases(rendered, real, recipe.real_share), stock)


def _variants(rendered: Path, count: int, cache: Path) -> dict[str, list[Portrait]]:
    """By document: variants of its portrait, where that was drawn here."""
    identities = {
        row.document: row.portrait for row in read_manifest(rendered, BaseRow) if row.portrait.startswith(f"{SOURCE}/")
    }
    drawn = draw_variants(sorted(set(identities.values())), count, cache) if count else {}
    return {document: drawn[identity] for document, identity in identities.items() if drawn.get(identity)}


def _redraw(
    recipe: FoldedRecipe, people: Sequence[Portrait], rendered: Sequence[StoredBase], cache: Path
) -> Redraw | None:
    """The cache's autoencoders, or new ones (a quarter of an hour); super-resolution, too, where it is installed."""
    if not recipe.autoencoder_steps:
        return None
    printed = (opened(base).person for base in rendered[::_PRINTED_EVERY])
    faces = [aligned(person) for person in (*people, *printed)]
    file = cache / "autoencoders.pt"
    networks = autoencoders.read_or_train(file, faces, recipe.autoencoder_steps, recipe.seed)
    enlarging = super_resolution.installed()
    return OneOf((networks.drawn_again, *([enlarging.drawn_again] if enlarging else [])))


def learn(first: Path, streams: Streams, out: Path) -> None:
    """Train on; writes `after.keras` and `mean.keras`, the mean of the weights before and after.

    The mean keeps what was known. Source: M. Wortsman et al., "Robust fine-tuning of zero-shot models", 2022.
    """
    network = open_network(first)
    before = carry.fold(network)
    after = train(streams.recipe, before, in_processes(streams, streams.recipe.workers), out)
    side_px = int(network.inputs[0].shape[1])
    batch = next(streams(streams.recipe.workers))  # a separate stream, unseen in training
    crops = np.stack([resize_to_input(crop, side_px) for crop in batch.crops])
    for name, weights in {"after": after, "mean": carry.mean_of([before, after])}.items():
        carry.unfold(weights, network, crops)
        network.save(out / f"{name}.keras")
