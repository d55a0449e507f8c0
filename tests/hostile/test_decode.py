"""Decoding of the corpus: an image or a typed error, in bounded time and memory."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.running_service import environment
from img_super.errors import BrokenImage, DecodeTooSlow, InputError, TooManyPixels
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import MAX_JPEG_SCANS, DecodeLimits
from img_super.pipeline.formats import sniff_type
from tests.hostile.files import bmp_runs, hostile_files, jpeg_scans, tiff_strip, tiff_tile

CORPUS = dict(hostile_files())
LIMITS = DecodeLimits(max_pixels=20_000_000, budget_ms=1000)


@pytest.mark.parametrize("name", CORPUS)
def test_hostile_files_give_an_image_or_a_typed_error_in_time(name: str) -> None:
    start = time.thread_time()
    try:
        decoded = decode_image(CORPUS[name], LIMITS)
    except InputError:
        decoded = np.zeros((1, 1, 3), np.uint8)
    assert decoded.dtype == np.uint8
    assert decoded.shape[2:] == (3,)
    assert time.thread_time() - start < 3


def test_jpeg_with_many_scans_is_refused_before_decoding() -> None:
    bomb = jpeg_scans(2000, MAX_JPEG_SCANS)
    start = time.thread_time()
    with pytest.raises(DecodeTooSlow):
        decode_image(bomb)
    assert time.thread_time() - start < 0.3
    assert decode_image(jpeg_scans(200, 20)).shape == (200, 200, 3)


def test_decoder_is_stopped_when_its_budget_is_spent() -> None:
    start = time.thread_time()
    with pytest.raises(DecodeTooSlow):
        decode_image(bmp_runs(3000, 3000, 1_900_000), DecodeLimits(budget_ms=100))
    assert time.thread_time() - start < 0.5


def test_huge_tile_of_a_small_image_is_refused() -> None:
    with pytest.raises(BrokenImage):
        decode_image(tiff_tile(100, 40_000))


PEAK = """
import resource, sys
from img_super.errors import InputError
from img_super.pipeline.decode import decode_image
from tests.hostile.files import hostile_files
worst = (0, "nothing")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, data in hostile_files():
    try:
        decode_image(data)
    except InputError:
        pass
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worst, before = max(worst, (after - before, name)), after
print(worst[0] // 1024, worst[1])
"""


def test_hostile_files_stay_within_the_memory_limit() -> None:
    """The bombs among them would take gigabytes; one tile of 151 bytes takes 1.5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK], env=environment(), capture_output=True, text=True, timeout=300, check=True
    )
    grown_mb, name = done.stdout.strip().split(" ", 1)
    assert int(grown_mb) < 400, name


@pytest.mark.parametrize(("max_memory_bytes", "fits"), [(16_000_000 * 26, True), (16_000_000 * 26 - 1, False)])
def test_image_stays_within_its_memory_share(max_memory_bytes: int, fits: bool) -> None:
    white = tiff_strip(4000, 4000, b"\xff" * 16_000_000, compression=1)
    limits = DecodeLimits(max_memory_bytes=max_memory_bytes)
    if fits:
        assert decode_image(white, limits).shape == (4000, 4000, 3)
        return
    with pytest.raises(TooManyPixels, match="4000 x 4000"):
        decode_image(white, limits)


def test_corpus_files_match_their_descriptions() -> None:
    """Most files begin like an image, so that they reach the decoders and not only the signature check."""
    assert len(CORPUS) > 300
    assert sum(sniff_type(data) is not None for data in CORPUS.values()) > 250
