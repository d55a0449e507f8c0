"""Bodies and files with a disproportionate cost in code that holds the GIL and blocks the service."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress

import pytest
from PIL import Image

from img_super.api.body_encoding import unpacked
from img_super.api.image_request import _reader
from img_super.errors import ImgSuperError, UnsupportedMedia
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.reduced_jpeg import reduced_jpeg
from tests.hostile.files import END_OF_IMAGE, image_file

MB = 1_000_000
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
BEGINS = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0"
GREY = image_file(Image.new("L", (64, 64), 90), "JPEG")

BODIES = {
    "a form of nothing but percent signs": (FORM, b"image=" + b"%" * 8 * MB),
    "a form that writes each letter as three": (FORM, b"image=" + b"%2B" * 5 * MB),
    "a form of what is nearly its boundary": (f"{PARTS}; boundary=B", b"--B\r\n\r\n" + b"\r\n--Bx" * 3 * MB),
    "a type with very many semicolons": ('multipart/form-data; a="' + ";" * 60_000, b"--b\r\n"),
}
FILES = {
    "nothing but 0xff": b"\xff\xd8" + b"\xff" * 40_000,
    "a picture that ends in 0xff": GREY.removesuffix(END_OF_IMAGE) + b"\xff" * 40_000,
    "a profile in very many pieces": BEGINS + (b"\xff\xe2\0\x38ICC_PROFILE\0\1\1" + b"x" * 40) * 40_000 + SCAN,
    "very many segments": BEGINS + b"\xff\xe0\0\2" * 4 * MB + SCAN,
    "very many markers": BEGINS + b"\xff\xd0" * 10 * MB + SCAN,
}


@pytest.mark.parametrize("name", BODIES)
def test_reading_a_body_is_fast(name: str) -> None:
    content_type, body = BODIES[name]
    start_s = time.thread_time()
    with suppress(ImgSuperError):
        _reader(content_type)(body)
    assert time.thread_time() - start_s < 1.5


def test_long_content_type_is_refused() -> None:
    with pytest.raises(UnsupportedMedia, match="too long"):
        _reader(f"{PARTS}; boundary=B;" + " " * 512)


def test_gzip_members_are_read_without_copying_the_rest() -> None:
    long = gzip.compress(bytes(20 * MB), 0)

    def seconds(body: bytes) -> float:
        start_s = time.thread_time()
        assert len(unpacked(body, ("gzip",), 20 * MB)) == 20 * MB
        return time.thread_time() - start_s

    assert seconds(gzip.compress(b"") * 98 + long) < 4 * seconds(long)


@pytest.mark.parametrize("name", FILES)
def test_reading_jpeg_segments_is_fast(name: str) -> None:
    start_s = time.thread_time()
    with suppress(ImgSuperError):
        reduced_jpeg(FILES[name], DecodeLimits())
    assert time.thread_time() - start_s < 1.5
