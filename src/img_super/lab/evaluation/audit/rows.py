"""Reads a data set for the audit: its manifest's rows, and its shards one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from img_super.domain import Box, UInt8Array
from img_super.lab.dataset.crops import by_shard, read_shard
from img_super.lab.dataset.manifest import ShownRow, read_manifest
from img_super.pipeline import crop


class AuditRow(ShownRow, frozen=True):
    """The fields of a manifest's row that the audit needs."""

    @property
    def face_wh(self) -> tuple[float, float]:
        x_min, y_min, x_max, y_max = self.face_xyxy
        return max(1.0, x_max - x_min), max(1.0, y_max - y_min)

    @property
    def crop_box(self) -> Box:
        """The crop's box in photo pixels; it may extend beyond the photo."""
        x_min, y_min, x_max, y_max = (round(value) for value in self.face_xyxy)
        return crop.crop_box(Box(x_min, y_min, max(x_min + 1, x_max), max(y_min + 1, y_max)))


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard's crops and masks, in the order of `rows`."""

    crops: UInt8Array
    masks: UInt8Array
    rows: tuple[AuditRow, ...]


def read_rows(folder: Path) -> list[AuditRow]:
    """The manifest's rows by shard and position; raises `BadDataSet` if there are none or a field is missing."""
    return sorted(read_manifest(folder, AuditRow), key=lambda row: (row.shard, row.position))


def read_shards(folder: Path, rows: list[AuditRow]) -> Iterator[Shard]:
    """The shards of these rows, one at a time, because a data set may not fit into memory."""
    for name, members in by_shard(rows).items():
        crops, masks = read_shard(folder, name, len(members))
        yield Shard(crops, masks, tuple(members))
