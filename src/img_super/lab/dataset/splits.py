"""The split of people, sources, designs and backgrounds for validation. The lists are data (`splits.json`).

A choice depends on a name only, never on a position, so that new material does not move existing items.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zlib import crc32

import msgspec

from img_super.lab.dataset.manifest import ShownRow

Split = Literal["train", "validation"]
Rows = Sequence[ShownRow]

_FILE: Final = Path(__file__).with_name("splits.json")
_HELD_OUT_SHARE: Final = 0.35
"""Of the identities of a source that both splits share."""


class DesignRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Designs only for validation: whole groups (`group/name`) and families of our own, by name."""

    validation_groups: frozenset[str]
    validation: frozenset[str]


class BackgroundRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share of backgrounds for validation, chosen by a checksum of the name."""

    validation_share: float


class SplitRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of `splits.json`.

    `identities`: for each source of portraits, its split, or `held_out`: both, divided by person.
    """

    identities: dict[str, Literal["train", "validation", "held_out"]]
    designs: DesignRules
    backgrounds: BackgroundRules


class UnknownSource(ValueError):
    """A portrait comes from a source that `splits.json` does not name."""


@cache
def split_rules() -> SplitRules:
    """The rules that ship with the generator."""
    return msgspec.json.decode(_FILE.read_bytes(), type=SplitRules)


def source_of(identity: str) -> str:
    """The source of a person's pictures: the name up to its first slash, as in `cc0/female/12`."""
    return identity.partition("/")[0]


def held_out(portrait: Path) -> bool:
    """Whether a portrait (`.../<sex>/<number>.jpg`) is kept for validation; a checksum of the name chooses."""
    return crc32(f"{portrait.parent.name}/{portrait.name}".encode()) / 2**32 < _HELD_OUT_SHARE


def split_of_identity(source: str, identity: str) -> Split:
    """The one split that may show this person, as portrait or as donor.

    `identity`: the person's name in the manifest; of a CC0 portrait it ends in `<sex>/<number>`.
    Raises `UnknownSource`: the rules say nothing about the source.
    """
    rule = split_rules().identities.get(source)
    if rule is None:
        raise UnknownSource(f"splits.json says nothing about portraits from {source!r}; write down who may use them.")
    if rule != "held_out":
        return rule
    name = identity if identity.endswith(".jpg") else f"{identity}.jpg"
    return "validation" if held_out(Path(name)) else "train"


def split_of_design(family: str) -> Split:
    """The one split that may draw this design."""
    rules = split_rules().designs
    is_validation = family in rules.validation or family.partition("/")[0] in rules.validation_groups
    return "validation" if is_validation else "train"


def designs_of(split: Split, families: Sequence[str]) -> tuple[str, ...]:
    """The families that a split may draw, in order."""
    return tuple(family for family in families if split_of_design(family) == split)


def split_of_background(name: str) -> Split:
    """The one split that may lay a card on this background; folder and extension do not matter."""
    is_validation = crc32(Path(name).stem.encode()) / 2**32 < split_rules().backgrounds.validation_share
    return "validation" if is_validation else "train"


def backgrounds_of(split: Split, names: Sequence[str]) -> tuple[str, ...]:
    """The backgrounds that a split may use, in order."""
    return tuple(name for name in names if split_of_background(name) == split)


def leaks(rows_a: Rows, rows_b: Rows) -> list[str]:
    """What two data sets share but must not, one sentence per kind; empty if there is nothing.

    People (as portrait or donor) and designs are never shared; a source only where the rules divide it by person.
    """
    sentences = [
        _shared("identities", _identities, rows_a, rows_b),
        _shared("designs", lambda rows: {row.design for row in rows}, rows_a, rows_b),
        _shared("sources of portraits that belong to one split", _undivided_sources, rows_a, rows_b),
    ]
    return [sentence for sentence in sentences if sentence]


def _identities(rows: Rows) -> set[str]:
    return {name for row in rows for name in (row.portrait, row.donor) if name}


def _undivided_sources(rows: Rows) -> set[str]:
    rules = split_rules().identities
    return {source for name in _identities(rows) if rules.get(source := source_of(name)) != "held_out"}


def _shared(
    kind: str,
    names_of: Callable[[Sequence[ShownRow]], set[str]],
    rows_a: Sequence[ShownRow],
    rows_b: Sequence[ShownRow],
) -> str:
    return _sentence(f"{kind} in both data sets", names_of(rows_a) & names_of(rows_b))


def _sentence(kind: str, names: set[str]) -> str:
    examples = ", ".join(sorted(names)[:5])
    return f"{len(names)} {kind}: {examples}{', ...' if len(names) > 5 else ''}" if names else ""
