"""The words on documents by script (`vocabulary.json`): titles, labels, invented states, transliterations.

Source of the transliterations: ICAO Doc 9303-3.
"""

from functools import cache
from importlib import resources

import msgspec


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything is keyed by script: `latin`, `cyrillic`, `greek`."""

    latin_letters: dict[str, str]  # MRZ transliterations
    # cyrillic, greek: letters for invented names
    cyrillic: dict[str, str]
    greek: dict[str, str]
    states: dict[str, tuple[str, ...]]  # forms of a state's name
    titles: dict[str, dict[str, tuple[str, ...]]]  # by script and kind of document
    labels: dict[str, tuple[tuple[str, ...], ...]]  # of fields, in their usual order; several wordings each


@cache
def vocabulary() -> Vocabulary:
    """Read once per process."""
    return msgspec.json.decode((resources.files(__package__) / "vocabulary.json").read_bytes(), type=Vocabulary)
