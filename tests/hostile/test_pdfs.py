"""Costly PDFs: the decoding process is killed, and the next file is read."""

from __future__ import annotations

import time
import zlib

import numpy as np
import pytest

from img_super.errors import BrokenImage, DecodeTooSlow, InputError
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder import Decoder
from tests.hostile.pdfs import form, image, page, scan, stream
from tests.waiting import PATIENCE_S

PHOTO = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
LIMITS = DecodeLimits(max_pixels=4_000_000, budget_ms=500, pdf=True)
STAMP = image((4, 4), zlib.compress(bytes(48)), b"FlateDecode")


@pytest.fixture(scope="module")
def decoder(decoder_that_waits: Decoder) -> Decoder:
    assert decoder_that_waits.decode(scan(PHOTO), DecodeLimits(pdf=True)).shape == PHOTO.shape
    return decoder_that_waits


def squares(count: int) -> bytes:
    return page(b"0 0 500 800 re f " * count, STAMP)


def forms(levels: int, times: int) -> bytes:
    """Each draws the next one this many times."""
    return page(b"/Im Do", *(form(b"/Im Do " * times, number + 6) for number in range(levels)), STAMP)


def content_bomb(size_bytes: int) -> bytes:
    """Compressed twice, a few kilobytes."""
    twice = zlib.compress(zlib.compress(b"q Q " * (size_bytes // 4), 9), 9)
    head = b"/Filter[/FlateDecode/FlateDecode]/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    return page(b"/Im Do", stream(head, twice))


@pytest.mark.parametrize("data", [squares(300_000), forms(9, 12), content_bomb(200_000_000)], ids=len)
def test_slow_pdfs_are_stopped(decoder: Decoder, data: bytes) -> None:
    """By time or by memory: out of memory, PDFium aborts its process."""
    start = time.monotonic()
    with pytest.raises((DecodeTooSlow, BrokenImage)):
        decoder.decode(data, LIMITS)
    assert time.monotonic() - start < PATIENCE_S


@pytest.mark.parametrize(
    "data",
    [
        page(b"/Im Do", form(b"/Im Do " * 3, 5)),
        page(b"q 1e38 0 0 1e38 0 0 cm 1e38 0 0 1e38 0 0 cm /Im Do Q", STAMP),
        page(b"q 0 0 0 0 0 0 cm /Im Do Q", STAMP),
        page(b"q " * 100_000, STAMP),
        page(b"[" * 100_000, STAMP),
        page(b"/Im Do", image((1500, 1500), zlib.compress(bytes(10)), b"FlateDecode", b"/ColorSpace 5 0 R")),
        page(b"/Im Do", image((1500, 1500), b"\0" * 99, b"JBIG2Decode", b"/ColorSpace/DeviceGray")),
        page(b"/Im Do", image((1500, 1500), b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), b"JPXDecode")),
    ],
)
def test_malformed_pdfs_give_pixels_or_a_typed_error(decoder: Decoder, data: bytes) -> None:
    try:
        height, width = decoder.decode(data, LIMITS).shape[:2]
    except InputError:
        return
    assert height * width <= LIMITS.max_pixels
