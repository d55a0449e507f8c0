"""What a photo is called in the results, and which names are no photos."""

import os
from collections import Counter
from pathlib import PurePosixPath
from typing import Final

from img_super.sources.errors import TooManyMembers

MAX_LETTERS: Final = 128 * 1024 * 1024
"""Of all names of one archive, which are held in memory; a ZIP's directory is no longer than that."""

_NEVER_PHOTOS: Final = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_FORMULA_BEGINS: Final = ("=", "+", "-", "@")


def printable(name: str) -> str:
    """A name that every table, terminal and spreadsheet can take.

    Bytes that are no text, line breaks and control characters are written as escapes. A path that a spreadsheet
    would read as a formula (CWE-1236) begins with `./`, which leaves it the same path.
    """
    text = visible(_bytes_of(name).decode("utf-8", "backslashreplace"))
    return f"./{text}" if text.startswith(_FORMULA_BEGINS) else text


def visible(text: str, kept: str = "") -> str:
    """Control characters, which could give orders to a terminal, as escapes; but for those that are `kept`."""
    return "".join(
        sign if sign.isprintable() or sign in kept else sign.encode("unicode_escape").decode() for sign in text
    )


def _bytes_of(name: str) -> bytes:
    """Half a letter, as JSON can name it, is in no file's name."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace")


def is_hidden(path: str) -> bool:
    """Whether any part of a path relative to its source is hidden, or is what a file manager leaves behind."""
    return any(part.startswith(".") or part in _NEVER_PHOTOS for part in PurePosixPath(path).parts)


def leaves(member: str) -> bool:
    """Whether a member's name leads out of the folder into which an archive is unpacked."""
    return member.startswith(("/", "\\")) or ".." in member.replace("\\", "/").split("/")


class MemberNames:
    """Names for the members of one archive; the second of two equal ones gets `#2`."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._seen: Counter[str] = Counter()
        self._letters = 0

    def name(self, member: str) -> str:
        """Raises `TooManyMembers`: with this one the names are too long to be held."""
        self._letters += len(member)
        if self._letters > MAX_LETTERS:
            raise TooManyMembers()
        self._seen[member] += 1
        ordinal = f"#{self._seen[member]}" if self._seen[member] > 1 else ""
        return f"{self._archive}!/{printable(member)}{ordinal}"
