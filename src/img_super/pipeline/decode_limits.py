"""The cost limits of decoding an image: pixels, memory, processor time."""

import time
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from img_super.errors import DecodeTooSlow, TooManyPixels
from img_super.pipeline.jpeg_file import JpegFile

MAX_PIXELS: Final = 52_000_000
"""What phones of today call 50 megapixels: 8160 x 6144 and 8192 x 6144 are 50.1 and 50.3 million."""

BUDGET_MS: Final = 5000

JPEG_BYTES_PER_PIXEL: Final = 15
BYTES_PER_PIXEL: Final = 26
"""What Pillow takes at its worst until the pixels lie there as RGB: for JPEG a CMYK one, else a transparent WebP."""

MAX_JPEG_SCANS: Final = 100
"""A camera writes 1, a progressive encoder about 10. Each goes over the whole image, though a few bytes make one."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """The cost limits of one image.

    Attributes:
        max_pixels: width times height.
        max_memory_bytes: peak memory of decoding, by the image's size and type; None for no limit.
        budget_ms: processor time of the decoding thread, independent of the machine's load.
        pdf: whether the first page of a PDF counts as an image.
    """

    max_pixels: int = MAX_PIXELS
    max_memory_bytes: int | None = None
    budget_ms: int = BUDGET_MS
    pdf: bool = False

    def pixels(self, image_type: str) -> int:
        """The maximum number of pixels for this type."""
        if self.max_memory_bytes is None:
            return self.max_pixels
        each_bytes = JPEG_BYTES_PER_PIXEL if image_type == "JPEG" else BYTES_PER_PIXEL
        return min(self.max_pixels, self.max_memory_bytes // each_bytes)


class TimedBytes(BytesIO):
    """An image file that can be read until the budget is spent; decoders read in chunks."""

    def __init__(self, data: bytes, budget_ms: int) -> None:
        super().__init__(data)
        self._end_s = time.thread_time() + budget_ms / 1000

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises `DecodeTooSlow` once the budget is spent."""
        if time.thread_time() > self._end_s:
            raise DecodeTooSlow()
        return super().read(size)


def refuse_costly(wh: tuple[int, int], image_type: str, limits: DecodeLimits) -> None:
    """Check the size that a header declares. Raises `TooManyPixels`."""
    if wh[0] * wh[1] > limits.pixels(image_type):
        raise TooManyPixels.over(limits.pixels(image_type), *wh)


def refuse_costly_jpeg(jpeg: JpegFile, limits: DecodeLimits) -> None:
    """Raises `TooManyPixels`, or `DecodeTooSlow` for so many scans that `TimedBytes` would stop too late."""
    refuse_costly(jpeg.stored_wh, "JPEG", limits)
    if jpeg.scans > MAX_JPEG_SCANS:
        raise DecodeTooSlow()
