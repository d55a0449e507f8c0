"""Document designs as data: one JSON file per family in `designs/`; positions are relative to the card's size."""

from functools import cache
from importlib import resources
from typing import Final

import msgspec

Share4 = tuple[float, float, float, float]
Range = tuple[float, float]
Chances = dict[str, float]

PROCEDURAL: Final = "procedural"
"""The family that has no file: every blank of it is another layout."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something drawn on the card's background."""

    kind: str  # a name in `items.DRAWERS`
    box: Share4  # where, x_min, y_min, x_max, y_max
    chance: float = 1.0  # its frequency
    turn: int = 0  # degrees counter-clockwise, 0, 90, 180 or 270
    form: str = ""  # its variant (an MRZ's format, a barcode's symbology, a field's layout)
    rows: int = 0  # of fields
    font: str = ""  # `sans`, `serif`, `mono` or `hand`
    bold: bool = False  # heavier letters
    align: str = "left"  # `left`, `centre` or `right`


class PortraitSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Frequencies of this design's portrait styles; see `blank.PortraitStyle`."""

    shapes: Chances
    backgrounds: Chances
    tones: Chances
    borders: Chances
    faded: float = 0.25
    glued: float = 0.0


class Design(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A family of documents."""

    family: str  # its name, also the file's
    aspect: Range  # width by height of the card, lowest and highest
    # The portrait's x_min, y_min and width, shares of the card's width, height, width.
    frame: tuple[float, float, float]
    frame_aspect: Range  # width by height of the portrait
    palette: tuple[str, ...]  # colours of the background, hexadecimal
    inks: tuple[str, ...]  # colours of texts and ornaments
    patterns: Chances  # frequency of each line pattern in the background
    overprints: Chances  # frequency of each overprint
    locales: tuple[str, ...]  # faker locales of the names
    items: tuple[Item, ...]
    material: Chances  # frequency of paper, plastic, laminate
    portrait: PortraitSpec
    ghost: Share4 | None = None  # box of the second portrait; empty: none
    ghost_chance: float = 0.9
    colour_jitter: float = 8.0


def family_names() -> tuple[str, ...]:
    """Every family that can be drawn, sorted, with `procedural` last."""
    return (*sorted(_designs()), PROCEDURAL)


def read_design(family: str) -> Design:
    """The design of a family. Raises `KeyError` if there is no such file."""
    return _designs()[family]


@cache
def _designs() -> dict[str, Design]:
    folder = resources.files(__package__) / "designs"
    files = [file for file in folder.iterdir() if file.name.endswith(".json")]
    designs = [msgspec.json.decode(file.read_bytes(), type=Design) for file in files]
    return {design.family: design for design in designs}
