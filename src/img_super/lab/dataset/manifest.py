"""One row per sample (JSONL): what a crop shows, whom it shows, how it was made.

Row types extend each other: a reader takes the smallest one with the fields it needs; other fields are ignored.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from img_super.durable import replace_durably
from img_super.errors import ImgSuperError
from img_super.model_card import NOT_DECODED

GENERATOR: Final = "2.6"
"""Rises whenever the same seed gives other pixels."""

Facts = dict[str, str | float | bool]


class BadDataSet(ImgSuperError):
    """A data set is missing or does not match its manifest."""


class SavedFile(msgspec.Struct, frozen=True):
    """The file that reached the service: `jpeg`, `webp` or `png`; `quality` is 100 where there is none."""

    format: str
    bytes: int
    quality: int
    subsampled: bool


class SampleRow(msgspec.Struct, frozen=True):
    """The fields for training and evaluation."""

    # shard, position: where the crop lies
    shard: str
    position: int
    label: int  # 0 bona fide, 1 attack; `species` names the attack
    species: str
    document: str  # samples with the same value show the same card (a genuine one and its attack); resample by it
    stage: str = ""  # where the attack happened: `file`, `card`, `photo`, `screen`, or empty
    care: float = 0.0  # how careful the forger was, 0 to 1; 0 for genuine samples
    photo: str = ""  # name of the whole photo's file, or empty


class PeopleRow(SampleRow, frozen=True, kw_only=True):
    """Who a sample shows: `portrait`, `donor` are identities (`donor` is empty for genuine samples)."""

    portrait: str
    donor: str


class ShownRow(PeopleRow, frozen=True, kw_only=True):
    """The fields that must not reveal the class."""

    design: str  # the family of the card's design
    face_xyxy: tuple[int, int, int, int]  # the detector's box in the photo, pixels
    photo_wh: tuple[int, int]  # the photo's size, pixels
    # The portrait frame's corners in the crop, pixels, from the upper left clockwise.
    frame_quad: tuple[tuple[float, float], ...]
    file: SavedFile  # the result of the last save
    # card, capture, passing: every parameter that was drawn for both of a pair
    card: Facts
    capture: Facts
    passing: Facts


class Row(ShownRow, frozen=True, kw_only=True):
    """A sample with every field.

    `portrait_source`, `donor_source`: where these people's pictures come from; `attack`: every parameter that was drawn
    for the attack; `seed`, `generator`: make the same sample again.
    """

    portrait_source: str
    donor_source: str
    attack: Facts
    seed: int
    generator: str


RowT = TypeVar("RowT", bound=msgspec.Struct)


def write_rows(path: Path, rows: Sequence[msgspec.Struct]) -> None:
    """Write rows of JSON, all or none."""
    replace_durably(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def read_manifest(folder: Path, row_type: type[RowT], verb: str = "synthesize") -> list[RowT]:
    """A data set's rows, with the fields that the reader asks for.

    Raises `BadDataSet`: there is no manifest (`verb` makes one), it has no rows, or one of them is damaged.
    """
    decoder, path = msgspec.json.Decoder(row_type), existing(folder / "manifest.jsonl", verb)
    try:
        rows = [decoder.decode(line) for line in path.read_bytes().splitlines() if line]
    except NOT_DECODED as error:
        raise BadDataSet(f"The manifest in {folder} has a damaged row: {error}.") from error
    if not rows:
        raise BadDataSet(f"The manifest in {folder} has no rows.")
    return rows


def existing(path: Path, verb: str = "synthesize") -> Path:
    """The path of a data set's file. Raises `BadDataSet` if it is missing."""
    if not path.is_file():
        raise BadDataSet(f"{path} is missing; run `img-super {verb}`.")
    return path
