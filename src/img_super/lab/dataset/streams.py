"""Crops that stay on disk until a batch needs them, for data sets larger than memory."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy

from img_super.domain import BoolArray, Int64Array, UInt8Array
from img_super.lab.dataset.crops import CropSet, OfRows, by_shard
from img_super.lab.dataset.manifest import BadDataSet, SampleRow, read_manifest

_LOCAL_HEADER_BYTES: Final = 30
_LENGTHS_AT: Final = 26
"""Where a member's local header says how long its name and its extra field are. Source: PKWARE, APPNOTE.TXT, 4.3.7."""


@dataclass(frozen=True, slots=True)
class ShardedPixels:
    """Equally sized arrays of several shards, by number; `places` int64 [n, 2] are shard and position."""

    shards: Sequence[UInt8Array]
    places: Int64Array

    def __getitem__(self, position: int, /) -> UInt8Array:
        shard, place = self.places[position]
        return np.array(self.shards[shard][place])


@dataclass(frozen=True, slots=True)
class CropStream(OfRows):
    """Like `crops.CropSet`, with pixels read on demand."""

    crops: ShardedPixels
    masks: ShardedPixels
    rows: tuple[SampleRow, ...]
    has_mask: BoolArray | None = None

    def at(self, positions: Int64Array) -> "CropStream":
        """The crops at these positions, in this order."""
        crops, masks = (ShardedPixels(pixels.shards, pixels.places[positions]) for pixels in (self.crops, self.masks))
        return CropStream(crops, masks, tuple(self.rows[position] for position in positions))


Crops = CropSet | CropStream
"""What batches are made of: in memory or on disk."""


def stream_crops(folder: Path, limit: int | None = None) -> CropStream:
    """Open a data set of `img-super synthesize`; at most `limit` crops.

    Raises `BadDataSet`: no manifest, a damaged row, a missing or damaged shard, or one with another number of crops.
    """
    members = sorted(by_shard(read_manifest(folder, SampleRow)).items())
    crops, masks = ([_mapped(folder, shard, name, len(rows)) for shard, rows in members] for name in ("crops", "masks"))
    rows = tuple(row for _, shard_rows in members for row in sorted(shard_rows, key=lambda row: row.position))[:limit]
    numbers = {shard: number for number, (shard, _) in enumerate(members)}
    places = np.array([(numbers[row.shard], row.position) for row in rows], np.int64)
    return CropStream(ShardedPixels(crops, places), ShardedPixels(masks, places), rows)


def _mapped(folder: Path, shard: str, name: str, count: int) -> UInt8Array:
    path = folder / f"{shard}.npz"
    try:
        array = mapped(path, name)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise BadDataSet(f"{path} cannot be read: {error}. Run `img-super synthesize` again.") from error
    if len(array) != count:
        raise BadDataSet(f"{shard} holds {len(array)} crops, its manifest says {count}.")
    return array


def mapped(path: Path, name: str) -> UInt8Array:
    """A memory-mapped array of an uncompressed `.npz`.

    Raises `KeyError`: there is no such array; `ValueError`: it is compressed, or not an array of bytes.
    """
    with ZipFile(path) as archive, path.open("rb") as file:
        member = archive.getinfo(f"{name}.npy")
        file.seek(member.header_offset + _LENGTHS_AT)
        name_bytes, extra_bytes = struct.unpack("<HH", file.read(4))
        file.seek(member.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes)
        if member.compress_type != ZIP_STORED or npy.read_magic(file) != (1, 0):
            raise ValueError(f"{name} is compressed or of another format")
        shape, by_columns, dtype = npy.read_array_header_1_0(file)
        if dtype != np.uint8 or by_columns:
            raise ValueError(f"{name} holds no bytes in rows")
        return np.memmap(path, np.uint8, "r", file.tell(), shape)
