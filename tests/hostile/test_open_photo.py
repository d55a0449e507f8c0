"""The service's decoding of the corpus: equal to plain decoding, in bounded time."""

from __future__ import annotations

import time

import pytest

from img_super.errors import InputError
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.photo import open_photo
from tests.hostile.files import hostile_files, jpeg_scans

CORPUS = dict(hostile_files())
LIMITS = DecodeLimits(max_pixels=20_000_000, budget_ms=1000)


def plain(data: bytes) -> object:
    try:
        height, width = decode_image(data, LIMITS).shape[:2]
    except InputError as error:
        return type(error), error.detail
    return width, height


def fast(data: bytes) -> object:
    try:
        return open_photo(data, LIMITS).size_wh
    except InputError as error:
        return type(error), error.detail


@pytest.mark.parametrize("name", CORPUS)
def test_hostile_files_get_the_same_answer_as_full_decoding(name: str) -> None:
    start = time.thread_time()
    answer = fast(CORPUS[name])
    assert time.thread_time() - start < 3
    assert answer == plain(CORPUS[name])


@pytest.mark.parametrize("scans", [20, 60, 99])
def test_allowed_scans_fit_the_budget(scans: int) -> None:
    """libjpeg-turbo cannot be interrupted, so it must not get anything slower."""
    bomb = jpeg_scans(2000, scans)
    start = time.thread_time()
    fast(bomb)
    assert time.thread_time() - start < 2 * LIMITS.budget_ms / 1000
