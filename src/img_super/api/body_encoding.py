"""Decompresses request bodies within the size limit of any other body, or refuses them."""

import zlib
from typing import Final

from img_super.errors import BadRequestBody, TooManyBytes, UnsupportedMedia

ACCEPTED: Final = "gzip, deflate"
"""Sent as `Accept-Encoding` with every refused body (RFC 9110, 12.5.3)."""

_MOST_LAYERS: Final = 2
_MOST_MEMBERS: Final = 100
"""In a gzip body: programs that compress in chunks concatenate members (RFC 1952, 2.2)."""

_PIECE_BYTES: Final = 1 << 20
_GZIP_HEAD: Final = b"\x1f\x8b"
_GZIP, _EITHER = 16 + zlib.MAX_WBITS, 32 + zlib.MAX_WBITS
_NAMES: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _EITHER}


def encodings_of(header: str) -> tuple[str, ...]:
    """The encodings of a body, in the order in which they were applied. Raises `UnsupportedMedia`."""
    named = tuple(name for part in header.lower().split(",") if (name := part.strip()) not in ("", "identity"))
    if len(named) > _MOST_LAYERS or not set(named) <= _NAMES.keys():
        raise UnsupportedMedia(f"The body's Content-Encoding is not supported; send it uncompressed or as {ACCEPTED}.")
    return named


def unpacked(body: bytes, encodings: tuple[str, ...], max_bytes: int) -> bytes:
    """Decompress a body. Raises `TooManyBytes`, or `BadRequestBody` when it is damaged."""
    for name in reversed(encodings):
        body = _inflated(body, _NAMES[name], max_bytes)
    return body


def _inflated(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    if window_bits == _EITHER and not _has_zlib_head(body):
        window_bits = -zlib.MAX_WBITS  # raw deflate, without a zlib header, as some clients send it
    plain, compressed = bytearray(), memoryview(body)
    for _ in range(_MOST_MEMBERS):
        compressed = compressed[_unpack(compressed, window_bits, plain, max_bytes) :]
        if window_bits != _GZIP or bytes(compressed[: len(_GZIP_HEAD)]) != _GZIP_HEAD:
            return bytes(plain)
    raise BadRequestBody(f"The compressed body has more than {_MOST_MEMBERS} members; send it as one.")


def _unpack(compressed: memoryview, window_bits: int, plain: bytearray, max_bytes: int) -> int:
    """Append the decompressed stream to `plain` and return its compressed length; zlib copies the rest of its piece."""
    unpacking, given = zlib.decompressobj(window_bits), 0
    while not unpacking.eof and given < len(compressed):
        piece = compressed[given : given + _PIECE_BYTES]
        given += len(piece)
        try:
            plain += unpacking.decompress(piece, max_bytes + 1 - len(plain))
        except zlib.error as error:
            raise BadRequestBody("The body is not compressed the way its Content-Encoding says.") from error
        if len(plain) > max_bytes:
            raise TooManyBytes.over(max_bytes)
    if not unpacking.eof:
        raise BadRequestBody("The compressed body is incomplete; send it again.")
    return given - len(unpacking.unused_data)


def _has_zlib_head(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
