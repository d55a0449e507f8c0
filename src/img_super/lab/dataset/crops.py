"""Reads a data set of crops: its manifest and shards, whatever made them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from img_super.domain import BoolArray, Float32Array, Int64Array, StrArray, UInt8Array
from img_super.lab.dataset.manifest import BadDataSet, SampleRow, existing, read_manifest

RowT = TypeVar("RowT", bound=SampleRow)


class OfRows:
    """The crops' rows, one per crop."""

    __slots__ = ()
    rows: tuple[SampleRow, ...]

    @property
    def labels(self) -> Float32Array:
        return np.array([row.label for row in self.rows], np.float32)

    @property
    def species(self) -> StrArray:
        return np.array([row.species for row in self.rows], dtype=np.str_)

    @property
    def documents(self) -> StrArray:
        return np.array([row.document for row in self.rows], dtype=np.str_)


@dataclass(frozen=True, slots=True)
class CropSet(OfRows):
    """Crops with their labels."""

    crops: UInt8Array  # uint8 [n, side, side, 3]
    masks: UInt8Array  # uint8 [n, 56, 56], 255 where something was laid over
    rows: tuple[SampleRow, ...]  # one per crop, in the same order
    has_mask: BoolArray | None = None  # the crops with a known mask; None: all

    def first(self, count: int) -> "CropSet":
        """The first `count` crops."""
        return self.at(np.arange(min(count, len(self.rows))))

    def at(self, positions: Int64Array) -> "CropSet":
        """The crops at these positions, in this order."""
        rows = tuple(self.rows[position] for position in positions)
        has_mask = None if self.has_mask is None else self.has_mask[positions]
        return CropSet(self.crops[positions], self.masks[positions], rows, has_mask)


def read_crops(folder: Path, limit: int | None = None, rows_as: type[SampleRow] = SampleRow) -> CropSet:
    """Read a data set into memory (250 kB per crop of 288 px); at most `limit` crops, with rows of this step.

    Raises `BadDataSet`: no manifest, a damaged row, a missing shard, or a shard with another number of crops.
    """
    crops, masks, rows = [], [], []
    for shard, shard_rows in sorted(by_shard(read_manifest(folder, rows_as)).items()):
        shard_crops, shard_masks = read_shard(folder, shard, len(shard_rows))
        crops.append(shard_crops)
        masks.append(shard_masks)
        rows += sorted(shard_rows, key=lambda row: row.position)
        if limit is not None and len(rows) >= limit:
            break
    return CropSet(np.concatenate(crops)[:limit], np.concatenate(masks)[:limit], tuple(rows[:limit]))


def by_shard(rows: Iterable[RowT]) -> dict[str, list[RowT]]:
    """The rows of each shard, in their order."""
    members: dict[str, list[RowT]] = {}
    for row in rows:
        members.setdefault(row.shard, []).append(row)
    return members


def read_shard(folder: Path, shard: str, count: int) -> tuple[UInt8Array, UInt8Array]:
    """A shard's crops and masks. Raises `BadDataSet` if their number differs from the manifest."""
    with np.load(existing(folder / f"{shard}.npz")) as arrays:
        crops, masks = arrays["crops"], arrays["masks"]
    if len(crops) != count:
        raise BadDataSet(f"{shard} holds {len(crops)} crops, its manifest says {count}.")
    return crops, masks
