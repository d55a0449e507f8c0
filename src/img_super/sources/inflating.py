"""Decompression that stops at decompression bombs.

Photos hardly compress, so an expansion of a hundred times is deliberate: 7 kB of xz can become hundreds of gigabytes.
"""

import bz2
import gzip
import lzma
from collections.abc import Callable
from typing import Any, BinaryIO, Final

MAX_RATIO: Final = 100
FREE_BYTES: Final = 32 * 1024 * 1024
"""Always allowed: less than a second's work."""

_BEGINS: Final[dict[bytes, Callable[[Any], Any]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x5d\x00\x00": lzma.LZMAFile,
}


class Inflated(Exception):
    """The data expands too much."""


def check_growth(small_bytes: int, large_bytes: int) -> None:
    """Raises `Inflated`."""
    if large_bytes > FREE_BYTES + MAX_RATIO * small_bytes:
        raise Inflated


class Inflating:
    """A file read sequentially, decompressed if it is compressed."""

    def __init__(self, file: BinaryIO) -> None:
        begin = file.read(max(map(len, _BEGINS)))
        file.seek(0)
        self._file, self._given_bytes = file, 0
        self._inflate = next((make for magic, make in _BEGINS.items() if begin.startswith(magic)), None)
        self._content = file if self._inflate is None else self._inflate(file)

    def read(self, size_bytes: int) -> bytes:
        """The next bytes. Raises `Inflated`, or the decompressor's own errors."""
        piece = bytes(self._content.read(size_bytes))
        self._given_bytes += len(piece)
        if self._inflate is not None:
            check_growth(self._file.tell(), self._given_bytes)
        return piece
