"""Strips a PNG or WebP to its picture: metadata never override good pixels."""

import zlib
from collections.abc import Iterator
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PICTURE: Final = frozenset({b"tRNS", b"iCCP", b"eXIf"})
"""Chunks that a decoder may leave out, but which change what is seen."""

_MAX_PROFILE_BYTES: Final = 1 << 20
_MAX_EXIF_BYTES: Final = 1 << 20
_COLOURS_AT: Final = 25
"""In the head: 0 grey, 2 RGB, 3 a palette; the others have a channel for it."""

_TRANSPARENCY_BYTES: Final = {b"\0": range(2, 3), b"\2": range(6, 7), b"\3": range(1, 257)}
"""Of a chunk that says what is seen through; decoders fail at any other length."""

_WEBP_PICTURE: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_WEBP_METADATA: Final = 0b0010_1100
"""The bits of a WebP's head that announce ICC, EXIF and XMP."""


def png_picture(data: bytes) -> bytes:
    """The PNG's picture alone: critical chunks, and intact ancillary ones that affect the display."""
    colours = data[_COLOURS_AT : _COLOURS_AT + 1]
    chunks = [data[begin:end] for kind, begin, end in _png_chunks(data) if _is_kept(kind, data[begin:end], colours)]
    return b"".join([_SIGNATURE, *chunks])


def webp_picture(data: bytes) -> bytes:
    """The WebP's picture alone."""
    body = b"".join(_webp_parts(data))
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _is_kept(kind: bytes, chunk: bytes, colours: bytes) -> bool:
    """A critical chunk has a capital letter first."""
    if not kind[0] & 0x20:
        return True
    if kind not in _PICTURE or zlib.crc32(chunk[4:-4]).to_bytes(4, "big") != chunk[-4:]:
        return False
    body = chunk[8:-4]
    match kind:
        case b"iCCP":
            return _is_small_profile(body)
        case b"tRNS":
            return len(body) in _TRANSPARENCY_BYTES.get(colours, ())
    return len(body) <= _MAX_EXIF_BYTES


def _is_small_profile(body: bytes) -> bool:
    _, _, compressed = body.partition(b"\0")
    try:
        unpacking = zlib.decompressobj()
        unpacking.decompress(compressed[1:], _MAX_PROFILE_BYTES)
    except zlib.error:
        return False
    return compressed[:1] == b"\0" and unpacking.eof


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk up to IEND: its type, start and end."""
    at, kind = len(_SIGNATURE), b""
    while at + 8 <= len(data) and kind != b"IEND":
        kind = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield kind, at, end
        at = end


def _webp_parts(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        chunk = data[at:end]
        if kind == b"VP8X" and len(chunk) > 8:
            yield chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA]) + chunk[9:]
        elif kind in _WEBP_PICTURE:
            yield chunk
        at = end
