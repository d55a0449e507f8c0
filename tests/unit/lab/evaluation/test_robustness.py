from __future__ import annotations

import numpy as np
import pytest

from img_super.domain import RgbImage
from img_super.errors import NoFace
from img_super.lab.evaluation.robustness import CROP_STEPS, PHOTO_STEPS, ImageChange, Samples, robustness, score_or_nan
from img_super.model_card import Policy

LABELS = np.array([0, 1, 0, 1])
DOCUMENTS = np.array(["a", "a", "b", "b"])
IMAGES = [np.full((8, 8, 3), tone, np.uint8) for tone in (20, 200, 60, 240)]


def brightness(image: RgbImage) -> float:
    return float(image.mean() / 255)


def test_rows_show_score_shift_and_ranking() -> None:
    darker = ImageChange("dark", 2, lambda image: image // 2)
    blind = ImageChange("dark", 9, np.zeros_like)
    rows = robustness(
        brightness, Samples(lambda: iter(IMAGES), LABELS, DOCUMENTS), [darker, blind], Policy(0.2, (0.1, 0.2))
    )
    assert [row.strength for row in rows] == [0, 2, 9]
    assert rows[0].median_change == 0
    assert rows[1].median_change == pytest.approx(np.median([20, 200, 60, 240]) / 2 / 255, abs=1e-3)
    assert [row.auc and row.auc.value for row in rows] == [1, 1, 0.5]
    assert [row.bpcer for row in rows] == [0.5, 0, 0]
    assert [row.verdicts_changed for row in rows] == [0, 0.5, 0.5]


def test_unanswered_photos_are_counted_and_excluded() -> None:
    def judge(image: RgbImage) -> float:
        if image.mean() > 220:
            raise NoFace
        return brightness(image)

    samples = Samples(lambda: iter(IMAGES), LABELS, DOCUMENTS)
    (row,) = robustness(lambda image: score_or_nan(judge, image), samples, [], Policy(0.5, (0.4, 0.6)))
    assert row.answered == 0.75
    assert row.auc is not None
    assert row.auc.value == 1


def test_single_class_has_no_auc() -> None:
    (row,) = robustness(
        brightness, Samples(lambda: iter(IMAGES), np.zeros(4, int), DOCUMENTS), [], Policy(0.5, (0.4, 0.6))
    )
    assert row.auc is None


@pytest.mark.parametrize("step", [*CROP_STEPS, *PHOTO_STEPS], ids=lambda step: f"{step.kind} {step.strength}")
def test_every_step_changes_the_image_and_keeps_its_type(step: ImageChange) -> None:
    image = np.random.default_rng(1).integers(0, 255, (320, 256, 3), dtype=np.uint8)
    changed = step.change(image)
    assert changed.dtype == np.uint8
    assert changed.ndim == 3
    assert changed.flags.c_contiguous
    assert changed.shape != image.shape or not np.array_equal(changed, image)
