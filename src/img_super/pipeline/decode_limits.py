"""What the decoding of one image may cost: pixels, memory, processor time; and the files that are made to cost more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, ImageFileDirectory_v2

from img_super.errors import BrokenImage, DecodeTooSlow, TooManyPixels

MAX_PIXELS: Final = 50_000_000
BUDGET_MS: Final = 5000

JPEG_BYTES_PER_PIXEL: Final = 15
BYTES_PER_PIXEL: Final = 26
"""What Pillow takes at its worst until the pixels lie there as RGB: for JPEG a CMYK one, else a transparent WebP."""

MAX_JPEG_SCANS: Final = 100
"""A camera writes 1, a progressive encoder about 10. Each goes over the whole image, though a few bytes make one."""

MAX_TILE_PIXELS: Final = 4096 * 4096
"""Of a TIFF smaller than this; libtiff takes the memory of a whole tile, however small the image is."""

_START_OF_SCAN: Final = b"\xff\xda"


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one image may cost.

    Attributes:
        max_pixels: width times height.
        max_memory_bytes: what decoding takes at most, by the image's size and type; None for no limit.
        budget_ms: processor time of the decoding thread; a busy machine does not count.
    """

    max_pixels: int = MAX_PIXELS
    max_memory_bytes: int | None = None
    budget_ms: int = BUDGET_MS

    def pixels(self, image_type: str) -> int:
        """How many pixels an image of this type may have."""
        if self.max_memory_bytes is None:
            return self.max_pixels
        each_bytes = JPEG_BYTES_PER_PIXEL if image_type == "JPEG" else BYTES_PER_PIXEL
        return min(self.max_pixels, self.max_memory_bytes // each_bytes)


class TimedBytes(BytesIO):
    """The bytes of an image file, as long as the budget lasts: decoders read piece by piece."""

    def __init__(self, data: bytes, budget_ms: int) -> None:
        super().__init__(data)
        self._end_s = time.thread_time() + budget_ms / 1000

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises `DecodeTooSlow` once the budget is spent."""
        if time.thread_time() > self._end_s:
            raise DecodeTooSlow()
        return super().read(size)


def refuse_costly(image: ImageFile, image_type: str, data: bytes, limits: DecodeLimits) -> None:
    """Look at an image of which the header alone was read.

    Raises:
        TooManyPixels: it has more than an image of its type may have.
        DecodeTooSlow: a JPEG of so many scans that no piece by piece reading stops it in time.
        BrokenImage: a TIFF with a tile that is far larger than the image.
    """
    width, height = image.size
    if width * height > limits.pixels(image_type):
        raise TooManyPixels.over(limits.pixels(image_type), width, height)
    if image_type == "JPEG" and jpeg_scans(image, data) > MAX_JPEG_SCANS:
        raise DecodeTooSlow()
    if image_type == "TIFF" and _tile_pixels(image) > max(MAX_TILE_PIXELS, width * height):
        raise BrokenImage()


def jpeg_scans(image: ImageFile, data: bytes) -> int:
    """How often a decoder goes over an opened JPEG, at most.

    A sequential file whose first scan has every component ends there, whatever comes after it: a second picture, the
    video of a "motion photo". In any other file every start of a scan counts, those of small pictures inside, too.
    """
    components = len(image.getbands())
    header_ends = image.fp.tell() if image.fp else 0  # Pillow reads up to the end of the first scan's head
    head = data[max(0, header_ends - 8 - 2 * components) : header_ends]
    has_all = head.startswith(_START_OF_SCAN) and head[4:5] == bytes([components])
    return 1 if has_all and "progressive" not in image.info else data.count(_START_OF_SCAN)


def _tile_pixels(image: ImageFile) -> int:
    tags = getattr(image, "tag_v2", ImageFileDirectory_v2())
    sides = (tags.get(TILEWIDTH, 0), tags.get(TILELENGTH, 0))
    return sides[0] * sides[1] if all(isinstance(side, int) for side in sides) else 0
