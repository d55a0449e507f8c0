"""The JPEG fast path: decode at the smallest sufficient scale, and again only if the portrait is small.

libjpeg-turbo skips the frequencies that a smaller image cannot show (1/2, 1/4, 1/8), which saves most of the work
except entropy decoding. Its pixels equal Pillow's; files that it warns about are left to Pillow.
"""

from math import ceil
from typing import Final

from img_super.domain import Box, RgbImage, Rotation
from img_super.errors import BrokenImage
from img_super.pipeline.colours import SMALL_PROFILE_BYTES, pixels_to_srgb
from img_super.pipeline.crop import cut_out, enough_px
from img_super.pipeline.decode_limits import DecodeLimits, refuse_costly_jpeg
from img_super.pipeline.jpeg_file import JpegFile, mended, read_jpeg
from img_super.pipeline.jpeg_steps import has_step
from img_super.pipeline.jpeg_warnings import decode_warily, is_damage, stored_size
from img_super.pipeline.orientation import orientation_of
from img_super.turn import turn

OVERVIEW_SIDE_PX: Final = 1280
"""The detectors search images of up to this size; the overview's long side has at least as much, or all there is."""

SCANNED_PIXELS_PER_MS: Final = 20_000
"""What the decoder goes over at the least. Nothing can stop it; a file that might take too long does not come here."""

_SCALES: Final = (8, 4, 2, 1)
_COMPONENTS: Final = (1, 3)


class ReducedJpeg:
    """A photo decoded at a reduced scale; all boxes are in pixels of the whole displayed photo."""

    def __init__(self, data: bytes, jpeg: JpegFile) -> None:
        """Decode the overview. Raises ValueError for errors of the decoder, `BrokenImage` for visible damage."""
        if stored_size(data) != jpeg.stored_wh:
            raise ValueError("The header reads in two ways.")
        self._data = data
        self._profile = jpeg.profile
        self._stored_wh = stored_wh = jpeg.stored_wh
        self._orientation = orientation = orientation_of(jpeg.orientation)
        self.size_wh = orientation.displayed_wh(stored_wh)
        self.scale = next(scale for scale in _SCALES if scale == 1 or max(stored_wh) >= OVERVIEW_SIDE_PX * scale)
        stored = self._decode(self.scale)
        if has_step(stored, jpeg.mcu_wh, self.scale):
            raise BrokenImage()
        self.overview = orientation.display(stored)
        self._finer: tuple[int, RgbImage] | None = None
        covered = Box(0, 0, *(self.scale * ceil(side / self.scale) for side in stored_wh))
        begins = orientation.displayed_box(covered, stored_wh)
        self.origin_xy = (begins.x_min, begins.y_min)

    def crop(self, square: Box, rotation: Rotation, side_px: int) -> RgbImage:
        """`square`, upright, at least `side_px` wide if the photo allows."""
        scale = self.scale
        while scale > 1 and square.width < enough_px(side_px) * scale:
            scale //= 2
        if scale == self.scale:
            pixels = cut_out(self.overview, _reduced(square, scale, self.origin_xy))
        else:
            stored = self._orientation.stored_box(square, self._stored_wh)
            pixels = self._orientation.display(cut_out(self._at(scale), _reduced(stored, scale)))
        return pixels_to_srgb(turn(pixels, rotation), self._profile) if self._profile else turn(pixels, rotation)

    def _at(self, scale: int) -> RgbImage:
        """The photo at this scale, decoded once for all of its portraits."""
        if self._finer is None or self._finer[0] != scale:
            self._finer = (scale, self._decode(scale))
        return self._finer[1]

    def _decode(self, scale: int) -> RgbImage:
        width, height = (ceil(side / scale) for side in self._stored_wh)
        return decode_warily(self._data, "RGB", min_height=height, min_width=width)


def reduced_jpeg(data: bytes, limits: DecodeLimits) -> ReducedJpeg | None:
    """The fast path for a JPEG, or None if it needs full decoding: unusual, or slow to decode.

    Raises `UnsupportedVariant`, `TooManyPixels`, `DecodeTooSlow`, `BrokenImage`: like `decode_image`.
    """
    jpeg = read_jpeg(data)
    refuse_costly_jpeg(jpeg, limits)
    scanned = jpeg.scans * jpeg.stored_wh[0] * jpeg.stored_wh[1]
    slow = scanned > SCANNED_PIXELS_PER_MS * limits.budget_ms or len(jpeg.profile) > SMALL_PROFILE_BYTES
    if slow or jpeg.components not in _COMPONENTS:
        return None
    try:
        return ReducedJpeg(data, jpeg)
    except ValueError as error:
        return _mended_jpeg(data, jpeg) if is_damage(error) else None


def _mended_jpeg(data: bytes, jpeg: JpegFile) -> ReducedJpeg | None:
    try:
        return ReducedJpeg(mended(data), jpeg)
    except ValueError as error:
        if is_damage(error):
            raise BrokenImage() from error
        return None


def _reduced(box: Box, scale: int, origin_xy: tuple[int, int] = (0, 0)) -> Box:
    """A square in pixels of the reduced image with this origin in the photo."""
    left, top = origin_xy
    x_min, y_min, side = (round(value / scale) for value in (box.x_min - left, box.y_min - top, box.width))
    return Box(x_min, y_min, x_min + side, y_min + side)
