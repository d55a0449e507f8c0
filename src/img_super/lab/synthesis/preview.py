"""Contact sheets of a rendered data set: one per species, and one of genuine samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage, UInt8Array
from img_super.lab.dataset.manifest import Row, read_manifest

GENUINE: Final = "bona_fide"
SAMPLES_A_SHEET: Final = 30

_TILE_PX: Final = 200
_CAPTION_PX: Final = 32
_LINE_PX: Final = 14
_GAP_PX: Final = 4
_COLUMNS: Final = 6
_LETTERS_A_LINE: Final = 33
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE: Final = 0.36
_JPEG_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class Captioned:
    """A captioned crop."""

    crop: RgbImage
    lines: tuple[str, ...]  # at most two lines of ASCII under the crop


def contact_sheet(samples: Sequence[Captioned], columns: int = _COLUMNS) -> RgbImage:
    """The crops in rows on white, each with its caption below; there must be at least one."""
    rows = -(-len(samples) // columns)
    step_x, step_y = _TILE_PX + _GAP_PX, _TILE_PX + _CAPTION_PX + _GAP_PX
    sheet = np.full((rows * step_y + _GAP_PX, min(columns, len(samples)) * step_x + _GAP_PX, 3), 255, np.uint8)
    for number, sample in enumerate(samples):
        row, column = divmod(number, columns)
        _place(sheet, sample, (_GAP_PX + column * step_x, _GAP_PX + row * step_y))
    return sheet


def write_previews(samples: Mapping[str, Sequence[Captioned]], folder: Path) -> list[Path]:
    """Write one sheet per species with samples, `<species>.jpg`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for species, of_species in samples.items():
        if of_species:
            path = folder / f"{species}.jpg"
            bgr = np.ascontiguousarray(contact_sheet(of_species)[:, :, ::-1])
            _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            path.write_bytes(data.tobytes())
            paths.append(path)
    return paths


def preview_data_set(data_set: Path, folder: Path, limit: int = SAMPLES_A_SHEET) -> list[Path]:
    """Sheets of the first `limit` samples of each species and of the genuine ones; return the files.

    `data_set`: holds `manifest.jsonl` and the shards; `folder`: where the sheets go.
    """
    rows: dict[str, list[Row]] = {}
    for row in read_manifest(data_set, Row):
        of_species = rows.setdefault(row.species or GENUINE, [])
        if len(of_species) < limit:
            of_species.append(row)
    shards = sorted({row.shard for group in rows.values() for row in group})
    arrays = {shard: _read(data_set / f"{shard}.npz") for shard in shards}
    return write_previews(
        {species: [_captioned(row, arrays[row.shard]) for row in group] for species, group in rows.items()},
        folder,
    )


def _read(path: Path) -> UInt8Array:
    with np.load(path) as arrays:
        return np.asarray(arrays["crops"], np.uint8)


def _captioned(row: Row, crops: UInt8Array) -> Captioned:
    attack = f"{row.stage}, care {row.care:.2f}, " if row.label else ""
    lines = (row.design, f"{attack}{row.file.format} {row.file.quality:g}")
    return Captioned(crops[row.position], lines)


def _place(sheet: RgbImage, sample: Captioned, corner: tuple[int, int]) -> None:
    x, y = corner
    tile = np.ascontiguousarray(cv2.resize(sample.crop, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA))
    sheet[y : y + _TILE_PX, x : x + _TILE_PX] = tile
    for number, line in enumerate(sample.lines[:2], start=1):
        foot = (x + 1, y + _TILE_PX + number * _LINE_PX)
        cv2.putText(sheet, line[:_LETTERS_A_LINE], foot, _FONT, _FONT_SCALE, (0, 0, 0), 1, cv2.LINE_AA)
