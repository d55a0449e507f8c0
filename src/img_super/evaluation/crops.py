"""Reads a data set of crops: its shards and its manifest. Knows nothing of how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from img_super.errors import ImgSuperError

UInt8Array = npt.NDArray[np.uint8]


class BadDataSet(ImgSuperError):
    """A data set of crops is missing or does not hold what its manifest says."""


class SampleRow(msgspec.Struct, frozen=True):
    """What learning and measuring need of a manifest's row; further fields are ignored."""

    shard: str
    position: int
    label: int
    species: str
    document: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class CropSet:
    """Crops with their truth.

    Attributes:
        crops: uint8 [n, side, side, 3].
        masks: uint8 [n, 56, 56], 255 where something was laid over.
        rows: one a crop, in the same order.
    """

    crops: UInt8Array
    masks: UInt8Array
    rows: tuple[SampleRow, ...]

    @property
    def labels(self) -> npt.NDArray[np.float32]:
        return np.array([row.label for row in self.rows], np.float32)

    @property
    def species(self) -> npt.NDArray[np.str_]:
        return np.array([row.species for row in self.rows], dtype=np.str_)

    @property
    def documents(self) -> npt.NDArray[np.str_]:
        return np.array([row.document for row in self.rows], dtype=np.str_)

    def first(self, count: int) -> CropSet:
        """The first `count` crops."""
        return CropSet(self.crops[:count], self.masks[:count], self.rows[:count])


def read_crops(folder: Path, limit: int | None = None) -> CropSet:
    """Read a data set into memory (150 kB a crop of 224 px); at most `limit` crops.

    Raises:
        BadDataSet: no manifest, a damaged row, a missing shard, or a shard with another number of crops.
    """
    by_shard = _rows_by_shard(folder)
    crops, masks, rows = [], [], []
    for shard, shard_rows in sorted(by_shard.items()):
        with np.load(_existing(folder / f"{shard}.npz")) as stored:
            if len(stored["crops"]) != len(shard_rows):
                raise BadDataSet(f"{shard} holds {len(stored['crops'])} crops, its manifest says {len(shard_rows)}.")
            crops.append(stored["crops"])
            masks.append(stored["masks"])
        rows += sorted(shard_rows, key=lambda row: row.position)
        if limit is not None and len(rows) >= limit:
            break
    return CropSet(np.concatenate(crops)[:limit], np.concatenate(masks)[:limit], tuple(rows[:limit]))


def _rows_by_shard(folder: Path) -> dict[str, list[SampleRow]]:
    decoder = msgspec.json.Decoder(SampleRow)
    by_shard: dict[str, list[SampleRow]] = {}
    try:
        for line in _existing(folder / "manifest.jsonl").read_bytes().splitlines():
            row = decoder.decode(line)
            by_shard.setdefault(row.shard, []).append(row)
    except msgspec.DecodeError as error:
        raise BadDataSet(f"The manifest in {folder} has a damaged row: {error}.") from error
    if not by_shard:
        raise BadDataSet(f"The manifest in {folder} has no rows.")
    return by_shard


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise BadDataSet(f"{path} is missing; run `img-super synthesize`.")
    return path
