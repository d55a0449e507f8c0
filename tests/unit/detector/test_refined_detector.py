from __future__ import annotations

import numpy as np
import pytest

from img_super.detector.face_refiner import FaceRefiner, Part, RefinedFace
from img_super.detector.outputs import FloatBox, FoundFace
from img_super.detector.pyramid import Pyramid
from img_super.detector.refined_detector import RefinedDetector
from img_super.domain import Box, Detection, Face, ModelIdentity, RgbImage, Rotation

PHOTO = np.zeros((480, 640, 3), np.uint8)
GHOST = Face(Box(300, 20, 320, 45), 0.7)
FOUND = Detection(Face(Box(100, 100, 180, 200), 0.9), (GHOST,), 90)


class Detector:
    identity = ModelIdentity("any", "1", "0" * 64)

    def __init__(self, answer: Detection | None) -> None:
        self.answer = answer

    def detect(self, image: RgbImage) -> Detection | None:
        return self.answer


class Finder(FaceRefiner):
    """Returns a given face wherever it looks, and records where."""

    def __init__(self, *boxes: FloatBox | None) -> None:
        self.boxes = list(boxes)
        self.looked: list[tuple[FloatBox, Rotation]] = []

    def find(self, photo: Pyramid, about: FloatBox, rotation: Rotation) -> RefinedFace | None:
        self.looked.append((about, rotation))
        box = self.boxes.pop(0)
        return None if box is None else RefinedFace(FoundFace(box, 0.8), Part.around(about))


def test_portrait_box_comes_from_the_refiner() -> None:
    finder = Finder(FloatBox(142, 151, 79, 98))
    detector = RefinedDetector(Detector(FOUND), finder)
    assert detector.detect(PHOTO) == Detection(Face(Box(102, 102, 182, 200), 0.8), (GHOST,), 90)
    assert finder.looked == [(FloatBox(140, 150, 80, 100), 90)]
    assert detector.identity == Detector.identity


def test_face_outside_its_window_is_refined_again() -> None:
    far, again = FloatBox(240, 150, 80, 100), FloatBox(238, 152, 80, 100)
    finder = Finder(far, again)
    found = RefinedDetector(Detector(FOUND), finder).detect(PHOTO)
    assert found is not None
    assert found.portrait.box == again.pixels()
    assert finder.looked[1] == (far, 90)


@pytest.mark.parametrize("seen", [None, FloatBox(-500, -500, 20, 20)], ids=["no face", "a face outside"])
def test_box_stays_without_a_refinement(seen: FloatBox | None) -> None:
    assert RefinedDetector(Detector(FOUND), Finder(seen, None)).detect(PHOTO) == FOUND


def test_nothing_is_refined_without_a_face() -> None:
    finder = Finder()
    assert RefinedDetector(Detector(None), finder).detect(PHOTO) is None
    assert finder.looked == []
