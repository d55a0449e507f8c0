from __future__ import annotations

import numpy as np
import pytest

from img_super.detector.outputs import CHANNELS, OTHER, PORTRAIT, STRIDE, FloatBox, read_candidates, read_portrait
from img_super.domain import ROTATIONS, Box, Float32Array, Rotation

CELLS = 12


@pytest.fixture
def outputs() -> dict[str, Float32Array]:
    return {name: np.zeros((CELLS, CELLS, channels), np.float32) for name, channels in CHANNELS.items()}


def test_reads_the_most_likely_cell(outputs: dict[str, Float32Array]) -> None:
    outputs["centres"][3, 5, PORTRAIT] = 0.8
    outputs["centres"][9, 2, PORTRAIT] = 0.7
    outputs["boxes"][3, 5] = [0.25, -0.5, 0.0, np.log(2), 0, 1, np.log(3), np.log(4)]
    outputs["rotations"][3, 5] = [0, 0, 9, 0]
    outputs["corners"][3, 5] = [-0.5, -0.25, 0.5, -0.25, 0.5, 0.25, -0.5, 0.25]
    found = read_portrait(outputs)
    assert found.face.confidence == pytest.approx(0.8)
    face, frame = found.face.box, found.frame
    assert (face.x, face.y, face.width, face.height) == pytest.approx((44 + 2, 28 - 4, 32, 64))
    assert (frame.x, frame.y, frame.width, frame.height) == pytest.approx((44, 36, 96, 128))
    assert found.rotations == (180, 0, 90, 270)
    assert found.corners.tolist() == [[12, 12], [76, 12], [76, 44], [12, 44]]


@pytest.mark.parametrize("number", range(4))
def test_logits_follow_the_order_of_rotations(outputs: dict[str, Float32Array], number: int) -> None:
    outputs["centres"][1, 1, PORTRAIT] = 1
    outputs["rotations"][1, 1, number] = 3
    assert read_portrait(outputs).rotations[0] == ROTATIONS[number]


def test_empty_photo_has_low_confidence(outputs: dict[str, Float32Array]) -> None:
    (found,) = read_candidates(outputs)
    assert found.face.confidence == 0


def test_other_faces_are_separate_peaks(outputs: dict[str, Float32Array]) -> None:
    outputs["centres"][2, 2, PORTRAIT] = 0.9
    outputs["centres"][2, 3, OTHER] = 0.8  # overlaps the portrait
    outputs["centres"][9, 9, OTHER] = 0.6
    outputs["centres"][9, 8, OTHER] = 0.5  # not a peak
    outputs["centres"][2, 9, PORTRAIT] = 0.7  # a second portrait is another face
    outputs["centres"][9, 2, OTHER] = 0.2  # too unlikely
    portrait, *others = read_candidates(outputs)
    assert portrait.face.confidence == pytest.approx(0.9)
    assert [round(other.face_confidence, 2) for other in others] == [0.7, 0.6]
    assert [round(other.face.confidence, 2) for other in others] == [0.7, 0]
    middles = [(other.face.box.x, other.face.box.y) for other in others]
    assert middles == [(9.5 * STRIDE, 2.5 * STRIDE), (9.5 * STRIDE,) * 2]


@pytest.mark.parametrize("answer", [-1e9, 1e9, np.inf, -np.inf])
def test_absurd_sizes_stay_finite(outputs: dict[str, Float32Array], answer: float) -> None:
    outputs["boxes"][..., 2:4] = answer
    box = read_portrait(outputs).face.box
    assert 0 < box.width < 1000
    assert 0 < box.height < 1000


def test_overlap_is_relative_to_the_smaller_box() -> None:
    small, large = FloatBox(10, 10, 4, 4), FloatBox(10, 10, 40, 40)
    assert small.overlap(large) == large.overlap(small) == 1
    assert small.overlap(FloatBox(12, 10, 4, 4)) == pytest.approx(0.5)
    assert small.overlap(FloatBox(20, 10, 4, 4)) == 0
    assert FloatBox(0, 0, 0, 0).overlap(small) == 0


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_float_boxes_rotate_like_pixel_boxes(rotation: Rotation) -> None:
    box, wh = Box(3, 5, 20, 33), (64, 48)
    assert FloatBox.of(box).turned(rotation, wh).pixels() == box.turned(rotation, wh)


def test_boxes_are_scaled_and_moved() -> None:
    assert FloatBox(1, 2, 3, 4).scaled(2.5).moved(-1, 1) == FloatBox(1.5, 6, 7.5, 10)
    assert FloatBox(0, 0, 4, 9).size == 6
