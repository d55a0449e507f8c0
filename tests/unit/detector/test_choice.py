from __future__ import annotations

from img_super.detector.choice import choose
from img_super.domain import Box, Face

IMAGE_WH = (1000, 800)


def face(x: int, y: int, side: int, confidence: float) -> Face:
    return Face(Box(x, y, x + side, y + side), confidence)


def test_no_face_in_any_rotation() -> None:
    assert choose({0: [], 90: [], 180: [], 270: []}, IMAGE_WH) is None


def test_most_confident_face_determines_the_rotation() -> None:
    upright, lying = face(300, 300, 150, 0.93), face(290, 290, 180, 0.7)
    found = choose({0: [lying], 90: [upright], 180: [], 270: []}, IMAGE_WH)
    assert found is not None
    assert (found.rotation, found.portrait) == (90, upright)


def test_larger_face_beats_a_more_confident_ghost() -> None:
    portrait, ghost = face(150, 300, 200, 0.88), face(700, 350, 90, 0.94)
    found = choose({0: [ghost, portrait], 90: [], 180: [], 270: []}, IMAGE_WH)
    assert found is not None
    assert found.portrait == portrait
    assert found.others == (ghost,)


def test_central_ghost_does_not_win() -> None:
    portrait, ghost = face(40, 300, 200, 0.9), face(450, 350, 100, 0.9)
    found = choose({0: [ghost, portrait]}, IMAGE_WH)
    assert found is not None
    assert found.portrait == portrait


def test_larger_face_in_the_corner_does_not_win() -> None:
    portrait, stranger = face(250, 350, 160, 0.9), face(800, 0, 195, 0.91)
    found = choose({0: [stranger, portrait]}, IMAGE_WH)
    assert found is not None
    assert found.portrait == portrait


def test_other_faces_come_largest_first() -> None:
    faces = [face(400, 300, 50, 0.9), face(300, 300, 200, 0.9), face(600, 300, 80, 0.9)]
    found = choose({0: faces}, IMAGE_WH)
    assert found is not None
    assert [f.box.width for f in found.others] == [80, 50]
