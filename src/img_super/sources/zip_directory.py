"""Reads a ZIP archive's directory within bounds, whatever its end record claims.

zipfile reads the directory whole and keeps about half a kilobyte per member, which takes only 46 bytes of directory.
"""

from typing import BinaryIO, Final
from zipfile import ZipFile

from img_super.sources.errors import MAX_MEMBERS, TooManyMembers

MAX_DIRECTORY_BYTES: Final = 128 * 1024 * 1024
"""Names of 200 characters for the maximum number of members."""

_MEMBER: Final = b"PK\x01\x02"


class _Bounded:
    """A file of which no more is read at once than a directory may have, and no directory of too many members."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._read = file.read

    def read(self, size_bytes: int = -1) -> bytes:
        """Raises `TooManyMembers`; zipfile reads the directory in one piece."""
        if size_bytes > MAX_DIRECTORY_BYTES:
            raise TooManyMembers()
        piece = self._read(size_bytes)
        if piece.count(_MEMBER) > MAX_MEMBERS:
            raise TooManyMembers()
        return piece


def open_zip(file: BinaryIO) -> ZipFile:
    """Raises `TooManyMembers` before memory is used, and zipfile's own errors."""
    return ZipFile(_Bounded(file))
