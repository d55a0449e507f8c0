from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img_super.detector.outputs import CHANNELS, OTHER, PORTRAIT, STRIDE, FloatBox, read_portrait
from img_super.lab.training.detector.placing import Truth
from img_super.lab.training.detector.targets import WEIGHTS, rotation_after, targets_of

SIDE = 96
middle = st.floats(30, 66)
side = st.floats(10, 50)


def truth(portrait: FloatBox, others: tuple[FloatBox, ...] = (), quarters: int = 1) -> Truth:
    frame = FloatBox(portrait.x + 1, portrait.y - 2, 1.8 * portrait.width, 1.7 * portrait.height)
    corners = np.array([[5, 10], [90, 12], [88, 80], [4, 78]], np.float32)
    return Truth(portrait, frame, corners, quarters, others)


@settings(max_examples=60, deadline=None)
@given(x=middle, y=middle, width=side, height=side, quarters=st.integers(0, 3))
def test_targets_round_trip(x: float, y: float, width: float, height: float, quarters: int) -> None:
    wanted = truth(FloatBox(x, y, width, height), quarters=quarters)
    target = targets_of(wanted, SIDE)
    answers = {name: target[name][..., : CHANNELS[name]] for name in CHANNELS}
    answers["rotations"] = answers["rotations"] * 9
    found = read_portrait(answers)
    assert found.face.confidence == 1
    for one, other in ((found.face.box, wanted.portrait), (found.frame, wanted.frame)):
        assert (one.x, one.y, one.width, one.height) == pytest.approx(
            (other.x, other.y, other.width, other.height), rel=1e-3, abs=1e-2
        )
    assert np.allclose(found.corners, wanted.corners, atol=1e-2)
    assert found.rotations[0] == rotation_after(quarters)


def test_each_output_carries_its_weights() -> None:
    target = targets_of(truth(FloatBox(40, 40, 30, 30)), SIDE)
    assert {name: array.shape for name, array in target.items()} == {
        name: (SIDE // STRIDE, SIDE // STRIDE, CHANNELS[name] + WEIGHTS[name]) for name in CHANNELS
    }
    assert target["rotations"][..., -1].sum() > 0


def test_ghost_is_another_face_without_a_rotation() -> None:
    ghost = FloatBox(76, 20, 10, 12)
    target = targets_of(truth(FloatBox(30, 60, 20, 24), (ghost,)), SIDE)
    row, column = int(ghost.y // STRIDE), int(ghost.x // STRIDE)
    assert target["centres"][row, column].tolist() == [pytest.approx(0, abs=0.01), 1, 1]
    assert target["boxes"][row, column, 8:].tolist() == [1, 0]
    assert target["rotations"][row, column, -1] == 0


@pytest.mark.parametrize(("x", "learns"), [(200.0, True), (96.0, False), (90.0, False)])
def test_partly_visible_face_is_neither_present_nor_absent(x: float, learns: bool) -> None:
    target = targets_of(truth(FloatBox(x, 40, 40, 40)), SIDE)
    assert not (target["centres"][..., PORTRAIT] == 1).any()
    assert bool(target["centres"][..., -1].all()) is learns
    assert not target["rotations"][..., -1].any()


def test_distant_corners_are_ignored() -> None:
    near = truth(FloatBox(40, 40, 30, 30))
    far = replace(near, corners=near.corners * np.float32(10))
    assert targets_of(near, SIDE)["corners"][..., -1].any()
    assert not targets_of(far, SIDE)["corners"][..., -1].any()


def test_portrait_wins_over_a_close_ghost() -> None:
    portrait = FloatBox(40, 40, 30, 30)
    target = targets_of(truth(portrait, (FloatBox(42, 42, 12, 12),)), SIDE)
    answers = {name: target[name][..., : CHANNELS[name]] for name in CHANNELS}
    assert read_portrait(answers).face.box.width == pytest.approx(30, rel=1e-3)
    assert target["centres"][..., OTHER].max() == 1
