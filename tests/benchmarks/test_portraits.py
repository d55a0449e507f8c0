"""Whether the benchmark tells two routes that mean one face from two that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.composed import Composed
from benchmarks.portraits import other_face
from img_super.domain import Box, Detection, Face
from img_super.pipeline.pipeline import Pipeline
from tests.conftest import FakeDetector, FakeValidator

PHOTO = Composed(np.zeros((400, 900, 3), np.uint8))


def portrait(x: int, side: int = 100) -> Detection:
    return Detection(Face(Box(x, 100, x + side, 100 + side), 0.9), (), 0)


ONE, OTHER = portrait(100), portrait(500)
BOTH, OTHER_FIRST = replace(ONE, elsewhere=(OTHER,)), replace(OTHER, elsewhere=(ONE,))


@pytest.mark.parametrize(
    ("by_face", "by_super", "differ"),
    [
        (ONE, portrait(110), False),
        (ONE, OTHER, True),
        (BOTH, OTHER_FIRST, False),
        (BOTH, ONE, True),
        (ONE, BOTH, True),
        (replace(ONE, elsewhere=(portrait(500, 8),)), ONE, False),
        (ONE, None, True),
        (None, None, False),
    ],
    ids=[
        "one",
        "another",
        "two in any order",
        "one of two",
        "two for one",
        "too small to be judged",
        "none",
        "no face",
    ],
)
def test_routes_differ_where_one_means_a_portrait_that_the_other_does_not(
    validator: FakeValidator, by_face: Detection | None, by_super: Detection | None, differ: bool
) -> None:
    pipeline = Pipeline(FakeDetector(by_face), validator, quick_detector=FakeDetector(by_super))
    assert other_face(pipeline, PHOTO) == differ
