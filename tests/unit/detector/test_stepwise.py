from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from img_super.detector import stepwise
from img_super.detector.heads import FloatBox
from img_super.detector.stepwise import LONG_SIDE_PX, SURE, StepwiseDetector
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, Box, Detection, Face, RgbImage, Rotation

PHOTO = np.zeros((400, 600, 3), np.uint8)
BOX = Box(100, 100, 180, 200)
PRECISE = Detection(Face(Box(1, 2, 30, 40), 0.9), (), 270)


class Looks(YuNetDetector):
    """YuNet that sees what it is told, and tells at what it looked."""

    def __init__(self, confidences: dict[Rotation, float]) -> None:
        self.confidences, self.looks = confidences, 0

    def faces(
        self, image: RgbImage, long_side_px: int, rotations: Sequence[Rotation] = ROTATIONS
    ) -> dict[Rotation, list[Face]]:
        assert long_side_px == LONG_SIDE_PX
        self.looks += len(rotations)
        return {
            rotation: [Face(BOX, self.confidences[rotation])] if rotation in self.confidences else []
            for rotation in rotations
        }

    def detect(self, image: RgbImage) -> Detection | None:
        return PRECISE


class Finder:
    confirms = True

    def find(self, image: RgbImage, about: FloatBox, rotation: Rotation) -> Face | None:
        return Face(Box(101, 101, 181, 201), 0.95) if self.confirms else None


@pytest.fixture(autouse=True)
def finder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepwise, "UprightFinder", Finder)
    monkeypatch.setattr(Finder, "confirms", True)


def test_a_sure_upright_face_needs_one_look() -> None:
    looks = Looks({0: SURE, 180: 0.99})
    found = StepwiseDetector(looks).detect(PHOTO)
    assert found == Detection(Face(Box(101, 101, 181, 201), 0.95), (), 0)
    assert looks.looks == 1


def test_an_unsure_face_is_looked_at_from_all_sides() -> None:
    looks = Looks({0: SURE - 0.05, 90: SURE + 0.05})
    found = StepwiseDetector(looks).detect(PHOTO)
    assert found is not None
    assert (found.rotation, looks.looks) == (90, 5)


@pytest.mark.parametrize("confidences", [{}, {0: SURE - 0.1, 180: SURE - 0.05}], ids=["none", "unsure"])
def test_what_nobody_is_sure_of_is_handed_on(confidences: dict[Rotation, float]) -> None:
    assert StepwiseDetector(Looks(confidences)).detect(PHOTO) is PRECISE


def test_what_the_second_look_does_not_confirm_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "confirms", False)
    assert StepwiseDetector(Looks({0: 0.97})).detect(PHOTO) is PRECISE
