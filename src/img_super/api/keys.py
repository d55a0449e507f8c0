"""API keys: who may call. Only hashes are stored; a key is shown once, when created.

A key has 256 random bits, so a plain SHA-256 is safe: unlike passwords, keys cannot be guessed. The file has one line
per key: its owner's name and the hash.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

from img_super.errors import BadKeys, Overloaded

_RETRY_AFTER_S: Final = 10

_log = logging.getLogger("img_super")

PREFIX: Final = "imgs_"
"""Lets scanners for leaked secrets recognise a key."""

_LINE: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,64})\s+(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Key:
    """Whose key it is, and the SHA-256 of it (64 hexadecimal digits)."""

    name: str
    sha256: str


def new_key() -> str:
    """A key that cannot be guessed."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """The stored hash of a key."""
    return sha256(key.encode()).hexdigest()


def read_keys(path: Path, wrong: Callable[[str], None] | None = None) -> tuple[Key, ...]:
    """The keys of a file; blank lines and lines that begin with # are comments.

    `path`: the file; `wrong`: called for each invalid line, which is skipped.

    Raises `BadKeys`: it cannot be read, or a line is invalid and `wrong` is None.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"The key file {path} cannot be read: {type(error).__name__}.") from error
    bad = _raise_bad_keys if wrong is None else wrong
    return tuple(_keys(path, lines, bad))


def _keys(path: Path, lines: list[str], bad: Callable[[str], None]) -> Iterator[Key]:
    for number, line in enumerate(lines, 1):
        if not line.split("#")[0].strip():
            continue
        if (match := _LINE.fullmatch(line.strip())) is None:
            bad(f"Line {number} of the file of keys {path} is not a name and a SHA-256.")
        else:
            yield Key(match["name"], match["sha256"])


def _raise_bad_keys(sentence: str) -> None:
    raise BadKeys(sentence)


def is_key_line(line: str) -> bool:
    """Whether the line can be read back: names with a space or # cannot."""
    return _LINE.fullmatch(line) is not None


class KnownKeys:
    """The keys that open the service. The file is reread when it changes, without a restart."""

    def __init__(self, path: Path) -> None:
        """Raises `BadKeys`, also when there is no key at all."""
        self._path = path
        self._version = self._version_now()
        self._keys = read_keys(path)
        self._usable = True
        if not self._keys:
            raise BadKeys(f"The key file {path} is empty; create one with `img-super keys create`.")

    @property
    def are_usable(self) -> bool:
        """Whether the current file can be read and has a valid line."""
        self._read_when_changed()
        return self._usable

    def owner(self, presented: str) -> str | None:
        """Whose key this is. Takes constant time for any key, valid or not.

        Raises `Overloaded`: the file is lost or damaged, because keys may have been revoked. An invalid line does not
        affect the others.
        """
        if not self.are_usable:
            raise Overloaded("The keys cannot be read now.", retry_after_s=_RETRY_AFTER_S)
        presented_hash = hash_of(presented)
        owners = [key.name for key in self._keys if compare_digest(key.sha256, presented_hash)]
        return owners[0] if owners else None

    def _read_when_changed(self) -> None:
        version = self._version_now()
        if version != self._version:
            self._version = version
            self._keys, self._usable = self._read()

    def _read(self) -> tuple[tuple[Key, ...], bool]:
        wrong: list[str] = []
        keys: tuple[Key, ...] = ()
        try:
            keys = read_keys(self._path, wrong.append)
        except BadKeys as error:
            wrong.append(str(error))
        for sentence in wrong:
            _log.error("%s", sentence)
        return keys, bool(keys) or not wrong

    def _version_now(self) -> tuple[int, ...]:
        """Differs for every version of the file; empty if there is none."""
        try:
            status = self._path.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_ino, status.st_size
