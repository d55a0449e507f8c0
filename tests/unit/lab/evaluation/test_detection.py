from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.domain import ROTATIONS, Box, Detection, Face
from img_super.lab.evaluation.detection import (
    DetectionOutcome,
    generated_figures,
    is_found,
    least_confidence,
    quarters_of,
    real_frames,
)

RIGHT, WRONG = DetectionOutcome(0.9, 0.9, True, False), DetectionOutcome(0.3, 0.0, True, True)


def test_the_least_confidence_leaves_out_what_is_wrong_too_often() -> None:
    answers = [RIGHT] * 98 + [WRONG] * 2
    assert least_confidence(answers, max_wrong=0.02) == 0.1
    assert least_confidence(answers, max_wrong=0.01) == 0.35


def test_a_detector_that_is_surely_wrong_gets_the_highest_step() -> None:
    assert least_confidence([DetectionOutcome(0.95, 0.0, True, False)] * 5, max_wrong=0.1) == 0.9


def test_figures_are_of_what_was_answered() -> None:
    figures = generated_figures(
        [RIGHT, RIGHT, WRONG, DetectionOutcome(0.0, 0.0, False, False)], 0.2, right_of_precise=1
    )
    assert (figures.photos, figures.answered) == (4, 0.75)
    assert (figures.right_of_answered, figures.ghost_for_portrait) == pytest.approx((2 / 3, 1 / 3))
    assert figures.median_iou == 0.9
    assert generated_figures([WRONG], 0.9, right_of_precise=1).right_of_answered == 0


@pytest.mark.parametrize("quarters", range(4))
def test_quarters_are_read_from_the_upper_edge(quarters: int) -> None:
    upright = np.array([[0, 0], [10, 1], [10, 7], [0, 6]])
    turn = np.array([[0, 1], [-1, 0]])  # clockwise on the screen, rows as points
    assert quarters_of((upright @ np.linalg.matrix_power(turn, quarters)).tolist()) == quarters


def test_real_frames_come_turned_in_all_ways_with_what_undoes_it(tmp_path: Path) -> None:
    photo = np.zeros((60, 80, 3), np.uint8)
    photo[10:20, 30:40] = 255
    cv2.imwrite(str(tmp_path / "a.png"), photo)
    quad = [[50, 5], [50, 45], [10, 45], [10, 5]]  # its own upper left is displayed at the upper right: turned by 90
    label = {"face_box_xywh": [30, 10, 10, 10], "doc_quad": quad}
    (tmp_path / "labels.json").write_text(json.dumps({"a.png": label}))
    frames = list(real_frames(tmp_path))
    assert [frame.rotation for frame in frames] == [270, 180, 90, 0]
    for frame in frames:
        box = frame.face
        assert frame.image[box.y_min : box.y_max, box.x_min : box.x_max].min() == 255
        assert (frame.image > 0).sum() == 300
    assert len(ROTATIONS) == len(frames)


@pytest.mark.parametrize(
    ("box", "found"), [(Box(10, 10, 20, 20), True), (Box(10, 10, 14, 14), False), (Box(14, 10, 24, 20), True)]
)
def test_found_means_the_middle_inside_and_enough_overlap(box: Box, found: bool) -> None:
    assert is_found(Detection(Face(box, 0.9), (), 0), Box(10, 10, 20, 20)) is found
    assert not is_found(None, Box(10, 10, 20, 20))
