"""Names of photos in the results, and which files are skipped by name."""

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
    """A name that is safe in tables, terminals and spreadsheets.

    Undecodable bytes, line breaks and control characters are escaped. A path that a spreadsheet would read as a formula
    (CWE-1236) gets the prefix `./`, which names the same file.
    """
    text = visible(_bytes_of(name).decode("utf-8", "backslashreplace"))
    return f"./{text}" if text.startswith(_FORMULA_BEGINS) else text


def visible(text: str, kept: str = "") -> str:
    """Escape control characters, which could command a terminal, except those in `kept`."""
    return "".join(
        sign if sign.isprintable() or sign in kept else sign.encode("unicode_escape").decode() for sign in text
    )


def _bytes_of(name: str) -> bytes:
    """Lone surrogates, which JSON allows, occur in no file's name."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace")


def is_hidden(path: str) -> bool:
    """Whether any part of a path relative to its source is hidden or a file manager's metadata."""
    return any(part.startswith(".") or part in _NEVER_PHOTOS for part in PurePosixPath(path).parts)


def leaves(member: str) -> bool:
    """Whether a member's name points outside the folder of extraction."""
    return member.startswith(("/", "\\")) or ".." in member.replace("\\", "/").split("/")


class MemberNames:
    """Unique names for the members of an archive; a duplicate gets `#2`."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._seen: Counter[str] = Counter()
        self._letters = 0

    def name(self, member: str) -> str:
        """Raises `TooManyMembers` when the names take too much memory."""
        self._letters += len(member)
        if self._letters > MAX_LETTERS:
            raise TooManyMembers()
        self._seen[member] += 1
        ordinal = f"#{self._seen[member]}" if self._seen[member] > 1 else ""
        return f"{self._archive}!/{printable(member)}{ordinal}"
