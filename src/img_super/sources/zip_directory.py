"""A ZIP archive whose directory is read within bounds, whatever its end says of it.

zipfile reads the directory whole and keeps about half a kilobyte for every member; 46 bytes of directory make one.
"""

from typing import BinaryIO, Final
from zipfile import ZipFile

from img_super.sources.errors import MAX_MEMBERS, TooManyMembers

MAX_DIRECTORY_BYTES: Final = 128 * 1024 * 1024
"""Names of 200 letters for as many members as there may be."""

_MEMBER: Final = b"PK\x01\x02"


class _Bounded:
    """A file of which no more is read at once than a directory may have, and no directory of too many members."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._read = file.read

    def read(self, size_bytes: int = -1) -> bytes:
        """Raises `TooManyMembers`; zipfile reads a directory in one piece."""
        if size_bytes > MAX_DIRECTORY_BYTES:
            raise TooManyMembers()
        piece = self._read(size_bytes)
        if piece.count(_MEMBER) > MAX_MEMBERS:
            raise TooManyMembers()
        return piece


def open_zip(file: BinaryIO) -> ZipFile:
    """Raises `TooManyMembers` before the memory is spent, and whatever zipfile raises."""
    return ZipFile(_Bounded(file))
