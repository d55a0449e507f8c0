"""One row a sample (JSONL): what a crop shows, who is on it, how it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

GENERATOR: Final = "2.6"
"""Rises whenever the same seed gives other pixels."""

Facts = dict[str, str | float | bool]


class SavedFile(msgspec.Struct, frozen=True):
    """The file that reached the service: `jpeg`, `webp` or `png`; `quality` is 100 where there is none."""

    format: str
    bytes: int
    quality: int
    subsampled: bool


class Row(msgspec.Struct, frozen=True):
    """A sample of a shard.

    Attributes:
        shard, position: where the crop lies.
        label: 0 bona fide, 1 attack; `species` names the attack.
        document: samples with the same value show the same card (a genuine one and its attack); resample by it.
        design: the family of the card's design.
        portrait, donor: identities (`donor` is empty for genuine samples), `portrait_source` and `donor_source` theirs.
        stage: where the attack happened: `file`, `card`, `photo`, `screen`, or empty.
        care: how careful the forger was, 0 to 1; 0 for genuine samples.
        face_xyxy: the detector's box in the photo, pixels.
        photo_wh: the photo's size, pixels.
        frame_quad: the portrait frame's corners in the crop, pixels, from the upper left clockwise.
        file: what the last save made.
        photo: name of the whole photo's file, or empty.
        card, attack, capture, passing: every parameter that was drawn.
        seed, generator: make the same sample again.
    """

    shard: str
    position: int
    label: int
    species: str
    document: str
    design: str
    portrait: str
    portrait_source: str
    donor: str
    donor_source: str
    stage: str
    care: float
    face_xyxy: tuple[int, int, int, int]
    photo_wh: tuple[int, int]
    frame_quad: tuple[tuple[float, float], ...]
    file: SavedFile
    photo: str
    card: Facts
    attack: Facts
    capture: Facts
    passing: Facts
    seed: int
    generator: str


def write_rows(path: Path, rows: Sequence[msgspec.Struct]) -> None:
    """Write rows of JSON, all or none."""
    write_whole(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def read_rows(path: Path) -> list[Row]:
    """Read a manifest; raises `msgspec.ValidationError` on a row that is none."""
    return [msgspec.json.decode(line, type=Row) for line in path.read_bytes().splitlines() if line]
