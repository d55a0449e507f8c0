"""Compares our pixels with libvips', on a part of `python -m benchmarks.variants`."""

from __future__ import annotations

import shutil
from itertools import islice

import pytest

from benchmarks.variants import MOST, differences, reason_of
from tests.variants import variants


@pytest.mark.skipif(not shutil.which("vipsthumbnail"), reason="for vipsthumbnail: apt install libvips-tools")
def test_pixels_match_libvips_or_differ_for_a_known_reason() -> None:
    compared = dict(differences(islice(variants(), 5, None, 12)))
    assert len(compared) > 40
    far = {name: far for name, far in compared.items() if far is None or far >= MOST}
    assert [name for name in far if not reason_of(name)] == []
