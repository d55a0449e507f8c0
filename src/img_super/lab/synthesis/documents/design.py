"""Document designs as data: one JSON file a family, in `designs/`; places are shares of the card's width and height."""

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
    """Something drawn on the card's ground."""

    kind: str  # a name that `items.DRAWERS` knows
    box: Share4  # where, x_min, y_min, x_max, y_max
    chance: float = 1.0  # how often it is there
    turn: int = 0  # degrees counter-clockwise, 0, 90, 180 or 270
    form: str = ""  # what it is exactly (an MRZ's form, a barcode's symbology, a field's layout)
    rows: int = 0  # of fields
    font: str = ""  # `sans`, `serif`, `mono` or `hand`
    bold: bool = False  # heavier letters
    align: str = "left"  # `left`, `centre` or `right`


class PortraitSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often this design shows its portrait how; see `blank.PortraitStyle`."""

    shapes: Chances
    backgrounds: Chances
    tones: Chances
    borders: Chances
    faded: float = 0.25
    glued: float = 0.0


class Design(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A family of documents."""

    family: str  # its name; the file's, too
    aspect: Range  # width by height of the card, lowest and highest
    # The portrait's x_min, y_min and width, shares of the card's width, height, width.
    frame: tuple[float, float, float]
    frame_aspect: Range  # width by height of the portrait
    palette: tuple[str, ...]  # colours of the ground, hexadecimal
    inks: tuple[str, ...]  # colours of texts and ornaments
    patterns: Chances  # how often a line pattern of this kind is on the ground
    overprints: Chances  # how often something of this kind lies over card and portrait
    locales: tuple[str, ...]  # of the names, as faker calls them
    items: tuple[Item, ...]
    material: Chances  # how often it is paper, plastic, laminate
    portrait: PortraitSpec
    ghost: Share4 | None = None  # box of the second portrait; none when empty
    ghost_chance: float = 0.9
    colour_jitter: float = 8.0


def family_names() -> tuple[str, ...]:
    """Every family that can be drawn, sorted; `procedural` is the last."""
    return (*sorted(_designs()), PROCEDURAL)


def read_design(family: str) -> Design:
    """The design of a family. Raises `KeyError` when there is no such file."""
    return _designs()[family]


@cache
def _designs() -> dict[str, Design]:
    folder = resources.files(__package__) / "designs"
    files = [file for file in folder.iterdir() if file.name.endswith(".json")]
    designs = [msgspec.json.decode(file.read_bytes(), type=Design) for file in files]
    return {design.family: design for design in designs}
