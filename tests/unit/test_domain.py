from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img_super.domain import ROTATIONS, Box, Decision, Detection, Face, Rotation, Verdict
from img_super.turn import inverse, turn

boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    *[st.integers(-50, 50)] * 2,
    *[st.integers(0, 60)] * 2,
)


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        (Box(10, 10, 20, 20), Box(10, 10, 20, 20)),
        (Box(-5, -5, 20, 20), Box(0, 0, 20, 20)),  # the far corner stays where it is
        (Box(90, 40, 120, 70), Box(90, 40, 100, 50)),
        (Box(120, 70, 130, 80), Box(100, 50, 100, 50)),
    ],
)
def test_clipping_moves_only_outside_corners(box: Box, clipped: Box) -> None:
    assert box.clipped((100, 50)) == clipped


@pytest.mark.parametrize(
    ("one", "other", "iou"),
    [
        (Box(0, 0, 10, 10), Box(0, 0, 10, 10), 1.0),
        (Box(0, 0, 10, 10), Box(10, 0, 20, 10), 0.0),
        (Box(0, 0, 10, 10), Box(5, 0, 15, 10), 1 / 3),
        (Box(0, 0, 0, 0), Box(0, 0, 0, 0), 0.0),
    ],
)
def test_iou(one: Box, other: Box, iou: float) -> None:
    assert one.iou(other) == pytest.approx(iou)


def test_box_from_floats_covers_them() -> None:
    assert Box.from_xywh(1.2, 3.9, 10.1, 0.2) == Box(1, 3, 12, 5)


@pytest.mark.parametrize("box", [Box(0, 0, 3, 2), Box(1, 1, 2, 4), Box(4, 0, 5, 1)])
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_box_rotates_with_the_pixels(box: Box, rotation: Rotation) -> None:
    image = np.zeros((6, 5, 3), np.uint8)
    image[box.y_min : box.y_max, box.x_min : box.x_max] = 255
    turned_box = box.turned(rotation, (5, 6))
    turned = turn(image, rotation)
    assert turned[turned_box.y_min : turned_box.y_max, turned_box.x_min : turned_box.x_max].all()
    assert turned.astype(bool).sum() == 3 * turned_box.area


@given(boxes, st.sampled_from(ROTATIONS))
def test_rotating_back_restores_the_box(box: Box, rotation: Rotation) -> None:
    turned_wh = (80, 70) if rotation in (0, 180) else (70, 80)
    assert box.turned(rotation, (80, 70)).turned(inverse(rotation), turned_wh) == box


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(one: Box, other: Box) -> None:
    assert one.iou(other) == other.iou(one)
    assert 0 <= one.iou(other) <= 1


def test_superimposed_from_the_threshold_inclusive() -> None:
    assert Decision(0.5, 0.5, Verdict.ATTACK).superimposed
    assert not Decision(0.4999, 0.5, Verdict.ATTACK).superimposed


def test_portrait_comes_first() -> None:
    portrait, ghost = Face(Box(0, 0, 2, 2), 0.8), Face(Box(5, 5, 6, 6), 0.9)
    assert Detection(portrait, (ghost,), 0).faces == (portrait, ghost)
