from __future__ import annotations

from dataclasses import replace

import pytest

from img_super.detector.closer_look import (
    MOST_LOOKS,
    is_ghost_beside,
    is_portrait_apart,
    is_same_face,
    part_around,
    part_below,
    worth_a_look,
)
from img_super.detector.standing import Standing
from img_super.domain import ROTATIONS, Box
from tests.unit.detector.standings import face

WH = (1200, 1500)
OWNER = face(600, 400, 400, -2)
PORTRAIT = face(500, 1250, 80, 4)


def test_portrait_on_a_held_card_is_told_from_its_holder() -> None:
    assert list(worth_a_look([OWNER, PORTRAIT], OWNER)) == [PORTRAIT]
    assert is_portrait_apart(PORTRAIT, OWNER)


@pytest.mark.parametrize(
    "near",
    [
        face(500, 1250, 80, 4, likely=0.2),
        face(500, 1250, 80, 1),
        face(500, 1250, 390, 4),
        face(600, 480, 80, 4),
    ],
    ids=["unlikely", "hardly a document", "as large", "around the large face"],
)
def test_doubtful_faces_follow_the_large_one(near: Standing) -> None:
    assert not is_portrait_apart(near, OWNER)


def test_with_a_portrait_in_place_only_distant_faces_are_examined() -> None:
    portrait = face(400, 400, 200, 5)
    ghost, far = face(900, 400, 90, 4), face(600, 1250, 90, 4)
    assert list(worth_a_look([ghost, far], portrait)) == [far]
    assert not is_portrait_apart(face(600, 1250, 120, 4), portrait)


def test_faint_faces_are_not_examined_and_others_are_limited() -> None:
    many = [face(100 + 100 * number, 1250, 60, 3) for number in range(9)]
    assert len(worth_a_look(many, OWNER)) == MOST_LOOKS
    assert not worth_a_look([replace(one, looks=1) for one in many], OWNER)


def test_window_around_a_document_stays_inside_the_photo() -> None:
    part = part_around(PORTRAIT, WH)
    assert part.x_min < 340
    assert part.x_max > 660
    assert part_around(face(20, 1490, 80, 4), WH).clipped(WH) == part_around(face(20, 1490, 80, 4), WH)
    assert not part_around(face(-900, -900, 80, 4), WH).area


def test_card_is_below_its_holder_in_any_rotation() -> None:
    parts = [part_below(face(600, 700, 100, -2, rotation=rotation), WH) for rotation in ROTATIONS]
    assert parts == [Box(0, 750, 1200, 1500), Box(650, 0, 1200, 1500), Box(0, 0, 1200, 650), Box(0, 0, 550, 1500)]


def test_duplicate_detections_are_merged() -> None:
    assert is_same_face(PORTRAIT, face(510, 1240, 70, 4))
    assert not is_same_face(PORTRAIT, face(590, 1250, 80, 4))


def test_much_smaller_face_near_the_document_is_its_ghost() -> None:
    portrait = face(400, 400, 200, 5)
    assert is_ghost_beside(face(900, 400, 90, 4), portrait)
    assert not is_ghost_beside(face(900, 400, 150, 4), portrait)
    assert not is_ghost_beside(face(1300, 400, 90, 4), portrait)
    assert not is_ghost_beside(face(900, 400, 90, 4), replace(portrait, document=-1))
