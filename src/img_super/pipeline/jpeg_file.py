"""Reads a JPEG by its segments: its header, its number of scans, and the extent of the picture."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import error as struct_error
from struct import unpack_from
from typing import Final

from img_super.errors import BrokenImage, UnsupportedVariant
from img_super.pipeline.orientation import exif_orientation

_END: Final = b"\xff\xd9"
_MARKER: Final = re.compile(rb"\xff([^\x00\xff])")
_AFTER_SCAN: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Inside a scan, 0xff is followed by 0 or by the number of a restart.

More of 0xff may come before; a pattern that reads them takes seconds for kilobytes of nothing else.
"""

_MOST_SEGMENTS: Final = 5000
"""A camera's file has fewer than 400: an ICC profile has at most 255, a picture in many scans about 100."""

_SOS, _EOI, _DHT, _DAC, _DQT, _DRI, _DNL = 0xDA, 0xD9, 0xC4, 0xCC, 0xDB, 0xDD, 0xDC
_JFIF, _APP1, _APP2, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_ALONE: Final = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
"""Markers that nothing belongs to."""

_PICTURE: Final = frozenset({_DHT, _DAC, _DQT, _DRI, _DNL, _JFIF, _ADOBE, *range(0xC0, 0xC8), *range(0xC9, 0xD0)})
_READ_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {_DHT, 0xC8, _DAC}) | {0xF7}
_PROGRESSIVE: Final = frozenset({0xC2, 0xCA})
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})

_EXIF: Final = b"Exif\0\0"
_ICC: Final = b"ICC_PROFILE\0"


@dataclass(slots=True)
class JpegFile:
    """What is known of a JPEG without decoding it."""

    stored_wh: tuple[int, int] = (0, 0)  # width and height as stored
    frame: int = 0  # the frame's marker, which gives the coding process
    bits: int = 0
    components: int = 0
    mcu_wh: tuple[int, int] = (8, 8)  # size in pixels of the unit that a sequential scan codes together
    scans: int = 0  # maximum number of a decoder's passes over the picture
    exif: bytes = b""  # the first EXIF data, without the `Exif` prefix
    _profile: list[bytes] = field(default_factory=list)

    @property
    def orientation(self) -> int:
        """The EXIF orientation, 1 to 8."""
        return exif_orientation(self.exif)

    @property
    def profile(self) -> bytes:
        """The ICC profile, joined."""
        return b"".join(self._profile)

    def take(self, marker: int, body: bytes) -> None:
        """Read one segment of the header."""
        if marker in _FRAMES and not self.frame:
            self.frame = marker
            self.bits, height, width, self.components = unpack_from(">BHHB", body)
            self.stored_wh = (width, height)
            self.mcu_wh = _mcu_wh(body[6:], self.components)
        elif marker == _APP1 and body.startswith(_EXIF) and not self.exif:
            self.exif = body[len(_EXIF) :]
        elif marker == _APP2 and body.startswith(_ICC):
            self._profile.append(body[len(_ICC) + 2 :])

    def refuse_unread(self) -> None:
        """Raises `UnsupportedVariant` for a JPEG that is not supported, `BrokenImage` without a picture."""
        if self.frame == 0xF7 or self.frame in _LOSSLESS:
            raise UnsupportedVariant.named("a lossless JPEG")
        if self.frame not in _READ_FRAMES and self.frame:
            raise UnsupportedVariant.named("a hierarchical JPEG")
        if self.bits > 8:
            raise UnsupportedVariant.named(f"a JPEG with {self.bits} bits per channel")
        if self.components not in (1, 3, 4) and self.frame:
            raise UnsupportedVariant.named(f"a JPEG of {self.components} colours")
        if not min(self.stored_wh) or not self.scans:
            raise BrokenImage()


def read_jpeg(data: bytes) -> JpegFile:
    """Read a JPEG's segments: the header if there is one scan, otherwise to the picture's end.

    Raises `UnsupportedVariant`: an unsupported JPEG (lossless, 12 bits); `BrokenImage`: it has no frame or no
    scan.
    """
    jpeg, marker = JpegFile(), 0
    for marker, begin, end in _segments(data):
        if marker != _SOS:
            _take(jpeg, marker, data[begin + 2 : end])
            continue
        jpeg.scans += 1
        if data[begin + 2 : begin + 3] == bytes([jpeg.components]) and jpeg.frame not in _PROGRESSIVE:
            break  # a sequential picture whose first scan has every component ends there
    jpeg.refuse_unread()
    if jpeg.frame in _PROGRESSIVE and marker != _EOI:
        raise BrokenImage()  # scans that sharpen it may be missing, which decoders do not report
    return jpeg


def mended(data: bytes) -> bytes:
    """The picture alone, without the harmless faults that decoders warn about.

    Removed: bytes between segments, segments outside the picture, padding after a scan. Parameters that some phones
    write wrongly are corrected, and a missing end is added, except to a progressive picture, which may lack scans that
    sharpen it.
    """
    parts, progressive = [b"\xff\xd8"], False
    for marker, begin, end in _segments(data):
        progressive |= marker in _PROGRESSIVE
        if marker in _PICTURE or marker == _EOI:
            parts.append(bytes([0xFF, marker]) + data[begin:end])
        elif marker == _SOS:
            head = data[begin:end] if progressive else data[begin : end - 3] + b"\0\x3f\0"
            parts += [b"\xff\xda", head, _without_padding(data[end : _scan_end(data, end)])]
    return b"".join(parts if progressive else [*parts, _END])


def _mcu_wh(components: bytes, count: int) -> tuple[int, int]:
    """The MCU's size by the sampling factors; a single component is coded block by block."""
    factors = components[1 : 3 * count : 3] if count > 1 else b""
    return 8 * max((factor >> 4 for factor in factors), default=1), 8 * max(
        (factor & 15 for factor in factors), default=1
    )


def _take(jpeg: JpegFile, marker: int, body: bytes) -> None:
    try:
        jpeg.take(marker, body)
    except struct_error as error:  # the frame is too short
        raise BrokenImage() from error


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Each segment up to the picture's end: its marker, the offset of its length, and its end.

    Raises `BrokenImage` when there are more than a picture has.
    """
    at, segments_left = 2, _MOST_SEGMENTS
    while (match := _MARKER.search(data, at)) is not None:
        segments_left -= 1
        if not segments_left:
            raise BrokenImage()
        marker, begin = match[1][0], match.end()
        if marker == _EOI:
            yield marker, begin, begin
            return
        if marker in _ALONE:
            at = begin
            continue
        end = begin + max(2, int.from_bytes(data[begin : begin + 2], "big"))
        yield marker, begin, min(end, len(data))
        at = _scan_end(data, end) if marker == _SOS else end


def _scan_end(data: bytes, begin: int) -> int:
    match = _AFTER_SCAN.search(data, begin)
    end = match.start() if match else len(data)
    return begin + len(data[begin:end].rstrip(b"\xff")) if match else end


def _without_padding(scan: bytes) -> bytes:
    """A final 0xff 0x00 is picture data."""
    stripped = scan.rstrip(b"\0")
    return scan if stripped.endswith(b"\xff") else stripped + b"\0" * min(2, len(scan) - len(stripped))
