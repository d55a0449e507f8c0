"""Renders the first page of a PDF, such as a scan, with PDFium built without scripts and XFA."""

from collections.abc import Iterator
from contextlib import closing
from ctypes import create_string_buffer
from dataclasses import dataclass
from itertools import islice
from math import hypot, sqrt
from threading import Lock
from typing import Final

from pypdfium2 import PdfBitmap, PdfDocument, PdfImage, PdfiumError, PdfMatrix, PdfObject, PdfPage, raw

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, UnsupportedVariant
from img_super.pipeline.decode_limits import DecodeLimits, refuse_costly
from img_super.pipeline.jpeg_warnings import sound

_POINTS_PER_INCH: Final = 72
_DRAWN_DPI: Final = 200
"""Of a page that is more than one scan: letters, drawings, small images."""

_FILLED: Final = 0.9
"""Of the page's area, under images: then the page is a scan, in one piece or in strips."""

_LEAST_SHARE: Final = 0.01
"""Of the page's area; smaller images are ornaments."""

_MOST_OBJECTS: Final = 10_000
_MOST_LEVELS: Final = 4
"""How far images are looked for; a scan is one object, or some hundred strips."""

_END: Final = b"%%EOF"
_END_WITHIN_BYTES: Final = 1024
"""As Adobe's programs have it; PDFium would draw what is left of a file that was cut off."""

_JPEG: Final = b"\xff\xd8\xff"
_ENCRYPTED: Final = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
_ONE_THREAD: Final = Lock()
"""PDFium is for one thread of a process."""


def first_page(data: bytes, limits: DecodeLimits) -> RgbImage:
    """Render the first page as displayed: a scan at its own resolution, any other page at 200 dpi.

    Raises:
        UnsupportedVariant: it needs a password or has unknown encryption.
        TooManyPixels: an image on the page exceeds the limits; a page that would is rendered smaller.
        BrokenImage: it, or a JPEG in it, is damaged or truncated; or it has no page.
    """
    if _END not in data.rstrip(b"\0")[-_END_WITHIN_BYTES:]:
        raise BrokenImage("This PDF is cut off; send the complete file again.")
    with _ONE_THREAD, closing(_opened(data)) as document:
        try:
            with closing(document[0]) as page:
                return _drawn(page, limits)
        except PdfiumError as error:
            raise BrokenImage("This PDF has no first page that can be read; save it as a JPEG.") from error


def _opened(data: bytes) -> PdfDocument:
    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if error.err_code in _ENCRYPTED:
            raise UnsupportedVariant.named("an encrypted PDF") from error
        raise BrokenImage("This PDF is damaged; send the complete file again.") from error


@dataclass(frozen=True, slots=True)
class _Picture:
    """An image on the page: its share of the page's area, and its pixels per point."""

    share: float
    density: float


def _drawn(page: PdfPage, limits: DecodeLimits) -> RgbImage:
    width, height = _size_px(page, _density(page, limits), limits.pixels("PDF"))
    refuse_costly((width, height), "PDF", limits)  # an extremely long page may still exceed them
    bitmap = PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    flags = raw.FPDF_ANNOT | raw.FPDF_REVERSE_BYTE_ORDER
    raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    pixels: RgbImage = bitmap.to_numpy()
    return pixels


def _size_px(page: PdfPage, density: float, most_pixels: int) -> tuple[int, int]:
    """The size of the rendered page, reduced if it would have too many pixels; its numbers are untrusted."""
    width, height = page.get_size()
    density = min(density, sqrt(0.999 * most_pixels / (width * height)))
    return max(1, int(width * density + 0.001)), max(1, int(height * density + 0.001))


def _density(page: PdfPage, limits: DecodeLimits) -> float:
    """The pixels per point that show the page's largest images at their resolution."""
    pictures = list(_pictures(page, limits))
    largest = max((picture.share for picture in pictures), default=0)
    density = max((picture.density for picture in pictures if picture.share >= largest / 2), default=0)
    is_scan = sum(picture.share for picture in pictures) >= _FILLED
    return density if is_scan else max(density, _DRAWN_DPI / _POINTS_PER_INCH)


def _pictures(page: PdfPage, limits: DecodeLimits) -> Iterator[_Picture]:
    """Raises `TooManyPixels`, and `BrokenImage` for a damaged JPEG, which PDFium would draw in part."""
    width, height = page.get_size()
    for image in islice(page.get_objects(max_depth=_MOST_LEVELS), _MOST_OBJECTS):
        if not isinstance(image, PdfImage):
            continue
        wide_px, high_px = image.get_px_size()
        refuse_costly((wide_px, high_px), "PDF", limits)
        a, b, c, d, _, _ = _on_page(image).get()
        share = abs(a * d - b * c) / (width * height)
        if share >= _LEAST_SHARE:
            _refuse_damage(image)
            yield _Picture(min(share, 1), max(wide_px / hypot(a, b), high_px / hypot(c, d)))


def _on_page(item: PdfObject) -> PdfMatrix:
    """The matrix of an image on the page, which may be nested in forms."""
    matrix = item.get_matrix()
    return matrix if item.container is None else matrix.multiply(_on_page(item.container))


def _refuse_damage(image: PdfImage) -> None:
    size_bytes = raw.FPDFImageObj_GetImageDataRaw(image, None, 0)
    data = create_string_buffer(size_bytes)
    raw.FPDFImageObj_GetImageDataRaw(image, data, size_bytes)
    if data.raw.startswith(_JPEG):
        sound(data.raw)
