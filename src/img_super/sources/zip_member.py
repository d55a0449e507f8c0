"""One file of a ZIP archive, of which no more is unpacked than is asked for.

zipfile unpacks bzip2 and LZMA in one piece, whatever size the archive says: 2 kB become gigabytes. Here such members
are taken as they lie, and unpacked up to a limit.
"""

from bz2 import BZ2Decompressor
from copy import copy
from lzma import FORMAT_ALONE, LZMADecompressor
from typing import Final
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import crc32

_MOST_DICTIONARY_BYTES: Final = 256 * 1024 * 1024
_PROPERTIES: Final = slice(4, 9)
"""Of LZMA, behind two bytes of version and two of their own length."""

_UNKNOWN_SIZE: Final = b"\xff" * 8


def read_member(archive: ZipFile, member: ZipInfo, most_bytes: int) -> bytes:
    """The file, or `most_bytes` of its beginning. Raises whatever zipfile and the decompressors raise."""
    if member.compress_type not in (ZIP_BZIP2, ZIP_LZMA):
        with archive.open(member) as file:
            return file.read(most_bytes)
    content = _unpacked(_packed(archive, member, most_bytes), member.compress_type, most_bytes)
    if len(content) < most_bytes and crc32(content) != member.CRC:
        raise BadZipFile
    return content


def _packed(archive: ZipFile, member: ZipInfo, most_bytes: int) -> bytes:
    """As it lies in the archive; no more of it than of the file."""
    as_it_lies = copy(member)
    as_it_lies.compress_type, as_it_lies.file_size = ZIP_STORED, member.compress_size
    del as_it_lies.CRC
    with archive.open(as_it_lies) as file:
        return file.read(most_bytes)


def _unpacked(packed: bytes, kind: int, most_bytes: int) -> bytes:
    if kind == ZIP_BZIP2:
        return BZ2Decompressor().decompress(packed, most_bytes)
    alone = packed[_PROPERTIES] + _UNKNOWN_SIZE + packed[_PROPERTIES.stop :]
    return LZMADecompressor(FORMAT_ALONE, _MOST_DICTIONARY_BYTES).decompress(alone, most_bytes)
