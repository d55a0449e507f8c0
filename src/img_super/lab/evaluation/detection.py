"""How well the one-pass detector finds portraits: on generated photos in every rotation, and on real captures."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan2, pi
from pathlib import Path
from typing import Final

import numpy as np

from img_super.detector.fast import FastDetector
from img_super.detector.outputs import FloatBox
from img_super.domain import ROTATIONS, Box, Detection, Detector, RgbImage, Rotation
from img_super.figures import DetectorFigures
from img_super.lab.dataset.pictures import read_rgb
from img_super.lab.dataset.whole_photos import PhotoRow, box_between, read_rows
from img_super.pipeline.decode import decode_image
from img_super.turn import inverse, turn

FOUND_IOU: Final = 0.4
_STEPS: Final = tuple(round(0.05 * step, 2) for step in range(2, 19))


@dataclass(frozen=True, slots=True)
class DetectionOutcome:
    """The outcome for one photo."""

    sureness: float  # the network's, in [0, 1]; 0 if it fell back
    iou: float  # of the portrait's face; 0 if none was found
    rotation_right: bool  # whether it would be turned upright
    is_ghost: bool  # the ghost was mistaken for the portrait

    @property
    def right(self) -> bool:
        return self.rotation_right and self.iou >= FOUND_IOU


def answers_on_generated(detector: FastDetector, folder: Path, limit: int | None = None) -> list[DetectionOutcome]:
    """One pass without fallback, on a data set of whole photos, each in another rotation."""
    answers = []
    for rotation, row, image in _turned(folder, read_rows(folder)[:limit]):
        located, wh = detector.locate(turn(image, inverse(rotation))), (image.shape[1], image.shape[0])
        detection, sureness = (located.detection, located.confidence) if located else (None, 0.0)
        answers.append(_answer(detection, sureness, row, rotation, wh))
    return answers


def _turned(folder: Path, rows: Sequence[PhotoRow]) -> Iterator[tuple[Rotation, PhotoRow, RgbImage]]:
    for number, row in enumerate(rows):
        yield ROTATIONS[number // 2 % 4], row, read_rgb(folder / row.photo)  # both photos of a pair are rotated alike


def _answer(
    detection: Detection | None, sureness: float, row: PhotoRow, rotation: Rotation, wh: tuple[int, int]
) -> DetectionOutcome:
    if detection is None:
        return DetectionOutcome(0.0, 0.0, False, False)
    turned_wh = wh if rotation in (0, 180) else wh[::-1]
    box = detection.portrait.box.turned(rotation, turned_wh)
    ghost = None if row.ghost_xyxy is None else box_between(row.ghost_xyxy)
    is_ghost = ghost is not None and _lies_in(box, ghost)
    return DetectionOutcome(sureness, box.iou(Box(*row.face_xyxy)), detection.rotation == rotation, is_ghost)


def _lies_in(box: Box, face: FloatBox) -> bool:
    x, y = box.centre_xy
    return abs(x - face.x) < face.width / 2 and abs(y - face.y) < face.height / 2


def least_confidence(answers: Sequence[DetectionOutcome], max_wrong: float) -> float:
    """The lowest confidence above which at most `max_wrong` of the answers are wrong; the highest step if none."""
    for least in _STEPS:
        answered = [answer for answer in answers if answer.sureness >= least]
        if answered and np.mean([not answer.right for answer in answered]) <= max_wrong:
            return least
    return _STEPS[-1]


def precise_wrong(precise: Detector, folder: Path, limit: int | None = None) -> float:
    """The share of the same photos in which the precise detector misses the portrait or its rotation."""
    mistakes = []
    for rotation, row, image in _turned(folder, read_rows(folder)[:limit]):
        detection = precise.detect(turn(image, inverse(rotation)))
        answer = _answer(detection, 1.0, row, rotation, (image.shape[1], image.shape[0]))
        mistakes.append(not answer.right)
    return float(np.mean(mistakes))


def generated_figures(answers: Sequence[DetectionOutcome], least: float, right_of_precise: float) -> DetectorFigures:
    """The card's figures for generated validation; a photo below `least` falls back and counts as unanswered."""
    answered = [answer for answer in answers if answer.sureness >= least]
    return DetectorFigures(
        photos=len(answers),
        answered=len(answered) / max(1, len(answers)),
        right_of_answered=float(np.mean([answer.right for answer in answered])) if answered else 0.0,
        median_iou=float(np.median([answer.iou for answer in answered])) if answered else 0.0,
        ghost_for_portrait=float(np.mean([answer.is_ghost for answer in answered])) if answered else 0.0,
        right_of_precise=right_of_precise,
    )


@dataclass(frozen=True, slots=True)
class RealFrame:
    """A rotated real capture: its image, the labelled face, and the rotation that makes the document upright."""

    name: str
    image: RgbImage
    face: Box
    rotation: Rotation


def real_frames(folder: Path, step: int = 1) -> Iterator[RealFrame]:
    """Every n-th real capture in all four rotations; some documents were photographed on their side."""
    labels = json.loads((folder / "labels.json").read_text())
    for name, label in list(labels.items())[::step]:
        image = decode_image((folder / name).read_bytes())
        face = Box.from_xywh(*label["face_box_xywh"])
        for angle in ROTATIONS:
            truth = ROTATIONS[-(quarters_of(label["doc_quad"]) + ROTATIONS.index(angle)) % 4]
            yield RealFrame(name, turn(image, angle), face.turned(angle, (image.shape[1], image.shape[0])), truth)


def quarters_of(quad: Sequence[Sequence[float]]) -> int:
    """A document's clockwise quarter turns, from its corners (clockwise from its own upper left)."""
    (x, y), (right_x, right_y) = quad[:2]
    return round(atan2(right_y - y, right_x - x) / (pi / 2)) % 4


def is_found(detection: Detection | None, truth: Box) -> bool:
    """The labelled face's centre is inside the answer, and both overlap."""
    box = detection.portrait.box if detection else Box(0, 0, 0, 0)
    return box.contains(*truth.centre_xy) and box.iou(truth) >= FOUND_IOU
