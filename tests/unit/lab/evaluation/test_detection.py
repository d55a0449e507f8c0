from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.detector.fast import Located
from img_super.domain import ROTATIONS, Box, Detection, Face, RgbImage, Rotation
from img_super.lab.dataset.manifest import write_rows
from img_super.lab.dataset.whole_photos import PhotoRow
from img_super.lab.evaluation.detection import (
    DetectionOutcome,
    answers_on_generated,
    generated_figures,
    is_found,
    least_confidence,
    precise_wrong,
    quarters_of,
    real_frames,
)
from img_super.turn import turn

RIGHT, WRONG = DetectionOutcome(0.9, 0.9, True, False), DetectionOutcome(0.3, 0.0, True, True)


def test_minimum_confidence_excludes_frequent_errors() -> None:
    answers = [RIGHT] * 98 + [WRONG] * 2
    assert least_confidence(answers, max_wrong=0.02) == 0.1
    assert least_confidence(answers, max_wrong=0.01) == 0.35


def test_confidently_wrong_detector_gets_the_highest_threshold() -> None:
    assert least_confidence([DetectionOutcome(0.95, 0.0, True, False)] * 5, max_wrong=0.1) == 0.9


def test_figures_cover_answered_photos() -> None:
    figures = generated_figures(
        [RIGHT, RIGHT, WRONG, DetectionOutcome(0.0, 0.0, False, False)], 0.2, right_of_precise=1
    )
    assert (figures.photos, figures.answered) == (4, 0.75)
    assert (figures.right_of_answered, figures.ghost_for_portrait) == pytest.approx((2 / 3, 1 / 3))
    assert figures.median_iou == 0.9
    assert generated_figures([WRONG], 0.9, right_of_precise=1).right_of_answered == 0


@pytest.mark.parametrize("quarters", range(4))
def test_rotation_is_read_from_the_upper_edge(quarters: int) -> None:
    upright = np.array([[0, 0], [10, 1], [10, 7], [0, 6]])
    turn = np.array([[0, 1], [-1, 0]])  # clockwise on the screen, rows as points
    assert quarters_of((upright @ np.linalg.matrix_power(turn, quarters)).tolist()) == quarters


def test_real_frames_come_in_every_rotation(tmp_path: Path) -> None:
    photo = np.zeros((60, 80, 3), np.uint8)
    photo[10:20, 30:40] = 255
    cv2.imwrite(str(tmp_path / "a.png"), photo)
    quad = [[50, 5], [50, 45], [10, 45], [10, 5]]  # its upper left is displayed at the upper right: rotated by 90
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
def test_found_means_centre_inside_and_enough_overlap(box: Box, found: bool) -> None:
    assert is_found(Detection(Face(box, 0.9), (), 0), Box(10, 10, 20, 20)) is found
    assert not is_found(None, Box(10, 10, 20, 20))


FACE, GHOST = Box(20, 10, 36, 30), Box(60, 12, 66, 20)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight photos of one document, whose face is white and whose ghost is grey."""
    folder = tmp_path_factory.mktemp("photos")
    photo = np.zeros((50, 80, 3), np.uint8)
    for box, tone in ((FACE, 255), (GHOST, 128)):
        photo[box.y_min : box.y_max, box.x_min : box.x_max] = tone
    quad = ((0.0, 0.0),) * 4
    edges = [(box.x_min, box.y_min, box.x_max, box.y_max) for box in (FACE, GHOST)]
    rows = [PhotoRow(f"{n}.png", f"d{n // 2}", n % 2, edges[0], quad, quad, edges[1]) for n in range(8)]
    for row in rows:
        cv2.imwrite(str(folder / row.photo), photo)
    write_rows(folder / "manifest.jsonl", rows)
    return folder


class Seeing:
    """A fake detector that finds areas of this tone, with a given or the right rotation."""

    def __init__(self, tone: int, always: Rotation | None = None) -> None:
        self.tone, self.always = tone, always

    def detect(self, image: RgbImage) -> Detection | None:
        y, x = np.nonzero(image[:, :, 0] == self.tone)
        if not len(x):
            return None
        box = Box(int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)
        upright = next(angle for angle in ROTATIONS if stands(turn(image, angle)))
        return Detection(Face(box, 0.9), (), upright if self.always is None else self.always)

    def locate(self, image: RgbImage) -> Located | None:
        found = self.detect(image)
        return None if found is None else Located(found, found.portrait.box, np.zeros((4, 2), np.float32), 0.8)


def stands(photo: RgbImage) -> bool:
    return photo.shape[:2] == (50, 80) and photo[FACE.y_min, FACE.x_min, 0] == 255


def answers(detector: Seeing, photos: Path) -> list[DetectionOutcome]:
    return answers_on_generated(detector, photos)  # type: ignore[arg-type]


def test_boxes_in_rotated_photos_are_compared_upright(photos: Path) -> None:
    assert answers(Seeing(255), photos) == [DetectionOutcome(0.8, 1.0, True, False)] * 8
    assert answers(Seeing(128), photos) == [DetectionOutcome(0.8, 0.0, True, True)] * 8
    assert answers(Seeing(77), photos) == [DetectionOutcome(0.0, 0.0, False, False)] * 8


def test_wrong_rotation_counts_as_an_error(photos: Path) -> None:
    assert precise_wrong(Seeing(255), photos) == 0  # type: ignore[arg-type]
    assert precise_wrong(Seeing(255, always=180), photos) == 0.75  # type: ignore[arg-type]
    assert precise_wrong(Seeing(77), photos, 4) == 1  # type: ignore[arg-type]
