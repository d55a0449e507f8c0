"""The first page of a PDF: its rendered size, and refusals before rendering."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, InputError, NotAnImage, TooManyPixels, UnsupportedVariant
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from tests.conftest import encode
from tests.hostile.pdfs import ENCRYPTED, NO_PAGES, form, image, jpeg_scan, page, scan

NOISE = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
PHOTO = cv2.GaussianBlur(NOISE, (0, 0), 4).astype(np.uint8)
SCAN = scan(PHOTO)
DEFLATED = image((320, 240), zlib.compress(PHOTO.tobytes()), b"FlateDecode")
JPEG = encode(PHOTO, "JPEG", quality=90)


def drawn(data: bytes, max_pixels: int = 20_000_000) -> RgbImage:
    return decode_image(data, DecodeLimits(max_pixels, pdf=True))


def is_same(pixels: RgbImage, others: RgbImage) -> bool:
    return pixels.shape == others.shape and float(cv2.absdiff(pixels, others).mean()) < 2


@pytest.mark.parametrize("dpi", [96, 200, 300, 600])
def test_scan_is_rendered_at_its_own_resolution(dpi: int) -> None:
    """PDFium's rounding may shift it by half a pixel."""
    assert is_same(drawn(scan(PHOTO, dpi)), PHOTO)


def test_scan_follows_the_page_rotation() -> None:
    assert is_same(drawn(scan(PHOTO, more=b"/Rotate 90")), np.rot90(PHOTO, -1))


def test_scan_in_strips_keeps_its_resolution() -> None:
    half = image((320, 120), zlib.compress(PHOTO[:120].tobytes()), b"FlateDecode")
    strips = b"q 160 0 0 60 0 60 cm /Im Do Q q 160 0 0 60 0 0 cm /Im Do Q"
    assert is_same(drawn(page(strips, half, box=(0, 0, 160, 120))), np.tile(PHOTO[:120], (2, 1, 1)))


def test_photo_on_a_page_keeps_its_resolution_even_inside_a_form() -> None:
    at_600_dpi = b"q %f 0 0 %f 100 100 cm /Im Do Q" % (320 * 0.12, 240 * 0.12)
    assert drawn(page(at_600_dpi, DEFLATED, box=(0, 0, 300, 200))).shape == (1666, 2500, 3)
    in_form = form(b"q 4 0 0 4 0 0 cm /Im Do Q", 6, matrix=(0.5, 0, 0, 0.5, 0, 0))
    assert drawn(page(at_600_dpi, in_form, DEFLATED, box=(0, 0, 300, 200))).shape == (833, 1250, 3)


def test_text_page_is_rendered_at_200_dpi() -> None:
    stamp = b"q 20 0 0 20 0 0 cm /Im Do Q BT 100 100 Td (text) Tj ET"
    assert drawn(page(stamp, DEFLATED, box=(0, 0, 360, 720))).shape == (2000, 1000, 3)


def test_bytes_before_the_pdf_header_are_ignored() -> None:
    assert is_same(drawn(b"\x1b%-12345X@PJL SET\r\n" + SCAN), PHOTO)


def test_page_of_any_size_is_rendered_within_the_limit() -> None:
    assert drawn(page(b"", box=(0, 0, 1e9, 1e9)), 1_000_000).shape[:2] == (999, 999)
    with pytest.raises(TooManyPixels):
        drawn(page(b"", box=(0, 0, 1e9, 1e-3)))


def test_oversized_image_is_refused_unrendered() -> None:
    promised = image((60_000, 60_000), zlib.compress(bytes(1000)), b"FlateDecode")
    with pytest.raises(TooManyPixels, match="60000 x 60000"):
        drawn(page(b"/Im Do", promised, box=(0, 0, 3, 3)))


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (SCAN[:-40], BrokenImage, "This PDF is cut off"),
        (SCAN[: len(SCAN) // 2] + b"%%EOF", BrokenImage, "This PDF is damaged"),
        (b"%PDF-1.7 %%EOF", BrokenImage, "This PDF is damaged"),
        (NO_PAGES, BrokenImage, "This PDF"),
        (ENCRYPTED, UnsupportedVariant, "This is an encrypted PDF, which is not supported; save it again as"),
        (jpeg_scan(JPEG[: len(JPEG) // 2], (320, 240)), BrokenImage, "send the complete file again"),
    ],
)
def test_refusal_says_what_is_wrong_with_the_pdf(data: bytes, error: type[InputError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        drawn(data)


def test_jpeg_on_the_page_is_read() -> None:
    assert is_same(drawn(jpeg_scan(JPEG, (320, 240))), decode_image(JPEG))


def test_service_refuses_pdf_by_name() -> None:
    for data in (SCAN, b"\n" * 99 + SCAN):
        with pytest.raises(NotAnImage, match="This is a PDF; send a JPEG"):
            decode_image(data)


def test_archive_with_a_pdf_inside_is_not_a_pdf() -> None:
    with pytest.raises(NotAnImage, match="This is a ZIP"):
        drawn(b"PK\3\4" + bytes(30) + SCAN)
