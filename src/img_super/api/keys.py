"""API keys: who may call. Only their hashes are kept; a key itself is shown once, when it is made.

A key has 256 random bits, so a plain SHA-256 cannot be turned back: what makes passwords need a slow hash is that they
can be guessed. The file has one line a key: its owner's name and the hash.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

from img_super.errors import BadKeys

PREFIX: Final = "imgs_"
"""Lets scanners for leaked secrets recognise a key."""

_LINE: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,64})\s+(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Key:
    """Whose key it is, and the SHA-256 of it (64 hexadecimal digits)."""

    name: str
    sha256: str


def new_key() -> str:
    """A key that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file; blank lines and lines that begin with # are comments.

    Raises:
        BadKeys: it cannot be read, or a line is not a name and a SHA-256.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"The file of keys {path} cannot be read: {type(error).__name__}.") from error
    return tuple(_key(path, number, line) for number, line in enumerate(lines, 1) if line.split("#")[0].strip())


def _key(path: Path, number: int, line: str) -> Key:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise BadKeys(f"Line {number} of the file of keys {path} is not a name and a SHA-256.")
    return Key(match["name"], match["sha256"])


class KnownKeys:
    """The keys that open the service. The file is read anew when it changes: keys come and go without a stop."""

    def __init__(self, path: Path) -> None:
        """Raises `BadKeys`, also when there is no key at all: nobody could ever call."""
        self._path = path
        self._changed_ns = 0
        self._keys: tuple[Key, ...] = ()
        self._read_when_changed()
        if not self._keys:
            raise BadKeys(f"The file of keys {path} has none; make one with `img-super keys create`.")

    def owner(self, presented: str) -> str | None:
        """Whose key this is. Takes as long for a wrong key as for a right one, whichever line it stands in.

        Raises:
            BadKeys: the file has changed and cannot be used; no old key opens a service that was told to forget it.
        """
        self._read_when_changed()
        presented_hash = hash_of(presented)
        owners = [key.name for key in self._keys if compare_digest(key.sha256, presented_hash)]
        return owners[0] if owners else None

    def _read_when_changed(self) -> None:
        try:
            changed_ns = self._path.stat().st_mtime_ns
        except OSError as error:
            raise BadKeys(f"The file of keys {self._path} cannot be read: {type(error).__name__}.") from error
        if changed_ns != self._changed_ns:
            self._keys = read_keys(self._path)
            self._changed_ns = changed_ns
