"""The table of formats matches the code: each row has examples here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from img_super.errors import InputError
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.photo import open_photo
from tests.hostile.files import image_file, jpeg_scans, png_chunk
from tests.hostile.pdfs import ENCRYPTED, NO_PAGES, jpeg_scan, scan
from tests.real_files import HARMLESS, HEIC, JPEG, PHOTO, UNSUPPORTED

TABLE = Path(__file__).parents[2] / "docs/reference/formats.md"
PNG = image_file(PHOTO, "PNG")
BAD_TEXT = png_chunk(b"tEXt", b"a\0b")[:-1] + b"!"
LOSSLESS = image_file(PHOTO, "WEBP", lossless=True, exif=b"Exif\0\0II*\0junk")
DEFLATED = image_file(PHOTO, "TIFF", compression="tiff_deflate")
PROGRESSIVE = image_file(PHOTO, "JPEG", progressive=True)
PIXELS = np.asarray(PHOTO)
EXAMPLES = {
    "JPEG | baseline": [JPEG, PROGRESSIVE],
    "JPEG | no end marker": [*HARMLESS.values()],
    "JPEG | bytes lost": [JPEG[: len(JPEG) // 2], PROGRESSIVE[:-2]],
    "JPEG | 12 bits": [data for data in UNSUPPORTED.values() if data.startswith(b"\xff\xd8")],
    "JPEG | more than 100 scans": [jpeg_scans(64, 150)],
    "PNG | 1 to 16": [PNG],
    "PNG | text": [PNG[:33] + BAD_TEXT + PNG[33:]],
    "WebP | lossy": [image_file(PHOTO, "WEBP")],
    "WebP | damaged": [LOSSLESS, LOSSLESS[:-4]],
    "HEIC, HEIF |": [HEIC],
    "AVIF |": [image_file(PHOTO, "AVIF")],
    "BMP |": [image_file(PHOTO, "BMP")],
    "TIFF | none": [image_file(PHOTO, "TIFF"), DEFLATED],
    "TIFF | BigTIFF": [image_file(PHOTO, "TIFF", big_tiff=True)],
    "TIFF | 32-bit floats": [image_file(PHOTO.convert("F"), "TIFF")],
    "TIFF | other floats": [data for data in UNSUPPORTED.values() if data[:2] in (b"II", b"MM")],
    "TIFF | strips": [DEFLATED[:8] + DEFLATED[-200:]],
    "PDF | its first page": [scan(PIXELS)],
    "PDF | encrypted": [ENCRYPTED],
    "PDF | damaged": [scan(PIXELS)[:-40], NO_PAGES, jpeg_scan(JPEG[: len(JPEG) // 2], PHOTO.size)],
    "GIF": [b"GIF89a" + bytes(30), b"<svg/>", b"\xff\x0a" + bytes(9), b"8BPS", b"PK\3\4" + bytes(9)],
}


def rows() -> list[tuple[str, str]]:
    """Each variant, with `read` or its error code."""
    lines = [line.split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [(f"{kind[2:]} | {variant}", told.split()[0].strip("`,")) for kind, variant, told, *_ in lines[1:]]


def outcome(data: bytes) -> str:
    try:
        open_photo(data, DecodeLimits(pdf=True))
    except InputError as error:
        return error.code
    return "read"


@pytest.mark.parametrize(("kind", "told"), rows())
def test_every_row_holds(kind: str, told: str) -> None:
    (examples,) = (files for begin, files in EXAMPLES.items() if kind.startswith(begin))
    assert {outcome(data) for data in examples} == {told}


def test_every_example_has_a_row() -> None:
    assert [begin for begin in EXAMPLES if not any(kind.startswith(begin) for kind, _ in rows())] == []
