"""A photo with its truth, found but not read."""

from dataclasses import dataclass
from typing import Final

from img_super.domain import Box, Label
from img_super.lab.own_documents.errors import BadLabels
from img_super.sources.found import Found

_WORDS: Final = {
    "bona_fide": Label.BONA_FIDE,
    "genuine": Label.BONA_FIDE,
    "0": Label.BONA_FIDE,
    "attack": Label.ATTACK,
    "superimposed": Label.ATTACK,
    "1": Label.ATTACK,
}


@dataclass(frozen=True, slots=True)
class OwnPhoto:
    """A photo that somebody knows the truth of."""

    found: Found
    label: Label
    document: str = ""  # photos with the same value show the same card; empty where nobody said
    species: str = ""  # the kind of attack, where somebody said
    # Boxes of the face or portrait in absolute pixels, from an annotation; empty without one.
    marked: tuple[Box, ...] = ()


def label_of(word: str, place: str) -> Label:
    """The label that a manifest means.

    Raises `BadLabels`: the word says nothing, or means the opposite to different people (`TRUE`, `FALSE`).
    """
    label = _WORDS.get(word.strip().lower())
    if label is None:
        raise BadLabels(f"{place} has the label {word!r}; write `bona_fide` or `attack` (or 0 and 1).")
    return label
