"""One row a sample (JSONL): what a crop shows, who is on it, how it came to be."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A sample of a shard.

    Attributes:
        shard, position: where the crop lies.
        label: 0 bona fide, 1 attack; `species` names the attack.
        document: samples with the same value show the same card (a genuine one and its attack); resample by it.
        portrait, donor: identities (`donor` is empty for genuine samples).
        stage: where the attack happened: `card`, `reprint`, `photo`, or empty.
        face_xyxy: the detector's box in the photo, pixels.
        facts: design, style, capture.
    """

    shard: str
    position: int
    label: int
    species: str
    document: str
    portrait: str
    donor: str
    stage: str
    face_xyxy: tuple[int, int, int, int]
    facts: dict[str, str | float | bool]


def append_rows(path: Path, rows: list[Row]) -> None:
    """Write rows at the end of a manifest."""
    with path.open("ab") as file:
        file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)


def read_rows(path: Path) -> list[Row]:
    """Read a manifest; raises `msgspec.ValidationError` on a row that is none."""
    return [msgspec.json.decode(line, type=Row) for line in path.read_bytes().splitlines() if line]
