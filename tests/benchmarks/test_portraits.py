"""Whether the benchmark tells two routes that mean one face from two that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.composed import Composed
from benchmarks.portraits import Rows, look_at, tally
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
def test_routes_differ_when_they_choose_different_portraits(
    validator: FakeValidator, by_face: Detection | None, by_super: Detection | None, differ: bool
) -> None:
    pipeline = Pipeline(FakeDetector(by_face), validator, quick_detector=FakeDetector(by_super))
    assert look_at(pipeline, PHOTO, routes=True).other_face == differ


def test_measurements_are_cached_and_reused(validator: FakeValidator, tmp_path: Path) -> None:
    """But not for whoever asks `/face`, too, where it was not asked."""
    pipeline = Pipeline(FakeDetector(ONE), validator, quick_detector=FakeDetector(BOTH))
    photo, file = replace(PHOTO, portraits=(ONE.portrait.box,)), tmp_path / "rows.jsonl"
    alone, both = (look_at(pipeline, photo, routes) for routes in (False, True))
    rows = Rows(file)
    rows.add("ghosts", 3, alone)
    rows.add("cards", 3, both)
    again = Rows(file)
    assert (again.get("ghosts", 3, routes=False), again.get("cards", 3, routes=True)) == (alone, both)
    assert again.get("ghosts", 3, routes=True) is again.get("ghosts", 4, routes=False) is None
    told = tally([alone, both])
    assert told["photos"] == 2
    assert [told[name] for name in ("right", "too_many", "other_face")] == [
        (2, 0.3424, 1.0),
        (2, 0.3424, 1.0),
        (1, 0.2065, 1.0),
    ]
