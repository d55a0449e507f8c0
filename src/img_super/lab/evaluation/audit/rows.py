"""What the audit reads of a data set: its manifest's rows, and its shards one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from img_super.domain import Box
from img_super.lab.dataset.crops import UInt8Array, by_shard, read_manifest, read_shard
from img_super.pipeline import crop

Corner = tuple[float, float]
Facts = dict[str, str | float | bool]


class FileFacts(msgspec.Struct, frozen=True):
    """The last file that carried the photo: `jpeg`, `webp` or `png`, its size, and the encoder's settings."""

    format: str
    bytes: int
    quality: float
    subsampled: bool


class AuditRow(msgspec.Struct, frozen=True):
    """What the audit needs of a manifest's row; further fields are ignored.

    Attributes:
        document: a genuine sample and its attack share it.
        portrait, donor, design: by them splits are made; `donor` is empty for genuine samples.
        face_xyxy: the detector's box, in pixels of the photo.
        frame_quad: the portrait frame's corners in the crop's pixels, in the same order for every sample.
        photo_wh: size of the last file, pixels.
        card, capture, passing: every parameter that was drawn for the pair.
    """

    shard: str
    position: int
    label: int
    document: str
    portrait: str
    donor: str
    design: str
    face_xyxy: tuple[float, float, float, float]
    frame_quad: tuple[Corner, Corner, Corner, Corner]
    photo_wh: tuple[int, int]
    file: FileFacts
    card: Facts
    capture: Facts
    passing: Facts

    @property
    def face_wh(self) -> tuple[float, float]:
        x_min, y_min, x_max, y_max = self.face_xyxy
        return max(1.0, x_max - x_min), max(1.0, y_max - y_min)

    @property
    def crop_box(self) -> Box:
        """What was cut out, in pixels of the photo; it may reach beyond."""
        x_min, y_min, x_max, y_max = (round(value) for value in self.face_xyxy)
        return crop.crop_box(Box(x_min, y_min, max(x_min + 1, x_max), max(y_min + 1, y_max)))


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard's crops and masks, in the order of `rows`."""

    crops: UInt8Array
    masks: UInt8Array
    rows: tuple[AuditRow, ...]


def read_rows(folder: Path) -> list[AuditRow]:
    """The manifest's rows by shard and position; raises `BadDataSet` when there are none or a field is missing."""
    return sorted(read_manifest(folder, AuditRow), key=lambda row: (row.shard, row.position))


def read_shards(folder: Path, rows: list[AuditRow]) -> Iterator[Shard]:
    """The shards of these rows, one at a time, for a whole data set may not fit into memory."""
    for name, members in by_shard(rows).items():
        crops, masks = read_shard(folder, name, len(members))
        yield Shard(crops, masks, tuple(members))
