"""Reads TAR headers in bounded time and memory, even malicious ones.

Python before 3.11.10 rescans long headers: time and memory grow quadratically. Only name and size are needed; sparse
files are not read, so neither are their maps.
"""

import tarfile
from collections.abc import Iterator
from typing import Any, Final, Self

MAX_HEADER_BYTES: Final = 64 * 1024
"""Of all that is said of one member. Linux has names of 4,096 bytes, and as much again for each attribute."""

_LONG: Final = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_LINE_FEED: Final = 0x0A
_LONGEST_NUMBER: Final = 20


class Header(tarfile.TarInfo):
    """One member's."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """tarfile would take a missing, truncated or damaged header for the end of the archive and lose the rest."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # the two blocks of zeros that end an archive
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("the archive is damaged") from error
        if header.size < 0:
            raise tarfile.ReadError("the archive is damaged")
        if header.type in _LONG and header.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError("a header is too long")
        return header

    def _proc_pax(self, archive: Any) -> tarfile.TarInfo:
        """A header for the next member, or all of them, without name or size."""
        records = dict(_records(archive.fileobj.read(self._block(self.size))[: self.size]))  # type: ignore[attr-defined]
        try:
            member = self.fromtarfile(archive)
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("the archive is damaged") from error
        if self.type != tarfile.XGLTYPE:
            _apply(records, member, archive)
        member.offset = self.offset
        return member

    def _proc_sparse(self, archive: Any) -> tarfile.TarInfo:
        """The sparse map continues in further blocks."""
        _, goes_on, size_bytes = self._sparse_structs  # type: ignore[attr-defined]
        for _ in range(MAX_HEADER_BYTES // tarfile.BLOCKSIZE):
            if not goes_on:
                member: Any = self
                member.sparse, member.offset_data = [], archive.fileobj.tell()
                archive.offset = member.offset_data + member._block(member.size)
                member.size = size_bytes
                return self
            goes_on = archive.fileobj.read(tarfile.BLOCKSIZE)[504]
        raise tarfile.ReadError("a header is too long")


def _apply(records: dict[bytes, bytes], member: Any, archive: Any) -> None:
    if any(name.startswith(b"GNU.sparse.") for name in records):
        member.sparse = []
    name = records.get(b"GNU.sparse.name") or records.get(b"path")
    if name:
        member.name = name.decode("utf-8", "surrogateescape").rstrip("/")
    if b"size" in records:
        member.size = _number(records[b"size"])
        has_content = member.isreg() or member.type not in tarfile.SUPPORTED_TYPES
        archive.offset = member.offset_data + (member._block(member.size) if has_content else 0)


def _records(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """A sequence of `<length> <name>=<value>` and a line feed; one with a wrong length is refused."""
    at = 0
    while at < len(block) and block[at]:
        length, _, _ = block[at : at + _LONGEST_NUMBER].partition(b" ")
        begin, end = at + len(length) + 1, at + _number(length)
        if not begin < end <= len(block) or block[end - 1] != _LINE_FEED:
            raise tarfile.ReadError("a header is damaged")
        name, _, value = block[begin : end - 1].partition(b"=")
        yield name, value
        at = end


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) >= _LONGEST_NUMBER:
        raise tarfile.ReadError("a header is damaged")
    return int(digits)
